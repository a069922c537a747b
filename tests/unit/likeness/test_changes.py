"""How one wording differs from another, and what OCR may have done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.likeness.changes import compare_wordings
from documents.domain.likeness.wording import Wording


def of(text: str) -> Wording:
    words = tuple(text.split())
    return Wording(words=words, lines=tuple(range(1, len(words) + 1)))


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        ("seen for a cough", "seen for a cough", []),
        ("seen for cough", "seen for c0ugh", ["misread"]),
        ("surgeon signed", "5urgeon signed", ["misread"]),
        ("12.4 kg today", "l2.4kg today", ["misread"]),
        ("modern times", "modem times", ["misread"]),
        ("glucose 5.2 mmol/l", "glucose 5.2 mmo1/l", ["misread"]),
        ("8 drops", "b drops", ["misread"]),
        ("16 drops", "18 drops", ["number"]),
        ("12.4 kg", "124 kg", ["number"]),
        ("12.4 kg", "12,4 kg", ["misread"]),
        ("12 kg now", "12 lb now", ["words"]),
        ("12kg now", "12lb now", ["words"]),
        ("below <5 now", "below >5 now", ["words"]),
        ("in 2024 seen", "in 2O24 seen", ["misread"]),
        ("2024-03-05 seen", "2024-04-05 seen", ["number"]),
        ("left ear", "right ear", ["words"]),
        ("weight not taken", "weight 12.4 taken", ["number"]),
        ("seen and sent home", "seen home", ["missing"]),
        ("seen home", "seen and sent home", ["added"]),
        ("a b c d", "x b y d", ["words", "words"]),
        ("long " * 900, "short " * 900, ["words"]),
        ("long 1 " * 900, "short 2 " * 900, ["number"]),
    ],
)
def test_each_difference_is_named(first: str, second: str, kinds: list[str]) -> None:
    assert [change.kind for change in compare_wordings(of(first.lower()), of(second.lower())).changes] == kinds


def test_it_tells_lines_and_how_much_is_alike() -> None:
    compared = compare_wordings(
        of("seen for a cough last week 12.4 kg"), of("seen for a limp last week 12.4 kg and sent")
    )
    limp, sent = compared.changes
    assert (limp.first, limp.second, limp.first_line, limp.second_line) == (("cough",), ("limp",), 4, 4)
    assert (sent.first, sent.second, sent.first_line, sent.second_line) == ((), ("and", "sent"), None, 9)
    assert compared.alike == pytest.approx(1 - 3 / 10)
    assert compared.number_count == 1


_TEXTS = st.lists(st.sampled_from(["cough", "c0ugh", "12.4", "124", "kg", "l2.4", "-", ".", "5", "8b"]), max_size=12)


@given(_TEXTS, _TEXTS)
def test_a_difference_is_one_from_either_side(first: list[str], second: list[str]) -> None:
    one, other = (
        compare_wordings(of(" ".join(first)), of(" ".join(second))),
        compare_wordings(of(" ".join(second)), of(" ".join(first))),
    )
    assert (one.changes == ()) == (other.changes == ()) == (first == second)
    assert 0 <= one.alike <= 1


@given(_TEXTS)
def test_no_text_differs_from_itself(text: list[str]) -> None:
    compared = compare_wordings(of(" ".join(text)), of(" ".join(text)))
    assert (compared.changes, compared.alike) == ((), 1.0)
