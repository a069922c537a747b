"""What people are told of pages that character recognition read badly or not at all."""

from collections.abc import Iterable, Sequence

from documents.domain.lines import DOUBTFUL
from documents.extraction.ocr import RecognisedPage

_MOST_NAMED = 20  # ranges that a warning lists


def tell_recognition(pages: Sequence[RecognisedPage]) -> list[str]:
    """Sentences of the pages that need a look."""
    warnings = []
    slow = [page.number for page in pages if page.failure == "too_slow"]
    failed = [page.number for page in pages if page.failure == "failed"]
    if slow:
        warnings.append(f"Character recognition took too long and left out {name_pages(slow)}: scan anew at 300 dpi.")
    if failed:
        warnings.append(f"Character recognition failed on {name_pages(failed)}: scan anew.")
    doubtful = [page.number for page in pages if any(sure is not None and sure < DOUBTFUL for sure in page.confidences)]
    if doubtful:
        lines = sum(1 for page in pages for sure in page.confidences if sure is not None and sure < DOUBTFUL)
        said = "1 line" if lines == 1 else f"{lines:,} lines"
        warnings.append(f"{said} on {name_pages(doubtful)} could not be read for certain: compare with the scan.")
    return warnings


def name_pages(pages: Iterable[int]) -> str:
    """ "page 3" or "pages 3, 7 to 9"."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][1] + 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    named = [str(first) if first == last else f"{first} to {last}" for first, last in ranges[:_MOST_NAMED]]
    more = f" and {len(ranges) - _MOST_NAMED} more places" if len(ranges) > _MOST_NAMED else ""
    return ("page " if len(ranges) == 1 and ranges[0][0] == ranges[0][1] else "pages ") + ", ".join(named) + more
