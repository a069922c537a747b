"""Whose a document is that names nobody by label, and which of its lines head what is said of one."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from documents.domain.facts import labels
from documents.domain.facts.anchors import Anchor
from documents.domain.facts.clusters import Identity
from documents.domain.facts.names_pattern import match_any
from documents.domain.lines import is_blank
from patients.domain import identity

MOST_NAMED = 2  # patients that a document may name, if the one in its head is to be whose it is
HEAD_LINES = 3  # non-blank lines at a document's top in which a name decides
LONGEST_HEADING = 90  # characters of a line that heads what is said of a patient
_DATED = re.compile(r"\W*\d{1,4}[./-]\d{1,2}(?:[./-]\d{2,4})?(?!\d)")
_CELL_AHEAD = re.compile(r"(?:^|\s{2}|\t|\|\s?)$")
_CELL_END = re.compile(r"\s*$|\s{2}|\t|\s?\|")
_BULLETS = " \t*•·-–>#\f"
_NAME_ALONE = re.compile(r"\s*$|\s{2,}|\s?[,:(|/–-]|\s(?:[A-ZÀ-Ý(\d])")  # behind a name: no word of a sentence


_COMPANY = re.compile(
    r"\b(?:with|con|avec|mit|and|y|et|und|to|von|of|de|like|wie|como|housemate|littermate) $", re.IGNORECASE
)
LONGEST_COMPANY = 12  # characters


def is_company(text: str, place: int) -> bool:
    """Whether what is named at a place is named beside the one that is meant: "Viene con Trufa"."""
    return _COMPANY.search(text, max(0, place - LONGEST_COMPANY), place) is not None


def _fills_cell(line: str, name: re.Match[str]) -> bool:
    """Whether a name fills a cell of a line: "Animal ID: A-5533     Marzipan    DSH". "Coat:   Cinnamon" is a coat."""
    ahead = line[: name.start()].rstrip()
    if ahead.endswith((":", ".")) or labels.is_color(name[0]) or labels.canonical(ahead) in labels.ROLES:
        return False
    return _CELL_AHEAD.search(line, 0, name.start()) is not None and _CELL_END.match(line, name.end()) is not None


def find_names(text: str, known: Container[str]) -> set[str]:
    """Those of the known scanned names that a text prints."""
    words = [identity.fold_scanned(word) for word in text.split()]
    grams = (" ".join(words[start : start + size]) for start in range(len(words)) for size in (1, 2, 3))
    return {gram for gram in grams if gram in known}


@dataclass(kw_only=True)
class Resolver:
    """Whose the documents are that name nobody by label."""

    clusters: Sequence[Identity]
    lines: Sequence[str]
    passes_on: bool  # the file is of one patient, and of nobody else
    named_from: int  # the first document that inherits the only patient
    patient_of_name: dict[str, int]
    mentioned: re.Pattern[str] | None = None
    of_chip: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        names = {name for one in self.clusters for name in one.names}
        if names:
            self.mentioned = re.compile(rf"(?<!\w)(?:{match_any(names)})(?!\w)", re.IGNORECASE)
        for index, one in enumerate(self.clusters):
            for chip in one.chips:
                self.of_chip[chip].add(index)

    def choose(
        self,
        own: set[int | None],
        anchors: Sequence[Anchor],
        places: dict[tuple[int | None, str], int],
        document: int,
    ) -> int | None:
        """The patient of a document that names animals: the only one, or the one that it names most."""
        known = own - {None}
        if len(known) == 1 and len(own) == 1:
            return known.pop()
        counts = Counter(places.get((document, anchor.scanned)) for anchor in anchors)
        (best, most), *rest = counts.most_common()
        return best if not rest or most > rest[0][1] else None

    def resolve(self, bounds: tuple[int, int], chips: set[str], kinds: set[str], *, position: int) -> int | None:
        by_chip = {index for chip in chips for index in self.of_chip.get(chip, ())}
        if len(by_chip) == 1:
            return by_chip.pop()
        if by_chip:
            return None
        if self.passes_on and position < self.named_from:
            return None
        if self.passes_on:
            only = self.clusters[0]
            fits = not (kinds and only.species) or bool(kinds & only.species)
            return 0 if fits and not (chips and only.chips) else None
        own = [line for line in self.lines[bounds[0] - 1 : bounds[1]] if not is_blank(line)]
        in_head, anywhere = self._mentioned(own[:HEAD_LINES]), self._mentioned(own)
        told = in_head if len(in_head) == 1 and len(anywhere) <= MOST_NAMED else anywhere
        return next(iter(told)) if len(told) == 1 else None

    def allows(self, bounds: tuple[int, int], patient: int, kinds: set[str]) -> bool:
        """Whether nothing in a document speaks against a patient's: no other is mentioned, no other kind is told."""
        known = self.clusters[patient].species
        return self._mentioned(self.lines[bounds[0] - 1 : bounds[1]]) <= {patient} and (
            not kinds or not known or bool(kinds & known)
        )

    def find_headings(self, ranges: Sequence[tuple[int, int]]) -> dict[int | None, list[tuple[int, int]]]:
        """By document the lines that head what is said of one patient, and whom: "18/01/16 TAO", "Odin  41 kg"."""
        found: dict[int | None, list[tuple[int, int]]] = {}
        for document, (first, last) in enumerate(ranges):
            for number in range(first, min(last, len(self.lines)) + 1):
                patient = self._headed_by(self.lines[number - 1])
                if patient is not None:
                    found.setdefault(document, []).append((number, patient))
        return found

    def _headed_by(self, line: str) -> int | None:
        if self.mentioned is None or len(line) > LONGEST_HEADING:
            return None
        is_dated = _DATED.match(line) is not None
        plain = line.strip(_BULLETS)
        if not is_dated and not plain[:1].isupper() and "  " not in plain and "|" not in plain:
            return None
        matches = [match for match in self.mentioned.finditer(line) if match[0][:1].isupper()]
        if not matches:
            return None
        told = {self.patient_of_name.get(identity.fold_scanned(match[0])) for match in matches}
        begins = not line[: matches[0].start()].strip(_BULLETS) and _NAME_ALONE.match(line, matches[0].end())
        if len(told) > 1 or not (begins or is_dated or _fills_cell(line, matches[0])):
            return None
        return told.pop()

    def _mentioned(self, lines: Sequence[str]) -> set[int | None]:
        """The patients whose names stand in the lines; None for a name that several have."""
        if self.mentioned is None:
            return set()
        return {
            self.patient_of_name.get(identity.fold_scanned(match[0]))
            for line in lines
            for match in self.mentioned.finditer(line)
            if match[0][:1].isupper() and not is_company(line, match.start())
        }
