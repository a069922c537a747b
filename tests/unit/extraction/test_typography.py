import pytest

from documents.extraction.text_quality import judge
from documents.extraction.typography import join_hyphenated, mend_line


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ("plain", "plain"),
        ("\ufb01brosis of the a\ufb00ected \ufb02ank, o\ufb03ce", "fibrosis of the affected flank, office"),
        ("Sen\u0303ora Mu\u0308ller", "Señora Müller"),
        ("a\u2028b", "a b"),
        ("4,1\u00a0kg \ue001", "4,1\u00a0kg \ue001"),
    ],
)
def test_letters_that_printers_joined_or_parted_are_mended(line, mended):
    assert mend_line(line) == mended


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        # The word stands whole elsewhere: it is one.
        (["the exami-", "nation of Luna", "examination"], ["the examination", "of Luna", "examination"]),
        (["the exami-", "nation, then more", "examination"], ["the examination,", "then more", "examination"]),
        # It stands nowhere else, or with its hyphen: nobody knows.
        (["the exami-", "nation of Luna"], ["the exami-", "nation of Luna"]),
        (["a well-", "known dog", "wellknown well-known"], ["a well-", "known dog", "wellknown well-known"]),
        # Nothing else stands on the next line: it would be empty.
        (["the exami-", "nation", "examination"], ["the exami-", "nation", "examination"]),
        (["range 10-", "125 mmol", "10125"], ["range 10-", "125 mmol", "10125"]),
        (["Dr. Smith-", "Jones came", "smithjones"], ["Dr. Smith-", "Jones came", "smithjones"]),
        ([], []),
    ],
)
def test_a_divided_word_is_put_together_only_where_that_is_sure(lines, joined):
    assert join_hyphenated([lines]) == [tuple(joined)]


def test_a_word_divided_by_a_page_break_stays_divided():
    assert join_hyphenated([["the exami-"], ["nation of Luna", "examination"]]) == [
        ("the exami-",),
        ("nation of Luna", "examination"),
    ]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("Luna was seen for vomiting, weight 4.1 kg, T 38.9 °C, CRT <2 s.", 0.95, 1),
        ("La perra fue atendida por vómitos; Größe und Gewicht normal, état général bon", 0.95, 1),
        ("ALT 121 U/L 10-125 | AST 30 U/L | PCV 41% WBC 9.3 K/uL NaCl EKG", 0.8, 1),
        ("Луна осмотрена", 0.95, 1),
        ("1234 5678 90/12", 1, 1),
        ("", 1, 1),
        ("3DWLHQW /XQD :HLJKW 4xk7q zz9t w3rt", 0, 0.3),
        ("\ue012\ue034\ue056 \ufffd\ufffd\ufffd (cid:12)(cid:44)", 0, 0),
    ],
)
def test_words_are_told_from_letters_that_no_font_explains(text, least, most):
    assert least <= judge([text]).share <= most
