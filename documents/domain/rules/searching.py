"""The best partition of a whole file: which of its candidate lines begin documents, all told.

Each beginning scores what its line weighs, and what the span from the beginning before it weighs. The best sum is found
by dynamic programming over the candidates, from the first line on. For each candidate only those earlier beginnings are
kept that may still be part of the best: a later span can make up for no more than `slack`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST_OPEN = 32  # beginnings kept at a candidate at the most


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A line that might begin a document, and what it weighs by itself."""

    position: int
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A beginning of the best partition, and what it adds to its score."""

    position: int
    points: float


@dataclass(slots=True)
class _Open:
    """The best partition of the lines before a beginning, with that beginning last."""

    position: int
    score: float
    points: float
    before: "_Open | None"


def find_best(
    candidates: Sequence[Candidate], *, first: int, weigh_span: Callable[[int, int], float], slack: float
) -> list[Chosen]:
    """The beginnings of the best partition, in order. `first` is one whatever it weighs; candidates stand behind it.

    `weigh_span(i, j)` is the weight of a document from position i that ends before position j.
    """
    kept = [_Open(position=first, score=0.0, points=0.0, before=None)]
    best = kept[0]
    for candidate in candidates:
        place = candidate.position
        chosen, points = kept[0], 0.0
        score = float("-inf")
        for each in kept:
            gain = candidate.weight + weigh_span(each.position, place)
            if each.score + gain > score:
                chosen, points, score = each, gain, each.score + gain
        if score < best.score - slack:
            continue
        begun = _Open(position=place, score=score, points=points, before=chosen)
        if score > best.score:
            best = begun
        kept = [each for each in kept if each.score >= best.score - slack]
        kept.append(begun)
        if len(kept) > MOST_OPEN:
            kept.remove(min(kept, key=lambda each: each.score))
    return _trace(best)


def _trace(last: _Open) -> list[Chosen]:
    found: list[Chosen] = []
    each: _Open | None = last
    while each is not None:
        found.append(Chosen(position=each.position, points=each.points))
        each = each.before
    return found[::-1]
