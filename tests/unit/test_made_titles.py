"""Titles made for documents that print none, and the language that they are made in."""

from typing import get_args

import pytest

from documents.domain.findings import DOCUMENT_TYPES
from documents.domain.language import Language, find_language
from documents.domain.lines import fold
from documents.domain.made_titles import find_made, make_title
from tests.unit.rules.reading import CONTADO, ERZAEHLT, RACONTE, TOLD


@pytest.mark.parametrize(
    ("lines", "language"),
    [
        (TOLD[:1], "en"),
        (CONTADO[:1], "es"),
        (RACONTE[:1], "fr"),
        (ERZAEHLT[:1], "de"),
        (("Besitzer: D. Weiß", "Gewicht: 12 kg"), "de"),
        ((*CONTADO[:3], TOLD[0]), "es"),
        (("", "12 kg", "---"), "en"),
        ((), "en"),
    ],
)
def test_common_words_tell_the_language(lines, language):
    assert find_language(map(fold, lines)) == language


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("date", [None, "2019-03-14"])
def test_a_made_title_is_known_again_for_each_type(language, date):
    for kind in DOCUMENT_TYPES:
        title = make_title(kind=kind, date=date, language=language)
        found = find_made(title, kind=kind, date=date)
        assert found is not None
        assert make_title(kind=kind, date=date, language=found) == title


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Consultation note, 2019-03-14", "en"),
        ("Consultation note", "en"),
        ("Nota de consulta, 2019-03-14", "es"),
        ("Consultation note, 2019-03-15", None),
        ("Imaging report, 2019-03-14", None),
        ("CONSULTATION NOTE", None),
    ],
)
def test_a_title_of_another_type_or_day_was_not_made(title, found):
    assert find_made(title, kind="consult_note", date="2019-03-14") == found
