"""Running lines of a text that has lost its page breaks: they come again at the distance of a page, or count on."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from rapidfuzz import fuzz

from documents.domain.rules.features import LineFeatures
from documents.domain.rules.running import LEAST_LENGTH, LIKE_ENOUGH, MOST_FORMS, mask_numbers

LEAST_COUNTED = 3  # places of a line whose counter counts on, from which it runs
LEAST_TITLED = 5  # the same, for a line that names a kind of document: the sheets of a chart are counted too
LEAST_REGULAR = 4  # places of a line without a counter that stand at the distance of a page
PAGE_LEAST, PAGE_MOST = 15, 130  # lines that a page may have
REGULAR = 0.12  # share of a page's lines by which the distance may be off
MOSTLY = 0.75  # share of the distances that must be so
LONGEST = 160  # characters of a running line
HEAD, LAST = 5, 2  # first and last lines of a file that tell whether its page counters stand on top or below
BEHIND = 5  # lines with words behind a line in which a document is named that it heads
BESIDE = 3  # lines with words beside a running line in which its companions stand


@dataclass(frozen=True, kw_only=True, slots=True)
class UnpagedRun:
    """Running lines of a file without page breaks, and the lines with which its pages begin, but for the first."""

    lines: frozenset[int] = frozenset()
    turns: tuple[int, ...] = field(default=())


def find_unpaged_run(features: Sequence[LineFeatures], *, counters: Mapping[int, int]) -> UnpagedRun:
    """The running lines of a file of one page. `counters`: the number that each line with a page counter prints."""
    places: dict[str, list[int]] = defaultdict(list)
    printed = [number for number, line in enumerate(features, start=1) if not line.blank]
    for number in printed:
        line = features[number - 1]
        if line.prose or line.ruler or len(line.folded) > LONGEST or (line.groups and number not in counters):
            continue
        places[mask_numbers(line.folded)].append(number)
    running: list[str] = []
    for form, numbers in places.items():
        titled = features[numbers[0] - 1].title_noun
        if _counts_on(numbers, counters=counters, least=LEAST_TITLED if titled else LEAST_COUNTED) or (
            _is_regular(numbers) and not titled and _goes_on(numbers, features=features)
        ):
            running.append(form)
    anchors = {number for form in running for number in places[form]}
    if len(running) <= MOST_FORMS:
        for form in running:
            anchors.update(_find_spoilt(form, places=places, between=places[form]))
    if not anchors:
        return UnpagedRun()
    lines = anchors | _find_companions(sorted(anchors), printed=printed, features=features)
    footers = lines & counters.keys() if are_footers(counters, printed=printed) else set()
    return UnpagedRun(lines=frozenset(lines), turns=tuple(_find_turns(lines, features=features, footers=footers)))


def are_footers(counters: Collection[int], *, printed: Sequence[int]) -> bool:
    """Whether a file's page counters, by their lines, stand below its pages: it ends with one, and begins with none."""
    ends = any(number in counters for number in printed[-LAST:])
    return ends and not any(number in counters for number in printed[:HEAD])


def _counts_on(numbers: Sequence[int], *, counters: Mapping[int, int], least: int) -> bool:
    """Whether the counters on these lines count on from one to the next, or begin again at 1."""
    if len(numbers) < least or any(number not in counters for number in numbers):
        return False
    steps = [counters[b] in (counters[a] + 1, 1) for a, b in pairwise(numbers)]
    onward = sum(counters[b] == counters[a] + 1 for a, b in pairwise(numbers))
    return onward >= 1 and sum(steps) >= MOSTLY * len(steps)


def _is_regular(numbers: Sequence[int]) -> bool:
    if len(numbers) < LEAST_REGULAR:
        return False
    distances = [b - a for a, b in pairwise(numbers)]
    page = median(distances)
    if not PAGE_LEAST <= page <= PAGE_MOST:
        return False
    return sum(abs(distance - page) <= REGULAR * page for distance in distances) >= MOSTLY * len(distances)


def _goes_on(numbers: Sequence[int], *, features: Sequence[LineFeatures]) -> bool:
    """Whether text goes on behind most of these lines: no letterhead, which titles or labels follow."""
    begins = 0
    for number in numbers:
        below = [line for line in features[number : number + 2 * BEHIND] if not line.blank][:BEHIND]
        begins += any(line.title_noun or line.groups for line in below)
    return 2 * begins <= len(numbers)


def _find_spoilt(form: str, *, places: Mapping[str, Sequence[int]], between: Sequence[int]) -> set[int]:
    """Lines that a scan has spoilt, like a running line of this form."""
    if len(form) < LEAST_LENGTH:
        return set()
    page = max(PAGE_MOST, *(b - a for a, b in pairwise(between)))
    first, last = between[0] - page, between[-1] + page
    return {
        number
        for other, numbers in places.items()
        if other != form and abs(len(other) - len(form)) <= len(form) // 4
        and fuzz.ratio(form, other, score_cutoff=LIKE_ENOUGH) >= LIKE_ENOUGH
        for number in numbers
        if first <= number <= last
    }  # fmt: skip


def _find_companions(anchors: Sequence[int], *, printed: Sequence[int], features: Sequence[LineFeatures]) -> set[int]:
    """Lines that stand at the same place beside most of the running lines: a header of two lines, a footer's motto."""
    place_of = {number: place for place, number in enumerate(printed)}
    found: set[int] = set()
    for offset in (*range(-BESIDE, 0), *range(1, BESIDE + 1)):
        forms: dict[str, list[int]] = defaultdict(list)
        for number in anchors:
            place = place_of[number] + offset
            if 0 <= place < len(printed) and abs(printed[place] - number) <= BESIDE + 1:
                line = features[printed[place] - 1]
                forms[line.folded].append(printed[place])
        for numbers in forms.values():
            if len(numbers) >= max(LEAST_COUNTED, len(anchors) // 2) and not features[numbers[0] - 1].prose:
                found.update(numbers)
    return found


def _find_turns(lines: set[int], *, features: Sequence[LineFeatures], footers: Collection[int]) -> list[int]:
    """The first line of each run of running lines that stands behind other lines: there a page turns.

    Where the run holds one of the `footers` a page turns behind it.
    """
    turns: list[int] = []
    within = False
    seen = False
    begun = 0
    for number, line in enumerate(features, start=1):
        if number in lines:
            if number in footers:
                if within and turns and turns[-1] >= begun:
                    turns.pop()
                turns.append(number + 1)
                seen = True
            elif not within and seen:
                turns.append(number)
            begun = begun if within else number
            within = True
        elif not line.blank:
            within, seen = False, True
    return turns
