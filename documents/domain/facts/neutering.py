"""Whether an animal that was intact may have been neutered since: its papers speak of it."""

from collections.abc import Container, Iterable, Sequence

from documents.domain.facts import labels
from documents.domain.facts.clinical.words import WORD
from documents.domain.facts.observed import Observation


def is_neutering_told(
    *, observations: Sequence[Observation], lines: Sequence[str], ranges: Iterable[tuple[int, int]]
) -> bool:
    """Whether the papers of an animal that is said to be intact speak of neutering beside what they say of its state.

    `ranges` are the first and last lines of its documents.
    """
    states = [one for one in observations if one.value.field == "neutered"]
    if all(one.value.value is True for one in states):
        return False
    said = {one.claim.line for one in states}
    return any(_speaks_of_it(lines, bounds, said) for bounds in ranges)


def _speaks_of_it(lines: Sequence[str], bounds: tuple[int, int], but: Container[int]) -> bool:
    return any(
        number not in but and not labels.NEUTERINGS.isdisjoint(WORD.findall(lines[number - 1].lower()))
        for number in range(bounds[0], min(bounds[1], len(lines)) + 1)
    )
