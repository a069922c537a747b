"""What a document says of itself: the number of the report that it is, and whether it amends another."""

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from itertools import groupby
from operator import itemgetter

from documents.domain.likeness.wording import Wording
from documents.domain.lines import fold
from documents.domain.rules.phrases import either
from documents.domain.vocabulary import load

HEAD_WORDS = 40  # first words of a document, where it says what it is
LABEL_WORDS = 8  # a line with more words than these is a sentence
REFERENCE_WORDS = 250  # first words among which the number of its report stands

_MARKS = re.compile(r"[^\w]+")
_DAY = re.compile(r",? \d{4}-\d\d-\d\d$")


class Standing(IntEnum):
    """Of two documents of one report the one that stands higher supersedes the other."""

    PRELIMINARY = 0
    PLAIN = 1  # says nothing, or that it is final
    AMENDED = 2


def read_standing(wording: Wording) -> Standing:
    """How the document says that it stands to others of its report: in a heading or label, in no sentence."""
    head = zip(wording.words[:HEAD_WORDS], wording.lines, strict=False)
    lines = [[word for word, _ in line] for _, line in groupby(head, key=itemgetter(1))]
    labels = [" ".join(line) for line in lines if len(line) <= LABEL_WORDS and not line[-1].endswith((".", ","))]
    if any(_phrases("amended").search(label) for label in labels):
        return Standing.AMENDED
    is_preliminary = any(_phrases("preliminary").search(label) for label in labels)
    return Standing.PRELIMINARY if is_preliminary else Standing.PLAIN


def read_reference(words: Sequence[str]) -> str:
    """The number of the report, sample or case, without its punctuation; empty where none is printed."""
    found = _reference().search(" ".join(words[:REFERENCE_WORDS]))
    return _MARKS.sub("", found["number"]) if found else ""


def strip_standing(title: str) -> str:
    """The folded title without the words that tell a standing: "amended laboratory report" is a laboratory report.

    A date at its end is left out as well: a title that was made has one, and its printed twin may have none.
    """
    folded = _DAY.sub("", fold(title))
    for kind in ("amended", "preliminary"):
        folded = _phrases(kind).sub(" ", folded)
    return " ".join(_MARKS.sub(" ", folded).split())


@cache
def _phrases(kind: str) -> re.Pattern[str]:
    """Whole words, or their beginnings where a language inflects them: "enmendada", "corrigée", "korrigierter"."""
    forms = [fold(form) for table in load("copies").values() for form in table[kind]]
    return re.compile(rf"(?<!\w){either(forms)}(?:e[smrn]?|a|es|s)?(?!\w)")


@cache
def _reference() -> re.Pattern[str]:
    forms = [fold(form) for table in load("copies").values() for form in table["references"]]
    number = r"(?P<number>(?:[a-z]{1,4}[-/ ]?)?\d[\w/-]{3,}\w)"
    return re.compile(rf"(?<!\w){either(forms)}\W{{0,4}}{number}")
