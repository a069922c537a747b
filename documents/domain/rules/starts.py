"""Where documents begin, by rules: signals are weighed, and the best partition of the whole file is taken.

1. Each line that might begin a document has signals: of what stands before it, of what it is, of what follows it.
2. The model gives each signal a weight. The best partition of the file is found (searching.py).
3. What the file does where it begins documents is learnt (habits.py): each line counts by its chance to be a beginning.
   The search is made again with that.
4. A start moves up over what is like the file's first lines, the heading, the letterhead and the rulers above it.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from documents.domain.rules.features import form_of
from documents.domain.rules.habits import Habits, learn_habits, read_forms
from documents.domain.rules.model import Model, Weights, find_slack, weigh
from documents.domain.rules.searching import Candidate, Chosen, find_best
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.signals import LineSignals, Signals
from documents.domain.rules.spans import Spans
from documents.domain.rules.surroundings import (
    find_first_heading,
    find_letter_top,
    find_letterhead,
    find_printed_top,
    find_title_above,
    find_title_of_labels,
)

SURE = 4.0  # points from which the rules outvote a silent model
PLAUSIBLE = -2.0  # points from which a line looks like a beginning when somebody else says that it is one
HOPELESS = -1.5  # points up to which, with all that a span may add, a line is left out of the search
WHOSE_MOST = 40  # characters of a line that tells no more than whose paper it is
FIRST = 4.0  # points of the file's first line, which begins a document whatever it is


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleStart:
    """A line at which the rules see a document begin. Points are the logarithm of the odds."""

    line: int
    points: float

    @property
    def sure(self) -> bool:
        return self.points >= SURE


class Scene:
    """A sheet with the signals of its lines and spans, and the search for its beginnings."""

    def __init__(self, sheet: Sheet, *, model: Model, closed: Container[int] = frozenset()) -> None:
        self.sheet = sheet
        self.model = model
        self.lines = LineSignals(sheet, closed=closed)
        self.spans = Spans(self.lines)
        self.places = [place for place in range(1, len(sheet.words)) if self.lines.may_begin(place)]
        shared: dict[tuple[str, ...], Mapping[str, str]] = {}  # many lines of a file have the same forms
        self.forms: dict[int, Mapping[str, str]] = {}
        for place in self.places:
            forms = read_forms(self.lines, place)
            self.forms[place] = shared.setdefault(tuple(forms.values()), forms)
        self.habits = Habits()
        self.chances: dict[int, float] = {}  # of each place, at the first reading, that a document begins there
        self._alone = array("d")  # what each place weighs by itself at the first reading

    def signals(self, place: int) -> Signals:
        """All signals of a line, but for those of the span before it."""
        if not self.chances:
            return self.lines.of(place)
        return self.lines.of(place) | self.habits.signals(self.forms[place], own=self.chances[place])

    @property
    def weights(self) -> Weights:
        return self.model.second if self.chances else self.model.first

    def weigh(self, place: int) -> float:
        return weigh(self.signals(place), weights=self.weights)

    def weigh_span(self, first: int, place: int) -> float:
        return weigh(self.spans.of(first, place), weights=self.weights)

    def search(self, *, without: int | None = None) -> list[Chosen]:
        """The beginnings of the best partition, as positions; `without` one position."""
        if not self.sheet.words:
            return []
        candidates = [
            Candidate(position=place, weight=weight)
            for place, weight in zip(self.places, self._weigh_places(), strict=True)
            if place != without and weight + self.spans.most(place, weights=self.weights) > HOPELESS
        ]
        return find_best(candidates, first=0, weigh_span=self.weigh_span, slack=find_slack(self.weights))

    def _weigh_places(self) -> Iterable[float]:
        """What each of the places weighs by itself; at the first reading that is asked for more than once."""
        if self.chances:
            return (self.weigh(place) for place in self.places)
        if not self._alone:
            self._alone = array("d", (self.weigh(place) for place in self.places))
        return self._alone

    def learn(self, begun: Sequence[int]) -> None:
        """Learn what the file does from a first reading that took the positions `begun` for beginnings.

        Each place counts by its chance to be one: a reading that doubts teaches little either way.
        """
        self.chances = self._find_chances(begun)
        self.habits = learn_habits(self.forms.values(), opened=list(self.chances.values()))
        self.sheet.openings = {
            form_of(self.sheet.at(self.sheet.words[place])): 1.0
            for place in begun
            if place in self.forms
            and "form" in self.forms[place]
            and self.habits.opens_mostly(self.forms[place]["form"])
        }

    def _find_chances(self, begun: Sequence[int]) -> dict[int, float]:
        """The chance of each place to begin a document, behind the last of the positions `begun` above it.

        For the first reading: it weighs with what is known now.
        """
        chances: dict[int, float] = {}
        for place, points in zip(self.places, self._weigh_places(), strict=True):
            if points > HOPELESS:
                points += self.weigh_span(begun[max(0, bisect_left(begun, place) - 1)], place)
            chances[place] = 1 / (1 + math.exp(-max(-20.0, min(20.0, points))))
        return chances

    def read(self) -> list[Chosen]:
        """Search, learn, and search again."""
        self.learn([chosen.position for chosen in self.search()])
        return self.search()

    def _begins_as_first(self, number: int) -> bool:
        """Whether the line is like the one that the file begins with."""
        return self.lines.first_lines.likeness(bisect_left(self.sheet.words, number)) > 0

    def _find_section_paper(self, number: int) -> int:
        """The name of a section directly above that heads the paper of a dated line; `number` without one."""
        position = bisect_left(self.sheet.words, number) - 1
        if position < 1 or number - self.sheet.words[position] > 1:
            return number
        return self.sheet.words[position] if "section_headed" in self.lines.of(position) else number

    def _find_whose(self, number: int) -> int:
        """The line directly above a visit's heading that tells no more than whose it is; `number` without one."""
        position = bisect_left(self.sheet.words, number)
        above = self.sheet.words[position - 1] if position else 0
        line = self.sheet.at(above) if above else None
        if line is None or number - above > 1 or line.prose or line.groups or len(line.folded) > WHOSE_MOST:
            return number
        told = self.lines.patients.leads(above) and not self.sheet.dates(above)
        return above if told and above not in self.sheet.visits else number

    def move_up(self, place: int) -> int:
        """The line at which a document begins that was found to begin at `place`."""
        number = self.sheet.words[self.lines.first_lines.top(place)]
        if self.lines.messages.begins_letter(place):
            number = min(number, find_letter_top(self.sheet, number))
        if number in self.sheet.visits and number not in self.sheet.templated and not self.sheet.at(number).title_noun:
            number = self._find_section_paper(self._find_whose(find_title_above(self.sheet, number)))
        elif self.lines.days_beside.tell_whose(place) and not self.sheet.at(number).title_noun:
            number = find_title_above(self.sheet, number)
        elif self.sheet.at(number).groups and number not in self.sheet.templated and not self._begins_as_first(number):
            number = find_title_of_labels(self.sheet, number)
        breaks = self.lines.break_before
        heading = find_first_heading(self.sheet, number, heads=self.lines.blocks.may_head)
        return find_printed_top(self.sheet, find_letterhead(self.sheet, heading, breaks=breaks))


def find_starts(scene: Scene) -> list[RuleStart]:
    """The starts of all documents that the rules see, in the order of lines. The first line with words is one."""
    starts: list[RuleStart] = []
    for chosen in scene.read():
        line = scene.move_up(chosen.position)
        if not starts or line > starts[-1].line:
            starts.append(RuleStart(line=line, points=chosen.points if starts else FIRST))
    return starts
