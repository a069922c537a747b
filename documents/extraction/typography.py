"""What printers do to words, undone: ligatures, letters and accents apart, words divided at the end of a line."""

import re
import unicodedata
from collections.abc import Sequence

_LIGATURES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
    "\u2028": " ", "\u2029": " ", "\x85": " ",
}  # fmt: skip
_LIGATURE = re.compile("[" + "".join(_LIGATURES) + "]")
_HYPHENS = ("-", "\u00ad", "\u2010")
_LONGEST_HEAD = 60  # letters of a word ahead of its hyphen; what is longer is none, and costs time to look at
_HEAD = re.compile(r"[^\W\d_]{2,}$")
_TAIL = re.compile(r"(?P<tail>[^\W\d_]{2,})(?P<mark>[.,;:!?)]*)(?: +(?P<rest>\S.*))?$", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def mend_line(line: str) -> str:
    """Ligatures as their letters, a letter and its accent as one character. What is ASCII stays as it is."""
    if line.isascii():
        return line
    line = _LIGATURE.sub(lambda found: _LIGATURES[found[0]], line)
    return line if unicodedata.is_normalized("NFC", line) else unicodedata.normalize("NFC", line)


def join_hyphenated(pages: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The lines of each page, with a word that is divided at the end of a line put together there.

    Only where that is sure: the word stands undivided elsewhere in the file, and nowhere with a hyphen. The number of
    lines stays: the rest of the next line moves to its start, and a line that held nothing else is left alone.
    """
    joined = [list(lines) for lines in pages]
    places = [
        (lines, index, divided, tail)
        for lines in joined
        for index in range(len(lines) - 1)
        if (divided := _divide(lines[index])) and (tail := _TAIL.match(lines[index + 1].strip()))
    ]
    if places:
        known = {word.casefold() for lines in pages for line in lines for word in _WORD.findall(line)}
        for lines, index, (before, head), tail in places:
            word = head + tail["tail"]
            is_known = word.casefold() in known and f"{head}-{tail['tail']}".casefold() not in known
            if is_known and tail["tail"].islower() and tail["rest"]:
                lines[index] = before + word + tail["mark"]
                lines[index + 1] = tail["rest"]
    return [tuple(lines) for lines in joined]


def _divide(line: str) -> tuple[str, str] | None:
    """What stands before the word that is divided at the end of a line, and its first half; None where none is."""
    line = line.rstrip()
    if not line.endswith(_HYPHENS):
        return None
    found = _HEAD.search(line, max(0, len(line) - 1 - _LONGEST_HEAD), len(line) - 1)
    return (line[: found.start()], found[0]) if found else None
