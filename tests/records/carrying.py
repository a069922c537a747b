"""The truth of a record carried over to another text of the same pages, as character recognition gives it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from documents.domain.lines import is_blank

_LEAST_LIKE = 45.0  # percent, by which two lines may be the same one
_UNEQUAL = 0.01  # what a pair of unlike lines costs, so that none is made where nothing speaks for it


def align(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of positions of lines that are the same one, in order: those whose likeness adds up to the most."""
    likeness = [[_compare(line, other) for other in second] for line in first]
    best = [[0.0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for row in range(len(first) - 1, -1, -1):
        for column in range(len(second) - 1, -1, -1):
            paired = likeness[row][column] + best[row + 1][column + 1]
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    pairs, row, column = [], 0, 0
    while row < len(first) and column < len(second):
        if best[row][column] == best[row + 1][column]:
            row += 1
        elif best[row][column] == best[row][column + 1]:
            column += 1
        else:
            pairs.append((row, column))
            row, column = row + 1, column + 1
    return pairs


def _compare(line: str, other: str) -> float:
    if is_blank(line) or is_blank(other):
        return 0.0
    alike = fuzz.ratio(" ".join(line.split()), " ".join(other.split()))
    return alike / 100 * min(len(line), len(other), 40) if alike >= _LEAST_LIKE else 0.0


def carry_truth(truth: Mapping[str, Any], *, lines: Sequence[str], line_of: Mapping[int, int]) -> dict[str, Any]:
    """`truth` with the line numbers of another text, `lines`; `line_of` has the lines known in both, from 1.

    A document begins where the first of its lines that is known stands, and ends before what follows. Documents and
    gaps of which no line is known are left out.
    """
    known = sorted(line_of)
    pieces = sorted(
        [("documents", each) for each in truth["documents"]] + [("gaps", each) for each in truth.get("gaps", ())],
        key=lambda piece: piece[1]["start_line"],
    )
    placed = []
    for kind, piece in pieces:
        at = bisect_left(known, piece["start_line"])
        if at < len(known) and known[at] <= piece["end_line"]:
            placed.append((kind, piece, line_of[known[at]]))
    carried: dict[str, Any] = {**_carry_lines(dict(truth), line_of), "lines": len(lines), "documents": [], "gaps": []}
    for place, (kind, piece, start) in enumerate(placed):
        end = placed[place + 1][2] - 1 if place + 1 < len(placed) else len(lines)
        while end > start and is_blank(lines[end - 1]):
            end -= 1
        carried[kind].append({**piece, "start_line": start, "end_line": end})
    return {**carried, "n_documents": len(carried["documents"])}


def _carry_lines(said: Any, line_of: Mapping[int, int]) -> Any:
    """What stands under "line" moved, or left out where it is not known."""
    if isinstance(said, list):
        return [_carry_lines(each, line_of) for each in said]
    if not isinstance(said, dict):
        return said
    moved = {key: _carry_lines(value, line_of) for key, value in said.items() if key != "line"}
    return moved | ({"line": line_of[said["line"]]} if said.get("line") in line_of else {})
