"""Why the rules see a beginning at a line, or nearly saw one: its signals and what each weighs, for people."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from documents.domain.rules.catalogue import SIGNALS
from documents.domain.rules.engine import Reading
from documents.domain.rules.searching import Candidate, find_best
from documents.domain.rules.starts import FIRST, Scene

NEARLY = -1.5  # points from which a line that begins nothing is told as well
_FORCED = 1_000.0  # weight that keeps a beginning in a partition whatever it costs
_WORDS = {signal.name: signal.words for signal in SIGNALS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """A signal, in words, and its points: above 0 it speaks for a beginning."""

    name: str
    words: str
    points: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """A line that begins a document (or nearly does), and why.

    `margin` is what the partition of the file would lose without this beginning, or for a line that is none, would lose
    with it.
    """

    line: int
    begins: bool
    points: float
    margin: float
    reasons: tuple[Reason, ...]  # the heaviest first


def explain(reading: Reading) -> list[Explained]:
    """Every beginning that the rules see, and every line that nearly is one, in the order of lines."""
    scene = reading.scene
    begun = [chosen.position for chosen in scene.search()]
    if not begun:
        return []
    first = Reason(name="first_line", words="the first line with words", points=FIRST)
    told = [Explained(line=reading.words[0], begins=True, points=FIRST, margin=FIRST, reasons=(first,))]
    chosen = set(begun)
    for place in scene.places:
        before = begun[bisect_left(begun, place) - 1]
        points = scene.weigh(place) + scene.weigh_span(before, place)
        if place in chosen or points >= NEARLY:
            told.append(_explain(scene, place, before=before, begun=begun, points=points))
    return told


def _explain(scene: Scene, place: int, *, before: int, begun: Sequence[int], points: float) -> Explained:
    signals = scene.signals(place) | scene.spans.of(before, place)
    reasons = [
        Reason(name=name, words=_WORDS[name], points=round(scene.weights[name] * value, 2))
        for name, value in signals.items()
    ]
    reasons = [reason for reason in reasons if reason.points]
    begins = begun[bisect_left(begun, place) % len(begun)] == place
    return Explained(
        line=scene.move_up(place) if begins else scene.sheet.words[place],
        begins=begins,
        points=round(points, 2),
        margin=round(_find_margin(scene, place, before=before, begun=begun), 2),
        reasons=tuple(sorted(reasons, key=lambda reason: -abs(reason.points))),
    )


def _find_margin(scene: Scene, place: int, *, before: int, begun: Sequence[int]) -> float:
    """How much better the partition is than with the line at `place` the other way, its neighbours kept."""
    after = bisect_right(begun, place)
    end = begun[after] if after < len(begun) else None
    kept = [each for each in begun if before < each < (end or place + 1)]
    as_it_is = _score(scene, before=before, end=end, kept=kept)
    others = [each for each in scene.places if before < each != place and (end is None or each < end)]
    if place in begun:
        return as_it_is - _search(scene, before=before, end=end, places=others, forced=None)
    return as_it_is - _search(scene, before=before, end=end, places=[*others, place], forced=place)


def _score(scene: Scene, *, before: int, end: int | None, kept: Sequence[int]) -> float:
    total, last = 0.0, before
    for place in (*kept, *(() if end is None else (end,))):
        total += scene.weigh(place) + scene.weigh_span(last, place)
        last = place
    return total


def _search(scene: Scene, *, before: int, end: int | None, places: Sequence[int], forced: int | None) -> float:
    kept = {forced, end} - {None}
    candidates = [
        Candidate(position=place, weight=scene.weigh(place) + (_FORCED if place in kept else 0.0))
        for place in sorted((*places, *(() if end is None else (end,))))
    ]
    found = find_best(candidates, first=before, weigh_span=scene.weigh_span, slack=_FORCED * 3)
    return sum(chosen.points for chosen in found) - _FORCED * len(kept)
