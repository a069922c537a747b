"""Who the patients of a file are, and whose each document and each line is.

A document's own names come first; then its chip; then a name that its head, or it alone, mentions; and in a file of
one patient, that patient. Never by name alone where the kind of animal differs, never two chips as one patient.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from documents.domain.facts.anchors import Anchor, anchor_above, find_anchors
from documents.domain.facts.clusters import Identity, cluster
from documents.domain.facts.mentions import Resolver
from documents.domain.facts.numbers import DOUBTFUL_DIGIT
from documents.domain.facts.observed import Observation
from patients.domain import identity, species

STRANGERS = 2  # documents of another animal, from which a file of one name is not of one patient
BEGINNING = 3  # documents at a file's top in which one name alone may tell whose the file is
_TITLED_SURNAME = re.compile(
    r"\b(?:Mrs?|Miss|Ms|Sra?|Mme|Herr|Frau|Familie|Fam)\.? (?:[A-Z]\.? )?([A-ZÀ-Ý][\w'’-]{2,20})\b"
)
SEVERAL = 2  # owners of a document, from which each belongs to the nearest animal alone
HOUSEHOLD = 30  # lines within which an owner's name is that of each animal that is named
FAR_ABOVE = 10  # lines above a document's first name from which on nobody knows whose they are


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """The place of an observation."""

    document: int | None
    line: int
    quote: str
    is_signature: bool = False  # a veterinarian below what is signed, without a label
    is_row: bool = False  # of a table, that is printed below whose it is


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """The file's patients by position, and whose each place is."""

    names: tuple[str, ...]
    patient_of_document: tuple[int | None, ...]
    warnings: tuple[str, ...]
    anchors: dict[int | None, list[Anchor]]  # by document, in the order of lines
    patient_of_place: dict[tuple[int | None, str], int]  # document and scanned name
    mentioned: re.Pattern[str] | None  # any patient's name
    patient_of_name: dict[str, int]  # by scanned name, where one patient only has it
    patient_of_chip: dict[str, int]
    owners: frozenset[str]  # every owner's name as printed
    anchored: frozenset[tuple[int | None, int, str]]  # document, line and scanned name of each anchor
    headings: dict[int | None, list[tuple[int, int]]]  # by document: lines that head what is said of whom
    owners_of_document: defaultdict[int | None, set[str]]  # told apart by surnames, not by how they are printed

    def is_stranger(self, observation: Observation) -> bool:
        """Whether a name claim names an animal that a note only mentions: it renames nobody."""
        return (observation.document, observation.claim.line, self._scan(observation)) not in self.anchored

    def patient_named_by(self, observation: Observation) -> int | None:
        """Whose a name claim is that is no stranger's: of "RUFUS + MISO" each name is its own animal's."""
        return self.patient_of_place.get((observation.document, self._scan(observation)))

    def _scan(self, observation: Observation) -> str:
        return identity.fold_scanned(identity.drop_surname(str(observation.value.value), owners=self.owners))

    def patient_at(self, sighting: Sighting) -> int | None:
        """The patient that a line is about: the one its quote names, else the nearest name above it in its document."""
        named = self._named_in(sighting.quote)
        if named is not None:
            return named
        anchor = anchor_above(self.anchors.get(sighting.document, []), sighting.line)
        heading = self._heading_above(sighting)
        if heading is not None and (anchor is None or not heading[0] < anchor.line <= sighting.line):
            return heading[1]
        if anchor is None:
            return self._inherited(sighting)
        if len(self.names) > 1 and anchor.line - sighting.line > (0 if sighting.is_row else FAR_ABOVE):
            return None  # may be of the document before, whose end was not seen
        return self.patient_of_place.get((sighting.document, anchor.scanned))

    def _heading_above(self, sighting: Sighting) -> tuple[int, int] | None:
        """The last line at or above a place, within its document, that heads what is said of a patient."""
        own = self.headings.get(sighting.document, [])
        place = bisect_right(own, sighting.line, key=lambda heading: heading[0])
        return own[place - 1] if place else None

    def patients_of(self, sighting: Sighting) -> tuple[int, ...]:
        """Those whom a household's data on the line belong to: the animals of its document, see `_share_household`."""
        own = self.anchors.get(sighting.document, [])
        if sighting.is_signature:
            above = bisect_right(own, sighting.line, key=lambda anchor: anchor.line)
            own = own[above - 1 : above] if above else [] if len(self.names) > 1 else own
        scanned = _share_household(own, line=sighting.line, owners=self.owners_of_document[sighting.document])
        places = {(sighting.document, one) for one in scanned}
        found = {self.patient_of_place[place] for place in places if place in self.patient_of_place}
        inherited = None if own and found else self._inherited(sighting)
        return tuple(sorted(found)) if found else (inherited,) if inherited is not None else ()

    def _inherited(self, sighting: Sighting) -> int | None:
        if sighting.document is None:
            return 0 if len(self.names) == 1 else None
        return self.patient_of_document[sighting.document]

    def _named_in(self, quote: str) -> int | None:
        if self.mentioned is None or len(self.names) < 2:
            return None
        found = {self.patient_of_name.get(identity.fold_scanned(match[0])) for match in self.mentioned.finditer(quote)}
        return found.pop() if len(found) == 1 else None


def build_directory(
    *, observations: Sequence[Observation], lines: Sequence[str], ranges: Sequence[tuple[int, int]]
) -> Directory:
    """The patients that the observations name, in the order of their first lines; `ranges` are the documents' lines."""
    owners = frozenset(str(one.value.value) for one in observations if one.value.field == "owner")
    owners |= _list_surnames(observations, lines)
    anchors = find_anchors(observations, lines, owners=owners)
    households = _tell_households(observations)
    identities = _gather(observations, anchors, households)
    clusters, unclear = cluster(identities)
    clusters.sort(key=lambda one: (one.first_line, sorted(one.names)))
    places = {place: index for index, one in enumerate(clusters) for place in one.places}
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for index, one in enumerate(clusters):
        for scanned in one.scanned:
            holders[scanned].add(index)
    resolver = Resolver(
        clusters=clusters,
        lines=lines,
        passes_on=_passes_on(clusters, anchors, observations, len(ranges)),
        named_from=_named_from(anchors, len(ranges)),
        patient_of_name={n: min(h) for n, h in holders.items() if len(h) == 1},
    )
    chips = _by_document(observations, "microchip")
    kinds = _by_document(observations, "species")
    owner: list[int | None] = []
    for position, bounds in enumerate(ranges):
        own = {places.get((position, anchor.scanned)) for anchor in anchors.get(position, [])}
        if own:
            owner.append(resolver.choose(own, anchors[position], places, position))
        else:
            owner.append(resolver.resolve(bounds, chips[position], kinds[position], position=position))
    return Directory(
        names=tuple(_display_name(one) for one in clusters),
        patient_of_document=tuple(owner),
        warnings=tuple(_warn(owner, unclear, ranges, clusters)),
        anchors=anchors,
        patient_of_place=places,
        mentioned=resolver.mentioned,
        patient_of_name=resolver.patient_of_name,
        patient_of_chip=_sole_holders(clusters),
        owners=owners,
        anchored=frozenset((document, one.line, one.scanned) for document, own in anchors.items() for one in own),
        headings=resolver.find_headings(ranges) if len(clusters) > 1 else {},
        owners_of_document=households,
    )


def _list_surnames(observations: Iterable[Observation], lines: Iterable[str]) -> set[str]:
    """Surnames behind a title anywhere in the file, but for those of animals: Mr. Whiskers is a cat."""
    names = [str(one.value.value) for one in observations if one.value.field == "name"]
    of_animals = {surname for name in names for surname in _TITLED_SURNAME.findall(name)}
    return {surname for line in lines for surname in _TITLED_SURNAME.findall(line)} - of_animals


def _sole_holders(clusters: Sequence[Identity]) -> dict[str, int]:
    """The chips that one patient alone has."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(clusters):
        for chip in one.chips:
            holders[chip].append(index)
    return {chip: indices[0] for chip, indices in holders.items() if len(indices) == 1}


def _share_household(anchors: Sequence[Anchor], *, line: int, owners: set[str]) -> set[str]:
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


def _tell_households(observations: Iterable[Observation]) -> defaultdict[int | None, set[str]]:
    """The owners that each document names, a person in two forms being one; of several, two."""
    found: defaultdict[int | None, set[str]] = defaultdict(set)
    for observation in observations:
        if observation.value.field == "owner" and len(found[observation.document]) < SEVERAL:
            name = str(observation.value.value)
            if not any(identity.is_same_owner(name, other) for other in found[observation.document]):
                found[observation.document].add(name)
    return found


def _passes_on(
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
    chips = _by_document(observations, "microchip")
    if len({chip for document, own in chips.items() if document not in anchors and len(own) == 1 for chip in own}) > 1:
        return False
    strange: set[int] = set()
    for name in ("species", "sex", "breed"):
        told = _by_document(observations, name)
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


def _named_from(anchors: dict[int | None, list[Anchor]], documents: int) -> int:
    """The first document that inherits: the one that names the patient, where it is the only one of several.

    A file tells at its beginning whose it is: from the only name behind the first BEGINNING documents none inherits.
    """
    named = [document for document in anchors if document is not None]
    if len(named) != 1 or documents <= 2:
        return 0
    return named[0] if named[0] < BEGINNING else documents


def _plain(name: str, value: str) -> str:
    known = species.suggest_breed(value) if name == "breed" else None
    return (known.name if known else value).casefold()


def _gather(
    observations: Sequence[Observation],
    anchors: dict[int | None, list[Anchor]],
    households: defaultdict[int | None, set[str]],
) -> list[Identity]:
    """What each document says of each animal that it names. A gap names nobody."""
    found: dict[tuple[int | None, str], Identity] = {}
    for document, own in anchors.items():
        for anchor in own:
            one = found.setdefault((document, anchor.scanned), Identity(first_line=anchor.line))
            one.names[anchor.name] += 1
            one.places.add((document, anchor.scanned))
    for observation in observations:
        own = anchors.get(observation.document, [])
        above = anchor_above(own, observation.claim.line)
        if above is None:
            continue
        value, name = str(observation.value.value), observation.value.field
        if name == "owner":
            owners = households[observation.document]
            for scanned in _share_household(own, line=observation.claim.line, owners=owners):
                found[observation.document, scanned].owners.add(value)
            continue
        one = found[observation.document, above.scanned]
        if name == "microchip" and not observation.value.flags:
            one.chips.add(value)
        elif name == "species":
            one.species.add(value)
        elif name == "date_of_birth" and len(value) == 10 and DOUBTFUL_DIGIT not in observation.value.flags:
            one.births.add(value)
    for one in found.values():
        if len(one.chips) > 1:
            one.chips.clear()  # a list of several animals: its chips prove nothing about the one that is named
    return list(found.values())


def _by_document(observations: Sequence[Observation], name: str) -> defaultdict[int | None, set[str]]:
    found: defaultdict[int | None, set[str]] = defaultdict(set)
    for observation in observations:
        if observation.value.field == name:
            found[observation.document].add(str(observation.value.value))
    return found


def _display_name(one: Identity) -> str:
    """The name as most papers print it, capitals only where all do."""
    mixed = {name: count for name, count in one.names.items() if not name.isupper()} or dict(one.names)
    return min(mixed, key=lambda name: (-mixed[name], name))


def _warn(
    owner: Sequence[int | None],
    unclear: Sequence[Identity],
    ranges: Sequence[tuple[int, int]],
    clusters: Sequence[Identity],
) -> Iterable[str]:
    without = [position for position, patient in enumerate(owner) if patient is None]
    if clusters and without:
        lines = ", ".join(str(ranges[position][0]) for position in without[:5])
        more = ", ..." if len(without) > 5 else ""
        yield f"{len(without)} documents have no certain patient (they start at lines {lines}{more})"
    if unclear:
        lines = ", ".join(str(one.first_line) for one in sorted(unclear, key=lambda one: one.first_line)[:5])
        yield f"names that fit more than one patient (lines {lines}); their documents need review"
