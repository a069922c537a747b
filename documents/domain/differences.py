"""How one partition of a file differs from another: what a later run proposes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from documents.domain.made_titles import find_made

_SAME = 0.5  # share of the lines of both that two documents have in common, above which one is the other, moved

Kind = Literal["added", "removed", "moved", "renamed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """A document as it is compared. Lines are 1-based, inclusive."""

    id: UUID
    start_line: int
    end_line: int
    title: str
    type: str
    date: str | None  # ISO 8601


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """`added` has no `before`, `removed` no `after`. `renamed`: same lines, another title, type or date."""

    kind: Kind
    before: Described | None
    after: Described | None


def compare(*, before: Sequence[Described], after: Sequence[Described]) -> tuple[Difference, ...]:
    """The differences in the order of their lines. Documents that are alike in all are left out.

    A document with the same first and last line is the same one; else the one that shares more than half of the lines
    of both, which at most one can.
    """
    differences: list[Difference] = []
    old = {(each.start_line, each.end_line): each for each in before}
    new = {(each.start_line, each.end_line): each for each in after}
    for lines in old.keys() & new.keys():
        if _words(old[lines]) != _words(new[lines]):
            differences.append(Difference(kind="renamed", before=old[lines], after=new[lines]))
    gone = sorted((old[lines] for lines in old.keys() - new.keys()), key=lambda each: each.start_line)
    come = sorted((new[lines] for lines in new.keys() - old.keys()), key=lambda each: each.start_line)
    moved = _pair(gone, come)
    differences += [Difference(kind="moved", before=first, after=second) for first, second in moved]
    paired = {each.id for pair in moved for each in pair}
    differences += [Difference(kind="removed", before=each, after=None) for each in gone if each.id not in paired]
    differences += [Difference(kind="added", before=None, after=each) for each in come if each.id not in paired]
    return tuple(sorted(differences, key=_place))


def _words(each: Described) -> tuple[str | None, str, str | None]:
    """What names the document. A made title says nothing that type and date do not."""
    is_made = find_made(each.title, kind=each.type, date=each.date) is not None
    return None if is_made else each.title, each.type, each.date


def _pair(gone: Sequence[Described], come: Sequence[Described]) -> list[tuple[Described, Described]]:
    """Both are in order of lines and overlap none of their own, so one walk sees each pair that shares lines."""
    pairs: list[tuple[Described, Described]] = []
    first = second = 0
    while first < len(gone) and second < len(come):
        left, right = gone[first], come[second]
        shared = min(left.end_line, right.end_line) - max(left.start_line, right.start_line) + 1
        whole = max(left.end_line, right.end_line) - min(left.start_line, right.start_line) + 1
        if shared / whole > _SAME:
            pairs.append((left, right))
        if left.end_line <= right.end_line:
            first += 1
        else:
            second += 1
    return pairs


def _place(difference: Difference) -> tuple[int, str]:
    shown = difference.before or difference.after
    return (shown.start_line if shown else 0, difference.kind)
