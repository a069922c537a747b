"""What people are told of pages that character recognition read badly or not at all."""

from collections.abc import Iterable, Sequence

from documents.extraction.certainty import is_doubtful
from documents.extraction.ocr import RecognisedPage

_MOST_NAMED = 20  # ranges that a warning lists
_HARDLY = 0.5  # share of a page's characters on doubtful lines; of legible scans and faxes it is 0.15 at most


def tell_recognition(pages: Sequence[RecognisedPage]) -> list[str]:
    """Sentences of the pages that need a look."""
    warnings = []
    slow = [page.number for page in pages if page.failure == "too_slow"]
    failed = [page.number for page in pages if page.failure == "failed"]
    if slow:
        warnings.append(f"Character recognition took too long and left out {name_pages(slow)}: scan anew at 300 dpi.")
    if failed:
        warnings.append(f"Character recognition failed on {name_pages(failed)}: scan anew.")
    damaged = [page.number for page in pages if page.doubt >= _HARDLY]
    if damaged:
        it = "it" if len(damaged) == 1 else "them"
        warnings.append(
            f"{name_pages(damaged).capitalize()} could hardly be read: most of the text is in doubt. Scan {it} "
            f"anew at 300 dpi, flat and clean, and send the file again; without a better copy, read {it} in the scan."
        )
    count = {page.number: sum(map(is_doubtful, page.confidences)) for page in pages if page.number not in damaged}
    doubtful = [number for number, lines in count.items() if lines]
    if doubtful:
        lines = sum(count.values())
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
