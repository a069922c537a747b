"""Names of clinics at the head of lines: whose paper it is, said without a label.

A name counts where it stands often, at the file's top, or with its address or telephone beside or below it. A fax
machine cuts the name that it prints: what its line says counts for nothing, nor does a name that elsewhere goes on.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from documents.domain.facts import labels, shapes
from documents.domain.facts.claims import LocatedClaim
from documents.domain.lines import is_blank

OFTEN = 3  # times that a clinic's name must head a line to be taken without a label or an address
TOP = 3  # lines of a file in which its name needs nothing else
LONGEST_ADDRESS = 100  # characters of a line that is an address

FIRST_WORDS = frozenset(word.split()[0] for word in labels.CLINIC_WORDS)
_CLINIC = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, labels.CLINIC_WORDS)) + r")(?!\w)")
_FAX = re.compile(
    r"\bfax\b|\b\d{1,2}:\d{2}\b|\bp(?:age|\.)? ?\d{1,3} ?/ ?\d|\s\d{1,3} ?/ ?\d{1,3}\s*$|\bid:", re.IGNORECASE
)
_ADDRESS_BEHIND = re.compile(r",\s+(?=[^,]*\d|[^,]+,)")
_PHONE_BEHIND = re.compile(r"\s+[+(]?\d[\d .()/-]{5,}$")
_ADDRESS = re.compile(r"\d{2,}")
_ADDRESS_MARKS = re.compile(r",|\btel|\bt[ée]l|\bphone|\bmobil|\bfon\b|\d{3}[ .-]\d{3,4}\b", re.IGNORECASE)


@dataclass(kw_only=True, slots=True)
class Letterheads:
    """The names that head lines, in the order in which they are first met."""

    found: dict[str, list[LocatedClaim]] = field(default_factory=dict)  # by folded name
    backed: set[str] = field(default_factory=set)  # those that have their address or telephone in their line

    def note(self, *, line: str, number: int, head: str) -> None:
        """Keep what heads a line, its first cell, if it is a clinic's name."""
        name = _PHONE_BEHIND.sub("", _ADDRESS_BEHIND.split(head.strip().lstrip("> "), maxsplit=1)[0])
        if not (8 <= len(name) <= 70 and name[-1:].isalpha() and shapes.is_title(name)):
            return
        folded = name.casefold()
        if _CLINIC.search(folded) is None or _FAX.search(line):
            return
        self.found.setdefault(folded, []).append(LocatedClaim(field="clinic", raw=name, line=number, quote=name))
        if _is_address(line[line.index(name) + len(name) :]):
            self.backed.add(folded)

    def decide(self, *, labelled: Iterable[str], lines: Sequence[str]) -> Iterator[LocatedClaim]:
        """The claims that count; `labelled` are the names of clinics that a label tells."""
        if not self.found:
            return
        known = {name.casefold() for name in labelled} | set(self.found)
        text = "\n".join(lines).casefold()
        for name, repeated in self.found.items():
            if any(other != name and other.startswith(name) for other in known) or _goes_on(name, text):
                continue
            counts = len(repeated) >= OFTEN or repeated[0].line <= TOP or name in self.backed
            if counts or any(_is_address(_below(claim.line, lines)) for claim in repeated):
                yield from repeated


def _goes_on(name: str, text: str) -> bool:
    """Whether somewhere the last word of a name is longer: it is cut here."""
    place = text.find(name)
    while place >= 0:
        end = place + len(name)
        if text[end : end + 1].isalnum():
            return True
        place = text.find(name, end)
    return False


def _below(number: int, lines: Sequence[str]) -> str:
    """The next line that is not blank, of the two below."""
    return next((line for line in lines[number : number + 2] if not is_blank(line)), "")


def _is_address(text: str) -> bool:
    plain = text.strip()
    return len(plain) <= LONGEST_ADDRESS and bool(_ADDRESS.search(plain) and _ADDRESS_MARKS.search(plain))
