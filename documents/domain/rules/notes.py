"""Notes that people write under each other: a day and a sentence, "23/6 Tel Mrs McA. Stones: ...", without a title.

The day leads the line, with or without its year, or stands behind a weekday, a name, initials. Words of a sentence
follow: that tells a note from a row of a table, which begins with a day as well.
"""

import re
from array import array
from dataclasses import dataclass

from documents.domain.dates import MONTH_NAMES
from documents.domain.rules.days import INITIALS, UNITS
from documents.domain.rules.initials import ends_initialled
from documents.domain.rules.sheet import Sheet

WITHIN = 40  # characters before a note's day
MOST_BEFORE = 4  # words before it: a weekday, who wrote it, whom it is about
LEAST_LOWER = 3  # words in small letters behind the day that a sentence has
LEAST_LENGTH = 24  # characters of such a sentence
MOST_COLUMNS = 3  # behind the day: rows of a table have more
OFTEN = 6  # notes of a file from which they say all that they can
MOST_DAYS, MOST_MONTHS = 31, 12
SENTENCE = 24  # characters from which a full stop ends a sentence
EARLY = 0.75  # share of a full line below which the line above ends early
_NUMBERS = (  # "23/6", "3.10.", "17.2.23"
    r"(\d{1,2})(?:[/.-](?=\d{1,2}(?!\.\d))|\.(?=\d{1,2}\.\d\d[\s:,;]))(\d{1,2})(?:\.\d\d(?=[\s:,;]))?"
    rf"(?![\d/-]|[.,]\d|\s?(?!{INITIALS})(?:%|°|(?i:{UNITS})\b))"
)
_SHORT = re.compile(rf"(?<![\w.,/-])(?:{_NUMBERS}|(\d{{1,2}})(?:st|nd|rd|th|\.)? (?i:{MONTH_NAMES})\b)")
_SHORT_SEED = re.compile(r"\d(?:[/.-]\d|(?:st|nd|rd|th|\.)? [^\W\d_])")  # stands in every such day; soon looked for
_MONTH_LEADS = re.compile(rf"\W{{0,3}}(?:{MONTH_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b", re.IGNORECASE)  # "April 18"
_TIME = re.compile(
    r"[\s,;.]*(?:um |at |à |a las )?(?:\d{1,2}[:.h]\d{2}(?:\s?[ap]m?)?\b|\d{4}\b|\d{1,2}\s?[ap]m?\b)", re.IGNORECASE
)
_RAISED = re.compile(r"[\W_]{0,6}(?:\d|[^\W\d_a-zà-ÿ])")  # begins with a number or a capital, behind a bullet or not
_DIGIT = re.compile(r"\d")
_COLUMN = re.compile(r"\s{3,}|\t")
_IN_COLUMNS = re.compile(r"\S\s{3,}\S.*\S\s{3,}\S.{5}")  # behind the day, and again, with more than initials there
_AMOUNT = re.compile(r"\s[-$€£]{0,2}\s?\d{1,3}(?:[., ]?\d{3})*[.,]\d{2}\s?[€$£]?\s*[A-Z]?$")
_LOWER = re.compile(r"(?<![^\s(/\"'])[^\W\dA-Z_]{2,}")
_ENDS = frozenset('.!?)"')


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """How a line begins that may be a note."""

    leads: bool  # no more than a weekday, names or initials before its day
    written: bool  # words of a sentence behind it
    timed: bool  # a time directly behind it


_NONE = -1
_WRITTEN = 2  # in a kind's number
_KINDS = tuple(Note(leads=bool(kind & 1), written=bool(kind & 2), timed=bool(kind & 4)) for kind in range(8))


def ends_with_amount(line: str) -> bool:
    """Whether an amount of money ends the line, as in an invoice's row."""
    printed = line.rstrip()
    last = printed[-1:]
    return (last.isdigit() or last.isupper() or last in "€$£") and _AMOUNT.search(printed) is not None


def read_note(line: str, *, start: int, end: int) -> Note | None:
    """How the line begins, whose first day stands at start..end; None for no note."""
    before = line[:start].strip(" \t\f-–—([•*>~")
    words = before.split()
    if len(words) > MOST_BEFORE or ":" in before or (words and not words[0][0].isalnum()):
        return None
    behind = line[end:].strip(" \t:.,;-–—)")
    columns = _COLUMN.split(behind)
    if ends_with_amount(line) or len(columns) > MOST_COLUMNS:
        return None
    longest = max(columns, key=len)  # a sentence stands in one column, initials in another
    written = len(longest) >= LEAST_LENGTH and len(_LOWER.findall(longest)) >= LEAST_LOWER
    timed = _TIME.match(line, end) is not None
    return Note(leads=all(word[0].isupper() for word in words), written=written, timed=timed)


def find_short_day(line: str) -> tuple[int, int] | None:
    """Where the first day without a year stands near the line's beginning: start and end."""
    short = _SHORT.search(line, 0, WITHIN + 12) if _SHORT_SEED.search(line, 0, WITHIN + 12) else None
    match = short or _MONTH_LEADS.match(line)
    if match is None:
        return None
    numbers = [int(found) for found in match.groups() if found and found.isdigit()]
    possible = min(numbers) >= 1 and max(numbers) <= MOST_DAYS and (len(numbers) < 2 or min(numbers) <= MOST_MONTHS)
    return match.span() if possible else None


class Notes:
    """The notes of a sheet. Positions are places in `sheet.words`."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._notes = array("b", [_NONE]) * len(sheet.words)  # by position, which of _KINDS its note is
        for position, number in enumerate(sheet.words):
            if sheet.at(number).groups or sheet.at(number).email_key:
                continue
            place = None if sheet.begins_with_number(position) else self._find_day(number)
            note = place and read_note(sheet.text.lines[number - 1], start=place[0], end=place[1])
            if note:
                self._notes[position] = _KINDS.index(note)
        self._drop_listed()
        self._drop_rows()
        written = sum(kind != _NONE and _KINDS[kind].written for kind in self._notes)
        self.share = min(1.0, written / OFTEN)  # how sure it is that this file holds notes

    def _drop_listed(self) -> None:
        """Take notes for items where a line that ends with a colon stands directly above them: "Calls about her:"."""
        numbers, lines = self._sheet.words, self._sheet.text.lines
        listed = False
        for place in range(1, len(numbers)):
            if numbers[place] - numbers[place - 1] > 1:
                listed = False
                continue
            above = self._notes[place - 1] == _NONE and lines[numbers[place - 1] - 1].rstrip().endswith(":")
            listed = self._notes[place] != _NONE and (above or listed)
            if listed:
                self._notes[place] &= ~_WRITTEN

    def _drop_rows(self) -> None:
        """Take notes that stand in columns under each other for rows of a table: they hold no sentences."""
        numbers, lines = self._sheet.words, self._sheet.text.lines
        for place in range(1, len(numbers)):
            pair = self._notes[place - 1], self._notes[place]
            if (
                _NONE in pair
                or numbers[place] - numbers[place - 1] > 1
                or not any(_KINDS[kind].written for kind in pair)
            ):
                continue
            if all(_IN_COLUMNS.search(lines[number - 1]) for number in (numbers[place - 1], numbers[place])):
                for each in (place - 1, place):
                    self._notes[each] &= ~_WRITTEN

    def _find_day(self, number: int) -> tuple[int, int] | None:
        line = self._sheet.text.lines[number - 1]
        if _DIGIT.search(line, 0, WITHIN + 4) is None:
            return None
        dates = self._sheet.dates(number)
        if dates and dates[0][0] <= WITHIN:
            return dates[0][0], dates[0][1]
        return find_short_day(line) if _RAISED.match(line) else None

    def of(self, position: int) -> Note | None:
        kind = self._notes[position]
        return None if kind == _NONE else _KINDS[kind]

    def leads(self, position: int) -> bool:
        """Whether a day leads the line, and words of a sentence follow."""
        note = self.of(position)
        return note is not None and note.written and note.leads

    def stands_alone(self, position: int) -> bool:
        """Whether such a note may be a document of one line: one with a time is mostly of a list of what was done."""
        note = self.of(position)
        return note is not None and note.written and note.leads and not note.timed

    def is_written(self, position: int) -> bool:
        """Whether the line is a day and a sentence."""
        note = self.of(position)
        return note is not None and note.written

    def is_of_same_day(self, position: int) -> bool:
        """Whether the line directly above is a note of the same printed day: a question and its answer, say."""
        sheet, numbers = self._sheet, self._sheet.words
        if position == 0 or numbers[position] - numbers[position - 1] > 1 or not self.is_written(position - 1):
            return False
        own, above = sheet.dates(numbers[position]), sheet.dates(numbers[position - 1])
        return bool(own and above) and own[0][2] == above[0][2]

    def stands_behind_end(self, position: int) -> bool:
        """Whether the line above ends what it says: early, with a sentence, or with the initials of who wrote it."""
        sheet = self._sheet
        above = sheet.words[position - 1]
        printed = sheet.text.lines[above - 1].rstrip()
        if sheet.words[position] - above > 1 or len(printed) < EARLY * sheet.width or sheet.at(above).closing:
            return True
        return (len(printed) > SENTENCE and printed[-1:] in _ENDS) or ends_initialled(printed)
