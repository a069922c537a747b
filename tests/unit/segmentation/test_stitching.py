"""From answers to a partition: who is believed, when, and what is told of the rest."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import Reading, read
from documents.domain.segmentation import (
    BrokenPartition,
    Document,
    Gap,
    Segmentation,
    assert_partition,
)
from documents.domain.stitching import REVIEW_BELOW, Heard, Votes, find_doubts, stitch
from documents.domain.windows import cut_windows
from tests.unit.rules.reading import TOLD
from tests.unit.segmentation.telling import (
    FOLLOW_UP,
    INVOICE,
    LAB,
    NOTE,
    RECORD,
    hear,
    hear_lines,
    split_windows,
    start_at,
    visit,
)

PROSE = 20  # an ordinary sentence


@pytest.fixture(scope="module")
def record() -> Reading:
    reading = read(from_text("\n".join(RECORD)))
    assert [line for line in (LAB, INVOICE) if reading.start_lines[line].sure] == [LAB, INVOICE]
    assert FOLLOW_UP not in reading.start_lines
    return reading


def starts(segmentation: Segmentation) -> list[int]:
    return [document.start_line for document in segmentation.documents]


def by_start(segmentation: Segmentation, line: int) -> Document:
    return next(document for document in segmentation.documents if document.start_line == line)


def test_what_model_and_rules_name_is_taken_with_high_confidence(record):
    (window,) = split_windows(record)
    result = stitch(Votes([hear_lines(window, NOTE, LAB, INVOICE, reading=record)], reading=record))
    assert_partition(result, text=record.text)
    assert [(document.start_line, document.end_line) for document in result.documents] == [(1, 12), (13, 33), (34, 43)]
    assert all(document.confidence >= 0.9 and not document.needs_review for document in result.documents)
    assert result.warnings == ()


def test_the_models_naming_is_taken_where_it_is_printed_and_else_the_document_is_for_review(record):
    (window,) = split_windows(record)
    told = hear(
        window,
        start_at(
            NOTE, window=window, reading=record, title="Consultation Note", type="consult_note", date="2019-03-14"
        ),
        start_at(LAB, window=window, reading=record, title="Bloods", type="pathology", date="2024-01-01"),
        start_at(INVOICE, window=window, reading=record, type="financial"),
    )
    result = stitch(Votes([told], reading=record))
    assert [(each.title, each.type, each.date) for each in result.documents] == [
        ("Consultation Note", "consult_note", "2019-03-14"),
        ("LABORATORY REPORT", "pathology", "2019-03-15"),
        ("INVOICE", "financial", "2019-03-16"),
    ]
    assert [each.needs_review for each in result.documents] == [False, True, False]


def test_a_stamps_date_is_not_believed_whoever_tells_it():
    reading = read(from_text("\n".join(("PATHOLOGY REPORT", "Printed 03/14/2022", "Patient: Biscuit", "", *TOLD[:3]))))
    (window,) = split_windows(reading)
    told = hear(window, start_at(1, window=window, reading=reading, type="pathology", date="2022-03-14"))
    (document,) = stitch(Votes([told], reading=reading)).documents
    assert (document.date, document.needs_review) == (None, True)


def test_a_start_that_the_model_dropped_is_added_where_the_rules_are_sure(record):
    (window,) = split_windows(record)
    result = stitch(Votes([hear_lines(window, NOTE, INVOICE, reading=record)], reading=record))
    assert starts(result) == [NOTE, LAB, INVOICE]
    assert by_start(result, LAB).confidence < by_start(result, INVOICE).confidence
    assert by_start(result, LAB).needs_review


def test_an_invented_start_at_an_ordinary_sentence_is_told_and_not_taken(record):
    (window,) = split_windows(record)
    result = stitch(Votes([hear_lines(window, NOTE, LAB, PROSE, INVOICE, reading=record)], reading=record))
    assert starts(result) == [NOTE, LAB, INVOICE]
    (warning,) = result.warnings
    assert f"line {PROSE}" in warning
    assert "heart" not in warning.casefold()


def test_a_start_with_an_invented_quote_is_asked_about_once_more(record):
    (window,) = split_windows(record)
    invented = start_at(PROSE, window=window, reading=record, quote="PATHOLOGY REPORT OF THE SPLEEN")
    votes = Votes([hear(window, start_at(NOTE, window=window, reading=record), invented)], reading=record)
    assert [(doubt.line, doubt.reason) for doubt in find_doubts(votes)] == [(PROSE, "ungrounded")]
    assert starts(stitch(votes)) == [NOTE, LAB, INVOICE]


def test_a_start_with_an_invented_quote_at_a_known_beginning_is_not_asked_about(record):
    (window,) = split_windows(record)
    invented = start_at(LAB, window=window, reading=record, quote="PATHOLOGY REPORT OF THE SPLEEN")
    told = hear(window, start_at(NOTE, window=window, reading=record), invented)
    assert find_doubts(Votes([told], reading=record)) == ()


def test_a_start_a_line_or_two_off_is_put_right(record):
    (window,) = split_windows(record)
    told = hear(
        window,
        start_at(NOTE, window=window, reading=record),
        start_at(LAB + 2, window=window, reading=record, quote="LABORATORY REPORT"),
        start_at(INVOICE - 1, window=window, reading=record, quote="INVOICE"),
    )
    assert starts(stitch(Votes([told], reading=record))) == [NOTE, LAB, INVOICE]


def test_a_title_and_a_line_of_its_header_named_by_two_windows_begin_one_document(record):
    first, second = split_windows(record, owned_from=[LAB + 2])
    told = [hear_lines(first, NOTE, LAB, reading=record), hear_lines(second, LAB + 2, INVOICE, reading=record)]
    assert starts(stitch(Votes(told, reading=record))) == [NOTE, LAB, INVOICE]


def test_what_only_the_model_sees_is_taken_where_it_looks_like_a_beginning(record):
    (window,) = split_windows(record)
    result = stitch(Votes([hear_lines(window, NOTE, LAB, FOLLOW_UP, INVOICE, reading=record)], reading=record))
    assert starts(result) == [NOTE, LAB, FOLLOW_UP, INVOICE]
    assert by_start(result, FOLLOW_UP).confidence < by_start(result, LAB).confidence


def test_what_two_windows_see_is_taken_without_the_rules(record):
    windows = split_windows(record, owned_from=[23])
    told = [[NOTE, FOLLOW_UP], [FOLLOW_UP, INVOICE]]
    both = [hear_lines(window, *lines, reading=record) for window, lines in zip(windows, told, strict=True)]
    votes = Votes(both, reading=record)
    assert find_doubts(votes) == ()
    assert not by_start(stitch(votes), FOLLOW_UP).needs_review


class TestWindowsThatDisagree:
    """The window that owns FOLLOW_UP names it, its neighbour, which sees it with lines before it, does not."""

    @pytest.fixture
    def heard(self, record):
        neighbour, owner = split_windows(record, owned_from=[23])
        return [
            hear_lines(neighbour, NOTE, LAB, reading=record),
            hear_lines(owner, FOLLOW_UP, INVOICE, reading=record),
        ]

    @pytest.fixture
    def second(self, record):
        """Makes the answer to the one more question about FOLLOW_UP."""
        whole = split_windows(record)[0]
        return lambda *lines: hear_lines(whole, *lines, reading=record)

    def test_are_asked_about_once_more(self, record, heard):
        (doubt,) = find_doubts(Votes(heard, reading=record))
        assert (doubt.line, doubt.reason) == (FOLLOW_UP, "differ")

    def test_are_not_asked_about_where_the_rules_say_so(self, record):
        owner, neighbour = split_windows(record, owned_from=[LAB + 3], overlap=9)
        told = [hear_lines(owner, NOTE, LAB, reading=record), hear_lines(neighbour, INVOICE, reading=record)]
        votes = Votes(told, reading=record)
        assert LAB in neighbour.shown[3:]
        assert find_doubts(votes) == ()
        assert not by_start(stitch(votes), LAB).needs_review

    def test_without_a_second_answer_the_owner_is_believed_for_review(self, record, heard):
        result = stitch(Votes(heard, reading=record))
        assert by_start(result, FOLLOW_UP).needs_review

    def test_a_second_answer_that_confirms_is_believed(self, record, heard, second):
        result = stitch(Votes(heard, reading=record), follow_ups=[second(NOTE, LAB, FOLLOW_UP, INVOICE)])
        assert not by_start(result, FOLLOW_UP).needs_review

    def test_a_second_answer_that_denies_is_believed(self, record, heard, second):
        result = stitch(Votes(heard, reading=record), follow_ups=[second(NOTE, LAB, INVOICE)])
        assert starts(result) == [NOTE, LAB, INVOICE]

    def test_a_second_answer_that_could_not_be_had_changes_nothing(self, record, heard):
        votes = Votes(heard, reading=record)
        lost = Heard(window=split_windows(record)[0], finding=None)
        result = stitch(votes, follow_ups=[lost])
        assert (result.documents, result.gaps) == (stitch(votes).documents, stitch(votes).gaps)
        assert [warning for warning in result.warnings if "without an answer" in warning]

    def test_the_neighbour_alone_is_not_believed(self, record, heard):
        neighbour, owner = (each.window for each in heard)
        told = [
            hear_lines(neighbour, NOTE, LAB, FOLLOW_UP, reading=record),
            hear_lines(owner, INVOICE, reading=record),
        ]
        votes = Votes(told, reading=record)
        assert [doubt.line for doubt in find_doubts(votes)] == [FOLLOW_UP]
        assert starts(stitch(votes)) == [NOTE, LAB, INVOICE]


def test_the_first_lines_of_a_window_have_no_vote_against_their_owner(record):
    owner, late = split_windows(record, owned_from=[27], overlap=1)
    assert late.first_line == FOLLOW_UP
    told = [hear_lines(owner, NOTE, LAB, FOLLOW_UP, reading=record), hear_lines(late, INVOICE, reading=record)]
    assert find_doubts(Votes(told, reading=record)) == ()


def test_an_unread_window_falls_to_the_rules(record):
    first, second = split_windows(record, owned_from=[25])
    result = stitch(
        Votes([hear_lines(first, NOTE, LAB, reading=record), Heard(window=second, finding=None)], reading=record)
    )
    assert starts(result) == [NOTE, LAB, INVOICE]
    assert by_start(result, INVOICE).needs_review
    assert not by_start(result, LAB).needs_review


def test_with_no_answer_at_all_the_rules_make_the_partition(record):
    windows = split_windows(record, owned_from=[13, 25])
    result = stitch(Votes([Heard(window=window, finding=None) for window in windows], reading=record))
    assert_partition(result, text=record.text)
    assert starts(result) == [NOTE, LAB, INVOICE]


def test_without_a_model_every_document_is_for_review(record):
    (window,) = split_windows(record)
    result = stitch(Votes([hear_lines(window, NOTE, LAB, INVOICE, reading=record)], reading=record), model_read=False)
    assert all(document.needs_review for document in result.documents)


def test_documents_at_both_ends_of_the_file():
    reading = read(from_text("\n".join([*RECORD, "", "", "PRESCRIPTION"])))
    (window,) = split_windows(reading)
    last = len(reading.text.lines)
    result = stitch(Votes([hear_lines(window, NOTE, LAB, INVOICE, last, reading=reading)], reading=reading))
    assert_partition(result, text=reading.text)
    assert (starts(result)[0], starts(result)[-1]) == (1, last)
    assert result.documents[-1].end_line == last


def test_the_first_line_with_words_begins_a_document_whatever_the_model_says(record):
    (window,) = split_windows(record)
    result = stitch(Votes([hear_lines(window, LAB, INVOICE, reading=record)], reading=record))
    assert starts(result) == [NOTE, LAB, INVOICE]


def test_a_file_of_one_line_is_one_document():
    for line in ("Biscuit weighs 12.4 kg.", "x", "LABORATORY REPORT " * 60_000):
        reading = read(from_text(line))
        windows = cut_windows(reading.text, words=reading.words, edges=reading.edges())
        result = stitch(Votes([hear(windows[0])], reading=reading))
        assert [(document.start_line, document.end_line) for document in result.documents] == [(1, 1)]
        assert result.gaps == ()


@pytest.mark.parametrize("text", ["\n", "\n\n\n", "  \n\t\n\f\n", "\f\f\f"])
def test_blank_lines_alone_are_one_gap(text):
    reading = read(from_text(text))
    assert cut_windows(reading.text, words=reading.words, edges=reading.edges()) == ()
    result = stitch(Votes([], reading=reading))
    assert result.documents == ()
    assert result.gaps == (Gap(start_line=1, end_line=len(reading.text.lines), reason="blank"),)


def test_no_lines_are_no_documents_and_no_gaps():
    result = stitch(Votes([], reading=read(from_text(""))))
    assert (result.documents, result.gaps) == ((), ())


def test_a_document_longer_than_three_windows_stays_whole():
    long = [line for number in range(600) for line in visit(number)]
    reading = read(from_text("\n".join([*RECORD[:12], "HOSPITAL CHART", "Date: 03/20/2019", "", *long])))
    windows = cut_windows(reading.text, words=reading.words, edges=reading.edges())
    assert len(windows) > 4
    heard = [hear_lines(windows[0], NOTE, 13, reading=reading), *(hear(window) for window in windows[1:])]
    result = stitch(Votes(heard, reading=reading))
    assert [(document.start_line, document.end_line) for document in result.documents] == [
        (1, 12),
        (13, len(reading.text.lines)),
    ]
    assert result.documents[1].title == "HOSPITAL CHART"


def test_a_gap_takes_no_words_with_it_when_the_first_line_was_named_by_nobody():
    title, blank = "LABORATORY REPORT", "\fThis page intentionally left blank"
    reading = read(from_text("\n".join([title, title, title, blank, "INVOICE", "Date: 03/16/2019"])))
    *unread, last = split_windows(reading, owned_from=[2, 3, 4, 5], overlap=0)
    heard = [*(Heard(window=window, finding=None) for window in unread), hear_lines(last, 5, reading=reading)]
    result = stitch(Votes(heard, reading=reading))
    assert_partition(result, text=reading.text)
    assert result.gaps == (Gap(start_line=4, end_line=4, reason="blank_page"),)
    assert starts(result) == [1, 5]


def piece(first: int, last: int) -> Document:
    return Document(
        start_line=first,
        end_line=last,
        title="",
        title_printed=False,
        type="other",
        date=None,
        confidence=1.0,
        needs_review=False,
    )


@pytest.mark.parametrize(
    ("documents", "gaps"),
    [
        pytest.param([(1, 2)], [], id="the end is lost"),
        pytest.param([(2, 4)], [], id="the beginning is lost"),
        pytest.param([(1, 1), (3, 4)], [], id="a line between is lost"),
        pytest.param([(1, 3), (3, 4)], [], id="a line is in two documents"),
        pytest.param([(1, 4)], [(4, 4)], id="a line is in a document and a gap"),
        pytest.param([(1, 5)], [], id="behind the end"),
        pytest.param([(1, 2), (3, 2), (3, 4)], [], id="a document of no lines"),
        pytest.param([(1, 2), (3, 3), (4, 4)], [], id="a document of no words"),
        pytest.param([], [], id="nothing at all"),
    ],
)
def test_a_partition_that_loses_or_doubles_a_line_is_refused(documents, gaps):
    text = from_text("a\nb\n \nd")
    broken = Segmentation(
        documents=tuple(piece(*lines) for lines in documents),
        gaps=tuple(Gap(start_line=first, end_line=last, reason="ruler") for first, last in gaps),
    )
    with pytest.raises(BrokenPartition):
        assert_partition(broken, text=text)


def test_a_partition_that_covers_every_line_once_is_accepted():
    whole = Segmentation(documents=(piece(1, 1), piece(4, 4)), gaps=(Gap(start_line=2, end_line=3, reason="ruler"),))
    assert_partition(whole, text=from_text("a\nb\n \nd"))


def test_review_begins_below_a_named_confidence(record):
    (window,) = split_windows(record)
    for told in (hear_lines(window, NOTE, LAB, FOLLOW_UP, INVOICE, reading=record), hear_lines(window, reading=record)):
        result = stitch(Votes([told], reading=record))
        assert all(each.needs_review == (each.confidence < REVIEW_BELOW) for each in result.documents)
        assert all(0 < each.confidence <= 1 for each in result.documents)


def test_a_start_below_a_title_that_the_rules_are_sure_of_begins_at_the_title(record):
    (window,) = split_windows(record)
    result = stitch(Votes([hear_lines(window, NOTE, LAB + 2, INVOICE, reading=record)], reading=record))
    assert starts(result) == [NOTE, LAB, INVOICE]


def test_the_owner_of_a_line_names_what_begins_there(record):
    first, second = split_windows(record, owned_from=[LAB], overlap=4)
    told = [
        hear(first, *(start_at(line, window=first, reading=record, type="other") for line in (NOTE, LAB))),
        hear(second, *(start_at(line, window=second, reading=record, type="lab_report") for line in (LAB, INVOICE))),
    ]
    assert by_start(stitch(Votes(told, reading=record)), LAB).type == "lab_report"
