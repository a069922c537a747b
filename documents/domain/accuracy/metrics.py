"""How well a prediction fits the truth of one file. Each metric is defined in docs/evaluation.md.

Boundaries and segments are compared at tolerance 0 and with blank edges trimmed. Soft metrics alone would hide an
off-by-one, so the share of perfect partitions (STP) and the boundary F1 lead.
"""

import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from documents.domain.accuracy.prediction import FoundDocument, FoundGap, FoundPatient, Prediction
from documents.domain.accuracy.truth import TrueDocument
from documents.domain.lines import fold, is_blank

Span = tuple[int, int]  # first and last line, 1-based, inclusive

MATCH_IOU = 0.5  # Kirillov et al. 2019, Panoptic Segmentation: above a half a match is unique


@dataclass(frozen=True, kw_only=True, slots=True)
class Matches:
    """How many of the found are true, and of the true are found. Nothing found where nothing is true is right."""

    matched: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        return self.matched / self.found if self.found else float(self.true == 0)

    @property
    def recall(self) -> float:
        return self.matched / self.true if self.true else float(self.found == 0)

    @property
    def f1(self) -> float:
        precision, recall = self.precision, self.recall
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def __add__(self, other: "Matches") -> "Matches":
        return Matches(
            matched=self.matched + other.matched, found=self.found + other.found, true=self.true + other.true
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Panoptic quality of segments: how many match at IoU > 0.5 (RQ), how well these fit (SQ), and PQ = RQ * SQ."""

    matched: int
    iou: float  # summed over the matches
    found: int
    true: int

    @property
    def rq(self) -> float:
        return 2 * self.matched / (self.true + self.found) if self.true or self.found else 1.0

    @property
    def sq(self) -> float:
        return self.iou / self.matched if self.matched else 0.0

    @property
    def pq(self) -> float:
        return self.rq * self.sq

    def __add__(self, other: "Overlap") -> "Overlap":
        return Overlap(
            matched=self.matched + other.matched,
            iou=self.iou + other.iou,
            found=self.found + other.found,
            true=self.true + other.true,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A part of a whole that may be empty; then the share is None, which is neither good nor bad."""

    part: float
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    def __add__(self, other: "Share") -> "Share":
        return Share(part=self.part + other.part, whole=self.whole + other.whole)


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentScore:
    """The segmentation of one file against its truth."""

    lines: int
    true: int  # documents
    found: int
    boundary: Matches  # starts of documents 2..N
    boundary_near: Matches  # the same, one line off allowed
    exact: Matches  # first and last line both right
    perfect: bool  # every document exact, none too many
    overlap: Overlap
    windowdiff: float
    pk: float
    types: Share  # of exact segments whose type is labelled with confidence
    dates: Share  # of exact segments whose date is labelled
    titles: Share  # similarity, 0 to 1 each, of exact segments whose title is printed
    coverage_violations: int  # non-blank lines in no document and no gap, or in two


def score_segmentation(*, lines: Sequence[str], truth: Sequence[TrueDocument], prediction: Prediction) -> SegmentScore:
    """Score `prediction` for a file of at least one line. `truth` is in the order of its lines."""
    count = len(lines)
    true = [trim((label.start_line, label.end_line), lines=lines) for label in truth]
    found = [trim(clamp(document, count=count), lines=lines) for document in prediction.documents]
    true_starts = {first for first, _ in true[1:]}
    found_starts = {first for first, _ in found[1:]}
    windowdiff, pk = compare_windows(true=true_starts, found=found_starts, line_count=count, documents=len(true))
    pairs = _pair_exact(true, truth, found, prediction.documents)
    return SegmentScore(
        lines=count,
        true=len(true),
        found=len(found),
        boundary=match_boundaries(true=true_starts, found=found_starts),
        boundary_near=match_boundaries(true=true_starts, found=found_starts, tolerance=1),
        exact=Matches(matched=len(set(true) & set(found)), found=len(found), true=len(true)),
        perfect=set(true) == set(found),
        overlap=measure_overlap(true=true, found=found),
        windowdiff=windowdiff,
        pk=pk,
        types=_score_types(pairs),
        dates=_score_dates(pairs),
        titles=_score_titles(pairs),
        coverage_violations=count_coverage_violations(lines=lines, pieces=(*prediction.documents, *prediction.gaps)),
    )


def trim(span: Span, *, lines: Sequence[str]) -> Span:
    """`span` without blank lines at its edges; of a span of blank lines alone the last line is left."""
    first, last = span
    while first < last and is_blank(lines[first - 1]):
        first += 1
    while last > first and is_blank(lines[last - 1]):
        last -= 1
    return first, last


def match_boundaries(*, true: Collection[int], found: Collection[int], tolerance: int = 0) -> Matches:
    """Starts that agree, each counted once, at most `tolerance` lines apart.

    Both are walked in order and the first pair within reach is taken: on a line that gives as many pairs as can be.
    """
    left, right = sorted(true), sorted(found)
    i = j = matched = 0
    while i < len(left) and j < len(right):
        if abs(left[i] - right[j]) <= tolerance:
            i, j, matched = i + 1, j + 1, matched + 1
        elif left[i] < right[j]:
            i += 1
        else:
            j += 1
    return Matches(matched=matched, found=len(right), true=len(left))


def measure_overlap(*, true: Sequence[Span], found: Sequence[Span]) -> Overlap:
    """Matches of segments at IoU > 0.5, in time linear in the lines.

    A match covers more than half of the true segment, so it covers its middle line: only what does is compared.
    """
    middles = sorted((first + last) // 2 for first, last in true)
    covering: dict[int, list[Span]] = defaultdict(list)
    for first, last in found:
        for middle in middles[bisect_right(middles, first - 1) : bisect_right(middles, last)]:
            covering[middle].append((first, last))
    matched, total = 0, 0.0
    for first, last in true:
        for start, end in covering[(first + last) // 2]:
            shared = min(last, end) - max(first, start) + 1
            iou = shared / ((last - first + 1) + (end - start + 1) - shared)
            if iou > MATCH_IOU:
                matched, total = matched + 1, total + iou
    return Overlap(matched=matched, iou=total, found=len(found), true=len(true))


def compare_windows(
    *, true: Collection[int], found: Collection[int], line_count: int, documents: int
) -> tuple[float, float]:
    """WindowDiff (Pevzner and Hearst 2002) and Pk (Beeferman et al. 1999), 0 for a perfect partition, at most 1.

    A window of k lines, half of the mean true segment, is moved over the file. WindowDiff counts the places where the
    numbers of starts in it differ; Pk those where only one of the two sees any.
    """
    width = max(1, round(line_count / max(1, 2 * documents)))
    expected, actual = _count_starts(true, line_count), _count_starts(found, line_count)
    places = max(1, line_count - width)
    unequal = split = 0
    for place in range(places):
        end = min(line_count - 1, place + width)
        inside, seen = expected[end] - expected[place], actual[end] - actual[place]
        unequal += inside != seen
        split += (inside == 0) != (seen == 0)
    return unequal / places, split / places


def _count_starts(starts: Collection[int], line_count: int) -> list[int]:
    """How many starts each line has at or before it."""
    counts, total = [], 0
    for line in range(1, line_count + 1):
        total += line in starts
        counts.append(total)
    return counts


def count_coverage_violations(*, lines: Sequence[str], pieces: Iterable[FoundDocument | FoundGap]) -> int:
    """Non-blank lines that are in no piece, or in more than one. Must be 0 (I1)."""
    seen = [0] * len(lines)
    for piece in pieces:
        for index in range(max(1, piece.start_line) - 1, min(len(lines), piece.end_line)):
            seen[index] += 1
    return sum(times != 1 and not is_blank(line) for times, line in zip(seen, lines, strict=True))


def count_facts_without_source(*, lines: Sequence[str], patients: Iterable[FoundPatient]) -> int:
    """Facts whose quote is empty or nowhere in the text. Must be 0 (I4)."""
    text = _fold_quote("\n".join(lines))
    quotes = (_fold_quote(fact.quote or "") for patient in patients for fact in patient.facts)
    return sum(not quote or quote not in text for quote in quotes)


def _fold_quote(text: str) -> str:
    """Stricter than `lines.fold`, on purpose: a quote may not gain or lose invisible characters and count as found."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(char for char in folded if not "\ue000" <= char <= "\uf8ff").split())


def clamp(document: FoundDocument, *, count: int) -> Span:
    first = min(max(1, document.start_line), count)
    return first, max(first, min(count, document.end_line))


_Pair = tuple[TrueDocument, FoundDocument]


def _pair_exact(
    true: Sequence[Span], labels: Sequence[TrueDocument], found: Sequence[Span], documents: Sequence[FoundDocument]
) -> list[_Pair]:
    by_span = dict(zip(found, documents, strict=True))
    return [(label, by_span[span]) for span, label in zip(true, labels, strict=True) if span in by_span]


def _score_types(pairs: Iterable[_Pair]) -> Share:
    right = [document.type == label.type for label, document in pairs if label.is_type_scored]
    return Share(part=sum(right), whole=len(right))


def _score_dates(pairs: Iterable[_Pair]) -> Share:
    right = [(document.date or "")[:10] == label.date for label, document in pairs if label.date]
    return Share(part=sum(right), whole=len(right))


def _score_titles(pairs: Iterable[_Pair]) -> Share:
    similar = [
        fuzz.ratio(fold(label.title or ""), fold(document.title or "")) / 100
        for label, document in pairs
        if label.is_title_scored
    ]
    return Share(part=sum(similar), whole=len(similar))
