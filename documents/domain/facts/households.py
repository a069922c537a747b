"""Which animals of a document an owner, a contact or a veterinarian belongs to."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from documents.domain.facts.anchors import Anchor
from documents.domain.facts.observed import Observation
from patients.domain import identity

SEVERAL = 2  # owners of a document, from which each belongs to the nearest animal alone
HOUSEHOLD = 30  # lines within which an owner's name is that of each animal that is named


def share_household(anchors: Sequence[Anchor], *, line: int, owners: set[str]) -> set[str]:
    """The animals, by scanned name, that an owner, a contact or a veterinarian on a line belongs to.

    Each animal of the document whose name stands within HOUSEHOLD lines, and the nearest always: a form of two animals
    names their owner once. Where the document names several owners, the nearest animal alone.
    """
    if not anchors:
        return set()
    first = bisect_left(anchors, line - HOUSEHOLD, key=lambda anchor: anchor.line)
    last = bisect_right(anchors, line + HOUSEHOLD, key=lambda anchor: anchor.line)
    near = anchors[max(0, first - 1) : last + 1]
    nearest = min(near, key=lambda anchor: (abs(anchor.line - line), anchor.line))
    if len(owners) > 1:
        return {nearest.scanned}
    return {nearest.scanned} | {anchor.scanned for anchor in anchors[first:last]}


def tell_households(observations: Iterable[Observation]) -> defaultdict[int | None, set[str]]:
    """The owners that each document names, a person in two forms being one; of several, two."""
    found: defaultdict[int | None, set[str]] = defaultdict(set)
    for observation in observations:
        if observation.value.field == "owner" and len(found[observation.document]) < SEVERAL:
            name = str(observation.value.value)
            if not any(identity.is_same_owner(name, other) for other in found[observation.document]):
                found[observation.document].add(name)
    return found
