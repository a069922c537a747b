"""Lines are counted in one way everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain import lines as counted
from documents.domain.lines import SourceText, fold, from_text, is_blank, number_pages, split_lines, strip_invisible
from tests.unit.segmentation.drawing import RECORD_LINES

ends_and_oddities = st.sampled_from(
    ["\n", "\r", "\r\n", "\f", "\x0b", "\x1c", "\x85", "\u2028", "\u2029", "\ud800", " "]
)
any_text = st.lists(st.one_of(ends_and_oddities, st.sampled_from(RECORD_LINES), st.text(max_size=8))).map("".join)


@given(any_text)
def test_lines_joined_are_the_text_with_its_line_ends_made_alike(text):
    normalised = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = split_lines(text)
    assert "\n".join(lines) + ("\n" if normalised.endswith("\n") else "") == normalised
    assert not any("\n" in line or "\r" in line for line in lines)
    assert split_lines("\n".join(lines) + "\n") == lines if lines else normalised == ""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("\n", ("",)),
        ("one", ("one",)),
        ("one\n", ("one",)),
        ("one\n\n", ("one", "")),
        ("one\r\ntwo\rthree\n", ("one", "two", "three")),
        ("\r\n\r", ("", "")),
        ("page one\fpage two\nend", ("page one\fpage two", "end")),
        ("NEL\x85LS\u2028PS\u2029VT\x0bFS\x1c", ("NEL\x85LS\u2028PS\u2029VT\x0bFS\x1c",)),
        ("\ud800\n\udfff", ("\ud800", "\udfff")),
    ],
)
def test_only_line_feeds_and_carriage_returns_end_lines(text, lines):
    assert split_lines(text) == lines


@given(any_text)
def test_pages_begin_at_one_and_never_go_back(text):
    lines = split_lines(text)
    pages = number_pages(lines)
    assert len(pages) == len(lines)
    assert list(pages) == sorted(pages)
    assert all(1 <= page <= 1 + text.count("\f") for page in pages)


@pytest.mark.parametrize(
    ("lines", "pages"),
    [
        (["a", "\fb", "c"], (1, 2, 2)),
        (["a", "\f", "b"], (1, 2, 2)),
        (["a\f", "b"], (1, 2)),
        (["a\fb", "c"], (1, 2)),
        (["\f\fa"], (3,)),
        (["  \f  a"], (2,)),
        ([], ()),
    ],
)
def test_text_behind_a_form_feed_stands_on_the_next_page(lines, pages):
    assert number_pages(lines) == pages


def test_a_text_of_lines_without_pages_is_refused():
    with pytest.raises(ValueError, match="2 lines but 1 page numbers"):
        SourceText(lines=("a", "b"), pages=(1,), parts=())


@pytest.mark.parametrize(("pages", "told", "count"), [((), 0, 0), ((1, 3), 0, 3), ((1, 3), 5, 5), ((1, 3), 2, 3)])
def test_a_text_has_no_fewer_pages_than_its_last_line_says(pages, told, count):
    assert SourceText(lines=("a",) * len(pages), pages=pages, parts=(), page_count=told).page_count == count


@given(any_text)
def test_a_text_becomes_one_part_that_holds_all_of_it(text):
    source = from_text(text)
    assert source.lines == split_lines(text)
    assert [part.first_line for part in source.parts] == [1]
    assert source.text == "\n".join(source.lines)


@pytest.mark.parametrize("line", ["", " ", "\t \f", "\u3000", "\x85", "\u2028"])
def test_a_line_of_white_space_is_blank(line):
    assert is_blank(line)


@pytest.mark.parametrize(
    ("printed", "folded"),
    [
        ("  Lab\tREPORT \f", "lab report"),
        ("ﬁbrosis", "fibrosis"),
        ("Stra\u00dfe", "strasse"),
        ("cafe\u0301", "café"),
        ("\ue001Dis\u00adcharge\u200b", "discharge"),
        ("\uff11\uff12 kg", "12 kg"),
        ("a\u00a0b\u2003c", "a b c"),
        ("\ue000\U000f0001", ""),
    ],
)
def test_quotes_are_compared_without_what_print_and_copy_change(printed, folded):
    assert fold(printed) == folded


@given(st.one_of(any_text, st.text()))
def test_what_was_sent_folds_to_what_is_written(text):
    for line in split_lines(text):
        assert fold(strip_invisible(line)) == fold(line)


@given(any_text)
def test_what_is_sent_holds_nothing_hidden_and_can_be_encoded(text):
    for line in split_lines(text):
        sent = strip_invisible(line)
        assert len(sent.splitlines()) <= 1
        assert sent.encode("utf-8").decode("utf-8") == sent
        assert not any(character in sent for character in "\u200b\u202e\u2066\ufeff\x00\x1b\U000e0041")


def test_visible_words_are_sent_as_they_are():
    for line in ("Temp 38,5 °C – Gewicht: 4,2 kg", "Ñandú, 猫, 🐈", "a\tb"):
        assert strip_invisible(line) == line


def test_what_is_folded_of_long_lines_is_not_kept():
    before = counted._fold_kept.cache_info().currsize
    assert fold("Ábc \x00 " * 200) == " ".join(["ábc"] * 200)
    assert counted._fold_kept.cache_info().currsize == before
