"""Where two wordings differ, word by word, and what each difference is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from documents.domain.likeness.wording import Wording

LIKE_WORDS = 70.0  # rapidfuzz ratio from which words may be the same, misread

_DIGITS = re.compile(r"\d+")
# What OCR takes for what, in words that hold digits.
_MISREAD = str.maketrans("oli|!sbzq", "011115829")
_BURIED = re.compile(r"(?<=[^\W\d_])[01258](?=[^\W\d_])")  # a digit between letters, as in "c0ugh"
_LETTERS = str.maketrans("01258", "olzsb")
_LIKE_DIGITS = re.compile(r"[oli|!sbzq\d.,:/-]+")
_POINTS = re.compile(r"[\d\s.,;:'’`]+")  # between digits OCR takes one for the other

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
        number_count=sum(_DIGITS.search(word) is not None for word in words),
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
    if _fold_misread(first) == _fold_misread(second) or one == other:
        return "misread"
    if _DIGITS.search(one) or _DIGITS.search(other):
        return _name_numbers(first, second)
    return "misread" if fuzz.ratio(one, other) >= LIKE_WORDS else "words"


def _name_numbers(first: Sequence[str], second: Sequence[str]) -> Kind:
    """Numbers are compared digit by digit, and units and signs as they are; words beside them may be misread."""
    if _digits_of(first) != _digits_of(second):
        return "number"
    one, other = (_POINTS.sub("", "".join(words)) for words in (first, second))
    return "misread" if one == other or fuzz.ratio(one, other) >= LIKE_WORDS else "words"


def _fold_misread(words: Sequence[str]) -> str:
    return "".join(map(_fold_word, words))


def _digits_of(words: Sequence[str]) -> list[str]:
    return _DIGITS.findall(" ".join(map(_fold_word, words)))


def _fold_word(word: str) -> str:
    """Letters in a number as the digits, and digits in a word as the letters that OCR takes them for."""
    whole = _BURIED.sub(lambda found: found[0].translate(_LETTERS), word)
    is_number = _DIGITS.search(whole) is not None or _LIKE_DIGITS.fullmatch(whole) is not None
    return whole.translate(_MISREAD) if is_number else whole
