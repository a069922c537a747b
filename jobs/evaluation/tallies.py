"""The counts behind the figures, of a document or a file, as numbers that can be added and drawn again.

A tally has `boundary.matched` and the like; facts are `fact.FIELD.matched`. `as_figures` divides what was added up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from documents.domain.accuracy.fact_scores import total_facts
from documents.domain.accuracy.metrics import Matches, Overlap, Share
from documents.domain.accuracy.verdicts import DocumentVerdict

Tally = Mapping[str, float]

_MATCHES: Final = ("matched", "found", "true")
_SHARE: Final = ("part", "whole")
PARTS: Final[Mapping[str, tuple[str, ...]]] = {  # what a document is counted by, as files of figures keep it
    "boundary": _MATCHES,
    "exact": _MATCHES,
    "overlap": ("matched", "iou", "found", "true"),
    "types": _SHARE,
    "dates": _SHARE,
    "titles": _SHARE,
}


def list_parts(verdict: DocumentVerdict) -> dict[str, list[float]]:
    """The counts of a document, in the order of PARTS."""
    return {name: [getattr(getattr(verdict, name), part) for part in parts] for name, parts in PARTS.items()}


def tally_parts(parts: Mapping[str, Iterable[float]]) -> Tally:
    """What `list_parts` gave, by full name."""
    return {
        f"{name}.{part}": value for name, names in PARTS.items() for part, value in zip(names, parts[name], strict=True)
    }


def tally_fields(fields: Mapping[str, Matches]) -> Tally:
    return {f"fact.{field}.{part}": getattr(matches, part) for field, matches in fields.items() for part in _MATCHES}


def add_tallies(tallies: Iterable[Tally]) -> Tally:
    total: dict[str, float] = defaultdict(float)
    for tally in tallies:
        for name, value in tally.items():
            total[name] += value
    return dict(total)


def as_figures(sums: Tally) -> dict[str, float | None]:
    """The figures that can be pooled, by the names of docs/evaluation.md."""
    boundary, exact = _matches(sums, "boundary"), _matches(sums, "exact")
    overlap = Overlap(
        matched=_count(sums, "overlap.matched"),
        iou=sums.get("overlap.iou", 0.0),
        found=_count(sums, "overlap.found"),
        true=_count(sums, "overlap.true"),
    )
    figures: dict[str, float | None] = {
        **{"boundary_p": boundary.precision, "boundary_r": boundary.recall, "boundary_f1": boundary.f1},
        **{"exact_f1": exact.f1, "rq": overlap.rq, "sq": overlap.sq, "pq": overlap.pq},
        **{"type_acc": _share(sums, "types"), "date_acc": _share(sums, "dates")},
        "title_similarity": _share(sums, "titles"),
    }
    if fields := list_fields(sums):
        total = total_facts({field: _matches(sums, f"fact.{field}") for field in fields})
        figures |= {"fact_p": total.precision, "fact_r": total.recall, "fact_f1": total.f1}
    return figures


def as_field_figures(sums: Tally) -> dict[str, float | None]:
    """`weight.precision` and the like, of each fact field. What was neither found nor there measures nothing."""
    figures: dict[str, float | None] = {}
    for field in list_fields(sums):
        one = _matches(sums, f"fact.{field}")
        figures[f"{field}.precision"] = one.precision if one.found else None
        figures[f"{field}.recall"] = one.recall if one.true else None
        figures[f"{field}.f1"] = one.f1 if one.found or one.true else None
    return figures


def list_fields(sums: Tally) -> list[str]:
    """Names of the fields, parts of clinical ones (`vaccine.due`) among them."""
    names = (name for name in sums if name.startswith("fact.") and name.endswith(".true"))
    return [name.removeprefix("fact.").removesuffix(".true") for name in names]


def _matches(sums: Tally, name: str) -> Matches:
    return Matches(
        matched=_count(sums, f"{name}.matched"), found=_count(sums, f"{name}.found"), true=_count(sums, f"{name}.true")
    )


def _count(sums: Tally, name: str) -> int:
    return int(sums.get(name, 0))


def _share(sums: Tally, name: str) -> float | None:
    return Share(part=sums.get(f"{name}.part", 0.0), whole=_count(sums, f"{name}.whole")).value
