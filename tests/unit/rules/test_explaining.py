"""What `analyze --explain` tells: each beginning, the lines that nearly were one, and why."""

from documents.domain.lines import from_text
from documents.domain.rules.engine import read
from documents.domain.rules.explaining import NEARLY, explain
from tests.unit.segmentation.telling import INVOICE, LAB, NOTE, RECORD


def test_every_beginning_is_told_with_signals_that_add_up_to_its_points():
    reading = read(from_text("\n".join(RECORD)))
    told = {each.line: each for each in explain(reading)}
    assert [line for line, each in told.items() if each.begins] == [start.line for start in reading.starts]
    assert {NOTE, LAB, INVOICE} <= told.keys()
    for each in told.values():
        assert abs(sum(reason.points for reason in each.reasons) - each.points) < 0.1
        assert all(reason.words for reason in each.reasons)


def test_the_partition_is_the_best_so_that_no_margin_is_negative():
    told = explain(read(from_text("\n".join(RECORD))))
    assert all(each.margin >= 0 for each in told)
    assert all(each.points >= NEARLY for each in told)


def test_a_file_without_words_has_nothing_to_explain():
    assert explain(read(from_text("\n\n"))) == []
