"""The places of a document that name the animal that it is about."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from documents.domain.facts import labels
from documents.domain.facts.descriptions import describe
from documents.domain.facts.marks import find_marks
from documents.domain.facts.naming import Naming
from documents.domain.facts.observed import Observation
from documents.domain.facts.shapes import classify, find_names_of_owners
from patients.domain import identity

_GAP = re.compile(r"\s{2,}|\t|\|")


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """A place that names the animal that the lines behind it are about."""

    line: int
    scanned: str
    name: str
    is_strong: bool  # by a label or a heading; else the words alone


def find_anchors(
    observations: Sequence[Observation], lines: Sequence[str], *, naming: Naming
) -> dict[int | None, list[Anchor]]:
    """The names that each document is about, by line. Beside a labelled name, a bare other one is a stranger's."""
    found: defaultdict[int | None, list[Anchor]] = defaultdict(list)
    for observation in observations:
        if observation.value.field != "name":
            continue
        name = naming.own_name(observation)
        if not name:
            continue
        quote = observation.claim.quote
        stands_alone = quote.strip() == lines[observation.claim.line - 1].strip() and len(quote.split()) <= 4
        strong = (
            stands_alone
            or _is_heading(quote)
            or _is_cell(observation.claim.raw, quote)
            or any(role in ("name", "bare_name") for mark in find_marks(quote) for role in mark.roles)
        )
        anchor = Anchor(line=observation.claim.line, scanned=identity.fold_scanned(name), name=name, is_strong=strong)
        found[observation.document].append(anchor)
    known = {anchor.scanned for anchors in found.values() for anchor in anchors if anchor.is_strong}
    counts = Counter(anchor.scanned for anchors in found.values() for anchor in anchors)
    kept: dict[int | None, list[Anchor]] = {}
    for document, anchors in found.items():
        names = {anchor.scanned for anchor in anchors if anchor.is_strong} or known
        if not names:  # no label anywhere: the name that the file prints most is the one that it is about
            most = max(counts[anchor.scanned] for anchor in anchors)
            names = {anchor.scanned for anchor in anchors if counts[anchor.scanned] == most}
        ours = [anchor for anchor in anchors if anchor.scanned in names]
        if ours:
            kept[document] = sorted(ours, key=lambda anchor: (anchor.line, anchor.scanned))
    return kept


def anchor_above(anchors: Sequence[Anchor], line: int) -> Anchor | None:
    """The nearest name at or above a line; for lines above all names, the first."""
    if not anchors:
        return None
    return anchors[max(0, bisect_right(anchors, line, key=lambda anchor: anchor.line) - 1)]


def _is_heading(quote: str) -> bool:
    """Whether a quote is a heading that names: "MISO (Whitcombe)", a signalment in a row, a label in a column."""
    if any(True for _ in find_names_of_owners(quote)):
        return True
    pieces = re.split(r"\s{2,}|\t|,|\||\s[-·/]\s", quote)
    told = sum(bool(classify(piece.strip())) for piece in pieces[1:])
    is_row = len(pieces) > 1 and describe(pieces).is_full
    return (len(pieces) > 2 and told >= 2) or is_row or _is_column(quote)


def _is_cell(raw: str, quote: str) -> bool:
    """Whether a name fills a cell of a row of several: it stands under its label in a table's head."""
    cells = [cell.strip() for cell in _GAP.split(quote.strip())]
    return len(cells) > 1 and raw.strip() in cells


def _is_column(quote: str) -> bool:
    pieces = _GAP.split(quote.strip())
    return len(pieces) == 2 and labels.ROLES.get(labels.canonical(pieces[0])) in ("name", "bare_name")
