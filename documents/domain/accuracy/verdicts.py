"""What became of each true document and each boundary: the counts of `metrics`, taken apart.

The verdicts of a file's documents add up to its SegmentScore. They are what a file of its own is resampled by, what two
answers are compared by, and what a report shows.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from documents.domain.accuracy.metrics import MATCH_IOU, Matches, Overlap, Share, Span, clamp, trim
from documents.domain.accuracy.prediction import FoundDocument, Prediction
from documents.domain.accuracy.truth import TrueDocument
from documents.domain.lines import fold

OFF_BY = 5  # lines: a start that is no farther from a missed one is told to be off by so many

Outcome = Literal["right", "missed", "invented", "off"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Boundary:
    """One start, as the truth has it, as it was found, or both. `counted` is false for the file's first document."""

    true: int | None
    found: int | None
    counted: bool = True

    @property
    def outcome(self) -> Outcome:
        if self.true is None:
            return "invented"
        if self.found is None:
            return "missed"
        return "right" if self.true == self.found else "off"

    @property
    def off(self) -> int:
        """Lines by which it was found too late; negative: too early."""
        return 0 if self.true is None or self.found is None else self.found - self.true


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentVerdict:
    """The part of a file's counts that belongs to one true document, and to what was found to start in it."""

    start_line: int
    end_line: int
    boundary: Matches
    exact: Matches
    overlap: Overlap
    types: Share
    dates: Share
    titles: Share


def list_boundaries(*, lines: Sequence[str], truth: Sequence[TrueDocument], prediction: Prediction) -> list[Boundary]:
    """Every start of the truth and of the answer once, in order of lines.

    A missed start and a false one at most OFF_BY lines apart, with no other start between, are one that is off; both
    still count as errors.
    """
    true, found = list_spans(lines=lines, truth=truth, prediction=prediction)
    expected, actual = [first for first, _ in true[1:]], sorted({first for first, _ in found[1:]})
    first = Boundary(true=true[0][0], found=found[0][0] if found else None, counted=False)
    both = set(expected) & set(actual)
    missed = [line for line in expected if line not in both]
    false = [line for line in actual if line not in both]
    pairs = _pair_near(missed, false, walls=sorted(both))
    boundaries = [first, *(Boundary(true=line, found=line) for line in both)]
    boundaries += [Boundary(true=line, found=pairs.get(line)) for line in missed]
    boundaries += [Boundary(true=None, found=line) for line in false if line not in pairs.values()]
    return sorted(boundaries, key=lambda each: (each.true or each.found or 0, not each.counted))


def _pair_near(missed: Sequence[int], false: Sequence[int], *, walls: Sequence[int]) -> dict[int, int]:
    """Missed starts to false ones, the nearest pair first, never across one of `walls`."""
    near = sorted(
        (abs(line - other), line, other)
        for line in missed
        for other in false[bisect_right(false, line - OFF_BY - 1) : bisect_right(false, line + OFF_BY)]
        if bisect_right(walls, line) == bisect_right(walls, other)
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, line, other in near:
        if line not in pairs and other not in taken:
            pairs[line] = other
            taken.add(other)
    return pairs


def list_spans(
    *, lines: Sequence[str], truth: Sequence[TrueDocument], prediction: Prediction
) -> tuple[list[Span], list[Span]]:
    """First and last line of true and found documents, without blank lines at the edges, as they are compared."""
    true = [trim((label.start_line, label.end_line), lines=lines) for label in truth]
    found = [trim(clamp(document, count=len(lines)), lines=lines) for document in prediction.documents]
    return true, found


def judge_documents(
    *, lines: Sequence[str], truth: Sequence[TrueDocument], prediction: Prediction
) -> list[DocumentVerdict]:
    """A verdict for each true document, in order. What was found counts where it starts, ahead of all at the first."""
    true, found = list_spans(lines=lines, truth=truth, prediction=prediction)
    starts = [first for first, _ in true]
    held: list[list[int]] = [[] for _ in true]
    for position, (first, _) in enumerate(found):
        held[max(0, bisect_right(starts, first) - 1)].append(position)
    documents = dict(zip(found, prediction.documents, strict=True))
    later = {first for first, _ in found[1:]}
    return [
        _judge(
            label,
            span=span,
            is_first=index == 0,
            inside=[found[position] for position in held[index]],
            starts={found[position][0] for position in held[index] if position > 0},
            is_found=index > 0 and span[0] in later,
            document=documents.get(span),
            iou=_best_overlap(span, found),
        )
        for index, (label, span) in enumerate(zip(truth, true, strict=True))
    ]


def count_types(
    *, lines: Sequence[str], truth: Sequence[TrueDocument], prediction: Prediction
) -> dict[tuple[str, str], int]:
    """How often each pair of true and found type comes among exact documents whose type is scored."""
    true, found = list_spans(lines=lines, truth=truth, prediction=prediction)
    types = {span: document.type or "none" for span, document in zip(found, prediction.documents, strict=True)}
    labelled = zip(true, truth, strict=True)
    return dict(
        Counter((label.type or "", types[span]) for span, label in labelled if label.is_type_scored and span in types)
    )


def _judge(
    label: TrueDocument,
    *,
    span: Span,
    is_first: bool,
    inside: Sequence[Span],
    starts: set[int],
    is_found: bool,
    document: FoundDocument | None,
    iou: float,
) -> DocumentVerdict:
    exact = document is not None
    return DocumentVerdict(
        start_line=span[0],
        end_line=span[1],
        boundary=Matches(matched=int(is_found), found=len(starts), true=int(not is_first)),
        exact=Matches(matched=int(exact), found=len(inside), true=1),
        overlap=Overlap(matched=int(iou > 0), iou=iou, found=len(inside), true=1),
        types=_share(document is not None and document.type == label.type, exact and label.is_type_scored),
        dates=_share(document is not None and (document.date or "")[:10] == label.date, exact and bool(label.date)),
        titles=_share(_compare_titles(label, document), exact and label.is_title_scored),
    )


def _share(part: float, is_scored: bool) -> Share:
    return Share(part=part, whole=1) if is_scored else Share(part=0, whole=0)


def _compare_titles(label: TrueDocument, document: FoundDocument | None) -> float:
    return 0.0 if document is None else fuzz.ratio(fold(label.title or ""), fold(document.title or "")) / 100


def _best_overlap(span: Span, found: Sequence[Span]) -> float:
    """IoU of the one found document that matches `span` at IoU > 0.5; 0 where none does.

    A match covers the middle of `span`, and starts less than its length ahead of it.
    """
    first, last = span
    length = last - first + 1
    low = bisect_right(found, first - length, key=lambda each: each[0])
    high = bisect_right(found, (first + last) // 2, key=lambda each: each[0])
    for start, end in found[low:high]:
        shared = min(last, end) - max(first, start) + 1
        iou = shared / (length + (end - start + 1) - shared)
        if iou > MATCH_IOU:
            return iou
    return 0.0
