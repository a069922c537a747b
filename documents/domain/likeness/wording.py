"""The words of a document as two of them are compared: what belongs to the sheet and not to the document left out.

Left out are blank lines, noise (running headers and footers, fax lines: by line number), page counters wherever they
stand, stamps that tell when a sheet was printed or sent, and rulers. The order of words stays; line breaks do not, so
that another layout of the same text has the same words.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from documents.domain.lines import fold, strip_glyphs
from documents.domain.rules.stamps import stamp_forms
from documents.domain.rules.words import page_counter

STAMP_WORDS = 12  # a line with more words than these says more than when it was printed

_RULER = re.compile(r"[-_=*.·•~#|+–—]{3,}")
_PLUSES = re.compile(r"\+{3,}")  # a finding, as in "leukocytes +++"
_DAY_OR_TIME = re.compile(r"\d{1,4}[./:-]\d{1,2}|\b(?:19|20)\d\d\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """Folded words in order, and the 1-based line of the file that each stands in."""

    words: tuple[str, ...]
    lines: tuple[int, ...]


def read_wording(*, lines: Sequence[str], start_line: int, end_line: int, noise: Container[int]) -> Wording:
    """The wording of lines start_line to end_line (1-based, inclusive) of `lines`; `noise` are numbers of lines."""
    words: list[str] = []
    places: list[int] = []
    counter = page_counter()
    for number in range(start_line, end_line + 1):
        line = lines[number - 1]
        if number in noise or not line or line.isspace():
            continue
        folded = counter.sub(" ", fold(line))
        if not _is_stamp(folded):
            found = [word for word in folded.split() if not _is_ruler(word)]
            words += found
            places += [number] * len(found)
    return Wording(words=tuple(words), lines=tuple(places))


def list_printed(lines: Iterable[str]) -> dict[str, str]:
    """Each folded word of `lines` as one of them prints it: to show people words of a wording."""
    return {fold(word): word for line in lines for word in strip_glyphs(line).split()}


def _is_ruler(word: str) -> bool:
    return _RULER.fullmatch(word) is not None and _PLUSES.fullmatch(word) is None


def _is_stamp(folded: str) -> bool:
    if _DAY_OR_TIME.search(folded) is None or len(folded.split()) > STAMP_WORDS:
        return False
    return _stamp().search(folded) is not None


@cache
def _stamp() -> re.Pattern[str]:
    """A line's beginning, or what stands after a mark: "Main St Clinic | Printed 2024-03-05 by reception"."""
    return re.compile(rf"(?:^|[|/·•*(\[-] ?)(?:{stamp_forms()})\b")
