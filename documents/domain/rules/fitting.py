"""Labelled records to examples that the rules' weights are fitted on: one for each line that is looked at."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.domain.rules.blocks import HEADER_REACH
from documents.domain.rules.signals import Signals
from documents.domain.rules.starts import Scene


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A line that might begin a document, with its signals behind the true beginning before it, and whether it does."""

    signals: Signals
    begins: bool


def list_examples(scene: Scene, *, true_lines: Sequence[int], begun: Sequence[int] = ()) -> Iterator[Example]:
    """The examples of a file whose documents begin at `true_lines` (increasing, not blank).

    Of the second reading where `begun` are the positions at which the first one saw beginnings. Where several lines
    stand for one beginning (a letterhead and the title below it) the one that weighs most is it, and the others are no
    examples.
    """
    if begun:
        scene.learn(begun)
    chosen = _choose_places(scene, true_lines=true_lines)
    yield from _list_reading(scene, begun=chosen, true_lines=true_lines)


def _choose_places(scene: Scene, *, true_lines: Sequence[int]) -> list[int]:
    words = scene.sheet.words
    places = set(scene.places)
    begun = [0]
    for line in true_lines:
        place = bisect_left(words, line)
        while place < len(words) - 1 and scene.sheet.at(words[place]).ruler:
            place += 1
        if not 0 < place < len(words):
            continue
        near = [
            other
            for other in range(place, min(place + HEADER_REACH, len(words)))
            if other in places and (other == place or scene.move_up(other) == words[place])
        ]
        begun.append(max(near, key=scene.weigh, default=place))
    return begun


def _list_reading(scene: Scene, *, begun: Sequence[int], true_lines: Sequence[int]) -> Iterator[Example]:
    words = scene.sheet.words
    starts, taken = set(true_lines), set(begun)
    for place in scene.places:
        begins = place in taken
        if not begins and (words[place] in starts or scene.move_up(place) in starts):
            continue
        before = begun[bisect_left(begun, place) - 1]
        yield Example(signals=scene.signals(place) | scene.spans.of(before, place), begins=begins)
