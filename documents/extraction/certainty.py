"""How sure character recognition is of a whole page, by how sure it is of each line."""

from collections.abc import Sequence

from documents.domain.lines import DOUBTFUL


def measure_confidence(*, lines: Sequence[str], confidences: Sequence[int | None]) -> float:
    """The mean over the characters, in percent; 0 of a page without any. `confidences` has an entry a line."""
    sizes = [len(line) for line in lines]
    sure = sum(size * (confidence or 0) for size, confidence in zip(sizes, confidences, strict=True))
    return sure / sum(sizes) if sum(sizes) else 0.0


def measure_doubt(*, lines: Sequence[str], confidences: Sequence[int | None]) -> float:
    """The share of the characters that stand on doubtful lines, 0 to 1."""
    sizes = [len(line) for line in lines]
    doubted = sum(size for size, confidence in zip(sizes, confidences, strict=True) if is_doubtful(confidence))
    return doubted / sum(sizes) if sum(sizes) else 0.0


def is_doubtful(confidence: int | None) -> bool:
    return confidence is not None and confidence < DOUBTFUL
