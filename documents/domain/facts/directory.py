"""Whose each place of a file is."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from documents.domain.facts import labels
from documents.domain.facts.anchors import Anchor, anchor_above
from documents.domain.facts.households import share_household
from documents.domain.facts.mentions import is_company
from documents.domain.facts.naming import Naming
from documents.domain.facts.observed import Observation
from patients.domain import identity

FAR_ABOVE = 10  # lines above a document's first name from which on nobody knows whose they are


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """The place of an observation."""

    document: int | None
    line: int
    quote: str
    ahead: str = ""  # the line up to the quote's value, where it may name the animal
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
    patients_of_chip: Mapping[str, frozenset[int]]
    naming: Naming
    anchored: frozenset[tuple[int | None, int, str]]  # document, line and scanned name of each anchor
    headings: dict[int | None, list[tuple[int, int]]]  # by document: lines that head what is said of whom
    owners_of_document: defaultdict[int | None, set[str]]  # told apart by surnames, not by how they are printed
    surrenders: frozenset[int]  # documents by which somebody gives an animal up
    owners_of_patient: Mapping[int, frozenset[str]]  # as documents tell that name no other animal

    def is_stranger(self, observation: Observation) -> bool:
        """Whether a name claim names an animal that a note only mentions: it renames nobody."""
        return (observation.document, observation.claim.line, self._scan(observation)) not in self.anchored

    def list_own(self, patient: int) -> list[int]:
        """The documents that are a patient's and name no other animal."""
        return [
            document
            for document, owner in enumerate(self.patient_of_document)
            if owner == patient and len({anchor.scanned for anchor in self.anchors.get(document, [])}) <= 1
        ]

    def patient_named_by(self, observation: Observation) -> int | None:
        """Whose a name claim is that is no stranger's: of "RUFUS + MISO" each name is its own animal's."""
        return self.patient_of_place.get((observation.document, self._scan(observation)))

    def _scan(self, observation: Observation) -> str:
        return identity.fold_scanned(self.naming.own_name(observation))

    def patient_at(self, sighting: Sighting) -> int | None:
        """The patient that a line is about: the one its quote names, else the nearest name above it in its document."""
        named = self._named_in(sighting.quote)
        if named is None and sighting.ahead:
            named = self._named_in(sighting.ahead, but_colors=True)
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

    def patient_of_code(self, chip: str, sighting: Sighting) -> int | None:
        """Whose a microchip is: the only patient's known by it, else nobody's in a document that names animals."""
        known = self.patients_of_chip.get(chip, frozenset())
        if len(known) == 1:
            return min(known)
        there = self.patient_at(sighting)
        return there if there in known or not self.anchors.get(sighting.document) else None

    def patients_of(self, sighting: Sighting) -> tuple[int, ...]:
        """Those whom a household's data on the line belong to: the animals of its document, see `_share_household`."""
        own = self.anchors.get(sighting.document, [])
        if sighting.is_signature:
            above = bisect_right(own, sighting.line, key=lambda anchor: anchor.line)
            own = own[above - 1 : above] if above else [] if len(self.names) > 1 else own
        scanned = share_household(own, line=sighting.line, owners=self.owners_of_document[sighting.document])
        places = {(sighting.document, one) for one in scanned}
        found = {self.patient_of_place[place] for place in places if place in self.patient_of_place}
        inherited = None if own and found else self._inherited(sighting)
        return tuple(sorted(found)) if found else (inherited,) if inherited is not None else ()

    def keep_household(self, patients: tuple[int, ...], *, document: int | None) -> tuple[int, ...]:
        """Of several animals of a document those that are not known, by documents of their own, as somebody else's."""
        owners = self.owners_of_document[document]
        kept = tuple(one for one in patients if not self._is_of_others(one, owners))
        return kept or patients

    def _is_of_others(self, patient: int, owners: set[str]) -> bool:
        known = self.owners_of_patient.get(patient, frozenset())
        return bool(known and owners) and not any(
            identity.is_same_owner(one, other) for one in known for other in owners
        )

    def _inherited(self, sighting: Sighting) -> int | None:
        if sighting.document is None:
            return 0 if len(self.names) == 1 else None
        return self.patient_of_document[sighting.document]

    def _named_in(self, text: str, *, but_colors: bool = False) -> int | None:
        if self.mentioned is None or len(self.names) < 2:
            return None
        found = {
            self.patient_of_name.get(identity.fold_scanned(match[0]))
            for match in self.mentioned.finditer(text)
            if match[0][:1].isupper()
            and not is_company(text, match.start())
            and not (but_colors and labels.is_color(match[0]))
        }
        return found.pop() if len(found) == 1 else None
