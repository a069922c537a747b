"""Whether documents that name nobody are the file's only patient's."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from documents.domain.facts.anchors import Anchor
from documents.domain.facts.clusters import Identity
from documents.domain.facts.observed import Observation, list_values
from patients.domain import species

STRANGERS = 2  # documents of another animal, from which a file of one name is not of one patient
MOST_STEP = 2.5  # times the next lower of its weights that an animal's may be, while it grew between visits
MOST_BETWEEN = 3  # documents in a row that name nobody and are of the patient of those around them
BEGINNING = 3  # documents at a file's top in which one name alone may tell whose the file is


def passes_on(
    clusters: Sequence[Identity],
    anchors: dict[int | None, list[Anchor]],
    observations: Sequence[Observation],
    documents: int,
) -> bool:
    """Whether documents that name nobody are the only patient's.

    Not where that patient is named once in many documents and in a sentence only, nor where documents tell of several
    chips, nor where STRANGERS documents that name nobody tell of another kind, sex, breed or size: then there are
    animals in the file whose names it does not print.
    """
    if len(clusters) != 1:
        return False
    named = [document for document in anchors if document is not None]
    is_strong = any(anchor.is_strong for own in anchors.values() for anchor in own)
    if not is_strong and len(named) == 1 and documents > 2:
        return False
    chips = list_values(observations, "microchip")
    if len({chip for document, own in chips.items() if document not in anchors and len(own) == 1 for chip in own}) > 1:
        return False
    strange: set[int] = set()
    for name in ("species", "sex", "breed"):
        told = list_values(observations, name)
        own = {_plain(name, value) for document in named for value in told[document]}
        strange |= {
            document
            for document, values in told.items()
            if document is not None
            and document not in anchors
            and own
            and not {_plain(name, value) for value in values} & own
        }
    strange |= _by_weight(observations, clusters[0].species, anchors)
    return len(strange) < STRANGERS


def fill_between(
    owners: Sequence[int | None], *, observations: Iterable[Observation], can_be: Callable[[int, int], bool]
) -> list[int | None]:
    """Whose each document is, where those between two of one patient are its own, too.

    Only in a file that goes through its patients one after the other; `can_be` tells whether a document may be a
    patient's. Of more than MOST_BETWEEN in a row a weight must tell that they are: theirs and the patient's own lie
    close together.
    """
    named = [owner for owner in owners if owner is not None]
    turns = 1 + sum(first != second for first, second in pairwise(named))
    filled = list(owners)
    if len(set(named)) < 2 or turns != len(set(named)):
        return filled
    weights: defaultdict[int | None, list[float]] = defaultdict(list)
    for one in observations:
        weights[one.document] += [one.value.kg] if one.value.kg else []
    places = [place for place, owner in enumerate(owners) if owner is not None]
    for first, last in pairwise(places):
        patient, between = owners[first], range(first + 1, last)
        if patient is None or patient != owners[last]:
            continue
        own = [kg for place in places if owners[place] == patient for kg in weights[place]]
        theirs = [kg for place in between for kg in weights[place]]
        if len(between) <= MOST_BETWEEN or (theirs and own and _are_alike([*own, *theirs])):
            for place in between:
                filled[place] = patient if can_be(place, patient) else None
    return filled


def _are_alike(weights: Sequence[float]) -> bool:
    """Whether no weight is MOST_STEP times the next one below: they may be of one animal that grew."""
    return all(second <= first * MOST_STEP for first, second in pairwise(sorted(weights)))


def named_from(anchors: dict[int | None, list[Anchor]], documents: int) -> int:
    """The first document that inherits: the one that names the patient, where it is the only one of several.

    A file tells at its beginning whose it is: from the only name behind the first BEGINNING documents none inherits.
    """
    named = [document for document in anchors if document is not None]
    if len(named) != 1 or documents <= 2:
        return 0
    return named[0] if named[0] < BEGINNING else documents


def _by_weight(
    observations: Sequence[Observation], kinds: set[str], anchors: dict[int | None, list[Anchor]]
) -> set[int]:
    """The documents that name nobody and tell a weight that the only patient's kind never has."""
    if len(kinds) != 1:
        return set()
    (kind,) = kinds
    return {
        one.document
        for one in observations
        if one.document is not None
        and one.document not in anchors
        and one.value.kg is not None
        and not species.is_plausible_weight(species=kind, kg=one.value.kg)
    }


def _plain(name: str, value: str) -> str:
    known = species.suggest_breed(value) if name == "breed" else None
    return (known.name if known else value).casefold()
