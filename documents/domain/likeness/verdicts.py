"""Whether two documents are one document twice, or one amends the other.

    1. The same wording: one document twice, where the wording says enough to be no coincidence.
    2. Of one report and of another standing ("preliminary", "amended"): the higher one supersedes the other.
    3. Nearly the same wording: one document twice, misread or with a line more; never with other numbers.
    4. Of one numbered report, nearly the same and with other numbers: an amendment that does not say so.

Only 1 is certain; the others are proposals for staff.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from rapidfuzz import fuzz

from documents.domain.likeness.changes import Comparison
from documents.domain.likeness.fingerprints import Fingerprint, resemble
from documents.domain.likeness.marks import strip_standing
from documents.domain.lines import fold

SHORT = 20  # words below which wording alone says too little
SHORTEST = 5  # words below which nothing is said
MANY_DIGITS = 40  # digits from which an undated wording is no form that is blank: more than a letterhead's
LEAST_ALIKE = 0.85  # share of the words of a near copy that the first one has
LEAST_RESEMBLANCE = 0.2  # of sketches, from which wordings are compared word by word
OF_ONE_REPORT = 0.2  # resemblance of two documents of one title and day from which one may amend the other
MISREAD_SHARE = 0.01  # of the words, misread, from which a copy is one that OCR read, and at least
MISREAD_LEAST = 3
NUMBERS_MISREAD = 0.05  # of the numbers of such a copy that may be misread
SAME_ANIMAL = 80.0  # rapidfuzz ratio of two names from which they may be one, misread
SAME_TITLE = 85.0

Kind = Literal["same", "supersedes"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A document as it is judged."""

    fingerprint: Fingerprint
    title: str
    type: str
    date: date | None
    animal: str  # its name by this file; empty: not known
    patient: UUID | None  # whose it is, or is proposed to be


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """`is_sure`: it may be linked without asking. `alike`: 0 to 1. Of `supersedes`: whether `second` is the later."""

    kind: Kind
    is_sure: bool
    alike: float
    second_is_newer: bool = True


def judge(first: Paper, second: Paper, *, compare: Callable[[], Comparison]) -> Verdict | None:
    """What they are to each other; None: two documents. `compare` reads both, and is asked only where that may tell."""
    if first.fingerprint.digest == second.fingerprint.digest:
        return _judge_same_wording(first, second)
    if _are_of_two_animals(first, second):
        return None
    if first.fingerprint.standing != second.fingerprint.standing:
        return _judge_standing(first, second)
    return _judge_comparison(first, second, compare()) if _may_be_near(first, second) else None


def _judge_same_wording(first: Paper, second: Paper) -> Verdict | None:
    """Of two with the same digest; None where that may be a coincidence."""
    if _are_of_two_animals(first, second) or first.fingerprint.word_count < SHORTEST:
        return None
    is_of_one = first.patient is not None and first.patient == second.patient
    is_of_one_day = first.date is not None and first.date == second.date
    if (is_telling(first) and is_telling(second)) or (is_of_one and is_of_one_day):
        return Verdict(kind="same", is_sure=True, alike=1.0)
    if is_of_one and first.date == second.date and first.fingerprint.word_count >= SHORT:
        return Verdict(kind="same", is_sure=False, alike=1.0)
    return None


def is_telling(paper: Paper) -> bool:
    """Whether no two documents have such a wording by chance: a form that nobody filled in is of no day."""
    fingerprint = paper.fingerprint
    if fingerprint.word_count < SHORT:
        return False
    return fingerprint.digit_count >= MANY_DIGITS or (paper.date is not None and fingerprint.digit_count > 0)


def _judge_standing(first: Paper, second: Paper) -> Verdict | None:
    """Of two that say of themselves that they stand otherwise: whether they are of one report."""
    if not _are_of_one_report(first, second):
        return None
    one, other = first.fingerprint, second.fingerprint
    resemblance = resemble(one, other)
    is_numbered = one.reference != "" and one.reference == other.reference
    if resemblance < OF_ONE_REPORT and not is_numbered:
        return None
    newer = other.standing > one.standing
    return Verdict(kind="supersedes", is_sure=False, alike=resemblance, second_is_newer=newer)


def _may_be_near(first: Paper, second: Paper) -> bool:
    """Whether it is worth while to compare them word by word."""
    if min(first.fingerprint.word_count, second.fingerprint.word_count) < SHORT:
        return False
    if first.date is not None and second.date is not None and first.date != second.date:
        return False
    return resemble(first.fingerprint, second.fingerprint) >= LEAST_RESEMBLANCE


def _judge_comparison(first: Paper, second: Paper, comparison: Comparison) -> Verdict | None:
    """Of two that may be near, by where their words differ."""
    if comparison.alike < LEAST_ALIKE:
        return None
    numbers = comparison.count("number")
    if numbers == 0 or _are_misread(first, comparison, numbers=numbers):
        return Verdict(kind="same", is_sure=False, alike=comparison.alike)
    if first.fingerprint.reference and first.fingerprint.reference == second.fingerprint.reference:
        return Verdict(kind="supersedes", is_sure=False, alike=comparison.alike)
    return None


def _are_misread(first: Paper, comparison: Comparison, *, numbers: int) -> bool:
    """Whether the other numbers are OCR's: it misreads letters no less. Where the words are clean, they are not."""
    misread = comparison.count("misread")
    if misread < max(MISREAD_LEAST, MISREAD_SHARE * first.fingerprint.word_count):
        return False
    return numbers <= NUMBERS_MISREAD * comparison.number_count


def _are_of_one_report(first: Paper, second: Paper) -> bool:
    one, other = first.fingerprint.reference, second.fingerprint.reference
    if one and other:
        return one == other
    if first.type != second.type or first.date is None or first.date != second.date:
        return False
    return fuzz.ratio(strip_standing(first.title), strip_standing(second.title)) >= SAME_TITLE


def _are_of_two_animals(first: Paper, second: Paper) -> bool:
    """By the names that their files give; two patients of one name may be one animal that was not matched."""
    if first.patient is not None and first.patient == second.patient:
        return False
    one, other = fold(first.animal), fold(second.animal)
    return bool(one and other) and fuzz.ratio(one, other) < SAME_ANIMAL
