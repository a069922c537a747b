"""A comparison as the report's templates show it."""

from collections.abc import Mapping, Sequence
from typing import Any

from documents.domain.lines import strip_invisible
from jobs.evaluation.comparing import Comparison, Difference, DocumentChange
from jobs.evaluation.figures import COSTS


def show_comparison(comparison: Comparison, *, numbers: Mapping[str, int]) -> dict[str, Any]:
    """`numbers`: those of the files whose texts the report shows."""
    tables = (
        ("Mean over files", comparison.means),
        ("Pooled", comparison.pooled),
        ("Facts by field, pooled", [each for each in comparison.fields if each.change]),
    )
    return {
        "before": strip_invisible(comparison.before),
        "after": strip_invisible(comparison.after),
        "over": comparison.over,
        "compared": comparison.compared,
        "left_out": [strip_invisible(each) for each in comparison.left_out],
        "tables": [{"caption": caption, "rows": _show_rows(rows)} for caption, rows in tables],
        "files": [
            {
                "file": strip_invisible(one.file),
                "number": numbers.get(one.file),
                "before": _number(one.before),
                "after": _number(one.after),
                "documents": [_show_document(each) for each in one.documents],
            }
            for one in comparison.files
        ],
    }


def _show_document(change: DocumentChange) -> dict[str, Any]:
    return {
        **{"start_line": change.start_line, "end_line": change.end_line},
        **{"gained": change.gained, "lost": change.lost},
        **{"invented": change.invented, "fewer": -change.invented},
    }


def _show_rows(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    """Shares are drawn to one scale, from the greatest loss to the greatest gain with nothing in the middle."""
    shares = [each for each in differences if _is_share(each)]
    bounds = [abs(bound) for each in shares for bound in _bounds(each)]
    reach = max([0.01, *bounds])
    return [_show(each, reach=reach if _is_share(each) else None) for each in differences]


def _is_share(difference: Difference) -> bool:
    return difference.metric not in COSTS


def _bounds(difference: Difference) -> tuple[float, float, float]:
    interval = difference.interval
    if interval is None:
        return (difference.change,) * 3
    return interval.low, difference.change, interval.high


def _show(difference: Difference, *, reach: float | None) -> dict[str, Any]:
    interval = difference.interval
    row: dict[str, Any] = {
        "metric": difference.metric,
        "before": _number(difference.before),
        "after": _number(difference.after),
        "change": f"{difference.change:+.3f}",
        "interval": f"{interval.low:+.3f} to {interval.high:+.3f}" if interval else "",
        "judgement": difference.judgement,
    }
    if reach is not None:
        low, point, high = (50 + 48 * bound / reach for bound in _bounds(difference))
        row |= {"left": f"{low:.2f}", "width": f"{high - low:.2f}", "point": f"{point:.2f}"}
    return row


def _number(value: float | None) -> str:
    return "\u2013" if value is None else f"{value:.3f}"
