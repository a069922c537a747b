"""Where two wordings differ, word by word, and what each difference is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from documents.domain.likeness.wording import Wording

LIKE_WORDS = 70.0  # rapidfuzz ratio from which words may be the same, misread
LONGEST_BLOCK = 2_000  # characters up to which words that differ are looked at sign by sign

_DIGIT = re.compile(r"\d")
# What OCR takes for each other. Never a digit for another digit: those are other numbers.
_MISREAD = frozenset(
    frozenset(pair) for pair in ("0o", "0d", "1l", "1i", "1|", "1!", "1j", "2z", "5s", "6b", "6g", "8b", "9g", "9q")
)
_POINTS = frozenset(".,:;/'’-")  # between digits; OCR takes one for the other
_NO_LETTERS = re.compile(r"[\d\s.,:;'’`]+")

Kind = Literal[
    "misread",  # the same, but for what OCR does: l and 1, rn and m, a word cut in two
    "number",  # other digits
    "words",  # other words
    "missing",  # words that the second one lacks
    "added",  # words that the first one lacks
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Folded words of the first that stand otherwise in the second; a line is None where there are no words."""

    kind: Kind
    first: tuple[str, ...]
    second: tuple[str, ...]
    first_line: int | None
    second_line: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """`alike`: the share of the longer one's words that the other has, misread ones included."""

    changes: tuple[Change, ...]
    alike: float
    number_count: int  # words with digits of the longer one

    def count(self, kind: Kind) -> int:
        """Differences of that kind."""
        return sum(change.kind == kind for change in self.changes)


def compare_wordings(first: Wording, second: Wording) -> Comparison:
    """The least differences that make `second` of `first`, in order. Takes time with the product of their lengths."""
    changes = tuple(_list_changes(first, second))
    longer = max(len(first.words), len(second.words))
    lost = sum(max(len(each.first), len(each.second)) for each in changes if each.kind != "misread")
    words = first.words if len(first.words) >= len(second.words) else second.words
    return Comparison(
        changes=changes,
        alike=max(0.0, 1 - lost / longer) if longer else 1.0,
        number_count=sum(_DIGIT.search(word) is not None for word in words),
    )


def _list_changes(first: Wording, second: Wording) -> Iterator[Change]:
    for step in _join_steps(first.words, second.words):
        begin, end, second_begin, second_end = step
        one, other = first.words[begin:end], second.words[second_begin:second_end]
        yield Change(
            kind=_name_kind(one, other),
            first=one,
            second=other,
            first_line=first.lines[begin] if one else None,
            second_line=second.lines[second_begin] if other else None,
        )


def _join_steps(first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Spans that differ, neighbours joined: a word that OCR cut in two is one replaced and one added."""
    joined: list[int] | None = None
    for step in Levenshtein.opcodes(first, second):
        if step.tag == "equal":
            if joined is not None:
                yield joined[0], joined[1], joined[2], joined[3]
            joined = None
        elif joined is None:
            joined = [step.src_start, step.src_end, step.dest_start, step.dest_end]
        else:
            joined[1], joined[3] = step.src_end, step.dest_end
    if joined is not None:
        yield joined[0], joined[1], joined[2], joined[3]


def _name_kind(first: Sequence[str], second: Sequence[str]) -> Kind:
    if not second:
        return "missing"
    if not first:
        return "added"
    one, other = "".join(first), "".join(second)
    if one == other:
        return "misread"  # a word cut in two, or two joined
    if max(len(one), len(other)) > LONGEST_BLOCK:
        return "words" if _DIGIT.findall(one) == _DIGIT.findall(other) else "number"
    if _DIGIT.search(one) or _DIGIT.search(other):
        mended = _mend(one, other)
        if mended is None:
            return "number"
        # Units and signs are read as they are: "12 kg" is not "12 lb".
        one, other = _NO_LETTERS.sub("", one), _NO_LETTERS.sub("", mended)
    return "misread" if one == other or fuzz.ratio(one, other) >= LIKE_WORDS else "words"


def _mend(one: str, other: str) -> str | None:
    """`other` with what OCR took for digits and digits for, as `one` has it; None where the numbers are others."""
    mended: list[str] = []
    for step in Levenshtein.opcodes(one, other):
        first, second = one[step.src_start : step.src_end], other[step.dest_start : step.dest_end]
        if step.tag == "replace":
            for place, (had, has) in enumerate(zip(first, second, strict=True), start=step.src_start):
                is_slip = frozenset((had, has)) in _MISREAD
                if not is_slip and (had.isdigit() or has.isdigit() or _parts_number(one, place, by=has)):
                    return None
                mended.append(had if is_slip else has)
            continue
        if step.tag == "delete" and _holds_number(one, step.src_start, step.src_end):
            return None
        if step.tag == "insert" and _holds_number(other, step.dest_start, step.dest_end):
            return None
        mended.append(second)
    return "".join(mended)


def _holds_number(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] has a digit, or a point that parts digits."""
    return any(text[place].isdigit() or _parts_number(text, place) for place in range(start, end))


def _parts_number(text: str, place: int, *, by: str = "") -> bool:
    """Whether the character there stands between two digits and is a point, and `by` is none."""
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return text[place] in _POINTS and by not in _POINTS and len(around) == 2 and around.isdigit()
