"""Words that a scan has spoilt by a sign are read; words that are alike are not taken for each other."""

import pytest

from documents.domain.rules.features import read_line
from documents.domain.rules.near_words import NearWords

WORDS = NearWords(["patient", "species", "laboratory report", "animal", "date", "prescription"])


@pytest.mark.parametrize(
    ("spoilt", "word"),
    [
        ("patient", "patient"),
        ("paticnt", "patient"),
        ("specles", "species"),
        ("anirnal", "animal"),
        ("1aborat0ry report", "laboratory report"),
    ],
)
def test_a_word_with_a_spoilt_sign_is_found(spoilt, word):
    assert WORDS.find(spoilt) == word


@pytest.mark.parametrize("other", ["dale", "patience", "prescriptions", "a", "", "laboratory", "pxtixnt"])
def test_another_word_is_not(other):
    assert WORDS.find(other) is None


def test_a_spoilt_label_is_a_label_and_its_value_is_left_alone():
    line = read_line("Paticnt: 8iscuit")
    assert line.groups == {"patient"}
    assert line.value == "8iscuit"
