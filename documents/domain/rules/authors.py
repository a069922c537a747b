"""Who writes: the people whom a file's lines name as their writers, and where another one takes over.

A writer is named by a title ("Dr Pellen"), a degree ("M. Fordyce MRCVS"), a label ("Surgeon: KF"), an e-mail's "From",
or initials behind a day ("20.7.12  KLJ"). Initials also sign at the end of a line. They are somebody's where the file
prints them at several such places.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from documents.domain.lines import fold
from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures
from documents.domain.rules.phrases import either
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.spelling import spell
from documents.domain.vocabulary import load

LONGEST = 140  # characters of a line that names who writes
HEADER = 4  # lines with words, its first included, among which a document names who writes it
ENDING = 24  # last characters of a line among which initials sign it
LEAST_SIGNED = 2  # places of initials from which they are somebody's in this file
SAME_PAPER = 40  # lines with words from where a writer is named to where the same one signs
LONG_NAME = 3  # letters of a word of a name that is compared
MOST_INITIALS = 4

_WORD = r"[A-ZÀ-Ý][\w'’]*\.?"
_PERSON = rf"{_WORD}(?:[ -]{_WORD}){{0,3}}"
_FULL_NAME = re.compile(_PERSON)
_SIGNED = re.compile(r"(?:^\s*|\s{2,}|[.!?)]\s+|\s[-–—/(]\s?)([A-Z][A-Za-zÀ-ÿ]{1,2}|[A-Z]\.\s?[A-Z]|[a-z]{2})\)?\.?$")
_BEHIND_DAY = re.compile(
    r"^\W{0,3}(?:\d{1,4}[./-]\d{1,2}(?:[./-]\d{2,4})?|\d{1,2}\.? [A-Za-zÀ-ÿ]{3,9}\.? '?\d{2,4})"
    r"(?:\s+\d{1,2}(?:[:.h]\d{2})?\s?(?:[ap]m|h)?)?[\s,:|–-]+([A-Z]{2,4}|[a-z]{2})(?=[\s/:,.|]|$)"
)
_PART = re.compile(r"[\s.\-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """A writer, as named: initials in small letters, and the longer words of a name as a scan leaves them."""

    initials: str
    names: frozenset[str] = frozenset()

    def may_be(self, other: "Author") -> bool:
        """Whether both may be one person: they share a name, or the initials of one end those of the other."""
        if self.names and other.names:
            return not self.names.isdisjoint(other.names)
        return self.initials.endswith(other.initials) or other.initials.endswith(self.initials)


class Authors:
    """Finds the writers that a sheet's lines name. Positions are places in `sheet.words`."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        # By position: the writers that headings name, those whom closings name, and those whose initials sign.
        self._heads, self._closings, self._initials = self._read()
        self._headed = sorted(self._heads)
        every = self._initials | self._closings | self._heads
        self._places = sorted(every)
        self._last = [every[place] for place in self._places]

    def changes(self, position: int, *, heads: bool) -> bool:
        """Whether the line names another writer than the last one above.

        Where it `heads` a header, the few lines below that belong to it count too.
        """
        named = self._find_named(position, most=HEADER if heads else 1)
        if named is None:
            return False
        last = self._find_above(position)
        return last is not None and not named.may_be(last)

    def has_initials(self, position: int) -> bool:
        """Whether the line ends with initials that stand at other places of this file too, and is no closing."""
        return position in self._initials

    def signs_off(self, position: int) -> bool:
        """Whether the line is signed by who is named last as the writer above it, within one paper's length."""
        who = self._initials.get(position) or self._closings.get(position)
        if who is None:
            return False
        place = bisect_left(self._headed, position) - 1
        return (
            place >= 0 and position - self._headed[place] <= SAME_PAPER and self._heads[self._headed[place]].may_be(who)
        )

    def _find_named(self, position: int, *, most: int) -> Author | None:
        """Who is named on the line, or before `most` lines further on as long as they belong to one header."""
        place = bisect_left(self._headed, position)
        if place == len(self._headed) or (named := self._headed[place]) - position >= most or self._is_row(named):
            return None
        numbers, sheet = self._sheet.words, self._sheet
        for each in range(position, named + 1):
            line = sheet.at(numbers[each])
            apart = each > position and (line.prose or numbers[each] - numbers[each - 1] > 2)
            if line.heading is not None or apart:
                return None
        return self._heads[named]

    def _is_row(self, position: int) -> bool:
        """Whether a line next to it names a writer in as many columns: rows of a table tell who did each."""
        columns = self._sheet.at(self._sheet.words[position]).columns
        near = [place for place in (position - 1, position + 1) if place in self._heads]
        return columns > 1 and any(self._sheet.at(self._sheet.words[place]).columns == columns for place in near)

    def _find_above(self, position: int) -> Author | None:
        place = bisect_left(self._places, position) - 1
        return self._last[place] if place >= 0 else None

    def _read(self) -> tuple[dict[int, Author], dict[int, Author], dict[int, Author]]:
        heads: dict[int, Author] = {}
        closings: dict[int, Author] = {}
        led: dict[int, str] = {}
        signed: dict[int, str] = {}
        for position, number in enumerate(self._sheet.words):
            line, printed = self._sheet.at(number), self._sheet.text.lines[number - 1].rstrip()
            author = None if line.prose or len(printed) > LONGEST else find_author(line, printed=printed)
            if author is not None:
                (closings if line.closing else heads)[position] = author
            elif (who := _read_initials_behind_day(line, printed=printed)) is not None:
                led[position] = who
            elif not line.closing and (who := _read_initials_at_end(line, printed=printed)) is not None:
                signed[position] = who
        counts = Counter(author.initials for author in (*heads.values(), *closings.values()))
        counts.update((*led.values(), *signed.values()))
        known = {who for who, count in counts.items() if count >= LEAST_SIGNED} - _not_initials()
        behind_days = {place: Author(initials=who) for place, who in led.items() if who in known}
        initials = {place: Author(initials=who) for place, who in signed.items() if who in known}
        return heads | behind_days, closings, initials


def _read_initials_behind_day(line: LineFeatures, *, printed: str) -> str | None:
    if line.prose or not line.folded[:1].isdigit():
        return None
    match = _BEHIND_DAY.match(printed)
    return None if match is None else match[1].casefold()


def _read_initials_at_end(line: LineFeatures, *, printed: str) -> str | None:
    """The initials that sign a line of text; the last column of a table is none."""
    if line.columns > 2 or (" " not in printed[-6:] and len(printed) > 6):
        return None
    match = _SIGNED.search(printed[-ENDING:])
    return None if match is None else match[1].replace(".", "").replace(" ", "").casefold()


def find_author(line: LineFeatures, *, printed: str) -> Author | None:
    """The writer that a line names by a title, a degree, a label or as an e-mail's sender; no letter's addressee."""
    if line.email_key == "from":
        match = _FULL_NAME.match(line.value)
        return None if match is None else read_author(match[0])
    told = line.folded.split()
    seeds = _seeds()
    if seeds.keys().isdisjoint(told) or words.salutation().match(line.folded):
        return None
    for kind in dict.fromkeys(kind for word in told for kind in seeds.get(word, ())):
        match = _forms()[kind].search(printed)
        author = None if match is None else read_author(match[1])
        if author is not None:
            return author
    return None


@lru_cache(maxsize=2048)
def read_author(name: str) -> Author | None:
    """The writer of that printed name; None if nothing of it is left without titles and degrees."""
    parts = [part for part in _PART.split(name) if part[:1].isalpha() and fold(part) not in _no_names()]
    if len(parts) == 1 and len(parts[0]) <= MOST_INITIALS and (parts[0].isupper() or parts[0].islower()):
        initials = parts[0].casefold()
        return Author(initials=initials) if len(initials) > 1 and initials not in _not_initials() else None
    names = frozenset(spell(fold(part)) for part in parts if len(part) >= LONG_NAME)
    return Author(initials="".join(part[0] for part in parts).casefold(), names=names) if names else None


def _list(key: str) -> list[str]:
    return [fold(word) for table in load("authors").values() for word in table[key]]


@cache
def _not_initials() -> frozenset[str]:
    return frozenset(_list("not_initials"))


@cache
def _no_names() -> frozenset[str]:
    """What is no part of a name: titles, forms of address, degrees."""
    return frozenset((*_list("titles"), *_list("addresses"), *_list("degrees")))


@cache
def _seeds() -> Mapping[str, Sequence[str]]:
    """The words, as they stand in a folded line, with which phrases begin that tell a writer, and their kinds."""
    found: dict[str, list[str]] = {}
    for kind in ("labels", "verbs", "titles", "degrees"):
        for first in {phrase.split()[0] for phrase in _list(kind)}:
            for mark in ("", ".", ":", ","):
                found.setdefault(first + mark, []).append(kind)
    return found


@cache
def _forms() -> Mapping[str, re.Pattern[str]]:
    """By kind of phrase, a writer's name beside one in a printed line."""
    titles, labels, verbs = (rf"(?<!\w)(?i:{either(_list(kind))})" for kind in ("titles", "labels", "verbs"))
    title = rf"(?:{titles}\b\.?\s+(?:(?i:med)\.?\s?(?i:vet)\.?\s+)?)"
    return {
        "labels": re.compile(rf"{labels}(?:\s*:\s*|\s{{2,}}){title}?({_PERSON}|[a-z]{{2,3}}(?!\w))"),
        "verbs": re.compile(rf"{verbs}(?:\s*:\s*|\s+){title}?({_PERSON})"),
        "titles": re.compile(rf"{title}({_PERSON})"),
        "degrees": re.compile(rf"(?<!\w)({_PERSON}),?\s+(?i:{either(_list('degrees'))})(?!\w)"),
    }
