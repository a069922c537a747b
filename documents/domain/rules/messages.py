"""E-mails and letters: where one begins, and which are quoted within another."""

import re
from bisect import bisect_left
from functools import cached_property

from documents.domain.lines import fold
from documents.domain.rules import words
from documents.domain.rules.blocks import HEADER_REACH
from documents.domain.rules.features import LineFeatures
from documents.domain.rules.sheet import Sheet

BESIDE_DATE = 14  # characters (a weekday, a place, a time) that may stand beside a date that is alone
BEFORE_DATE = 30  # characters (a place) that may stand before a date that ends a letter's first line
SALUTATION_REACH = 2  # lines with words below a letterhead in one line in which its salutation stands
UNDERLINE = "___"  # to sign above: the date beside it is that of a signature
FIELDS = 2  # further fields of an e-mail's header from which its "from" begins one
FIELDS_REACH = 5  # lines with words below it in which they stand
QUOTES_ABOVE = 2  # lines with words above it that may say that an earlier message follows
_COLUMN = re.compile(r"\s{2,}|\t|\s[|;]\s")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")


class Messages:
    """The messages of a sheet. Positions are places in `sheet.words`."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def begins_mail(self, position: int) -> bool:
        """Whether further fields of an e-mail's header stand below its "from", or beside it."""
        below = self.sheet.following(position, most=FIELDS_REACH)
        fields = sum(1 for number in below if self.sheet.at(number).email_key == "other")
        if fields >= FIELDS:
            return True
        if position and self.sheet.at(self.sheet.words[position - 1]).email_key == "other":
            return False  # a fax cover tells first who it goes to
        return fields + self._count_fields(self.sheet.words[position], *below[:1]) >= FIELDS

    def _count_fields(self, number: int, below: int = 0) -> int:
        """The fields that stand beside a "from": receiver, subject, day, and time of day, which may follow below."""
        fields = 0
        dated = below if below - number == 1 and self.sheet.at(below).email_key is None else number
        for each in {number, dated}:
            printed = self.sheet.text.lines[each - 1]
            told = [fold(column.partition(":")[0]) for column in _COLUMN.split(printed.strip()) if ":" in column]
            fields += sum(label in words.email_others() for label in told)
            if (dates := self.sheet.dates(each)) and not self.sheet.at(each).prose:
                fields += 1 + (_CLOCK.search(printed, dates[0][1]) is not None)
        return fields

    def is_quoted(self, position: int) -> bool:
        """Whether the e-mail that begins there is an earlier one, quoted by the message above it."""
        return self._answers_above(position) or self._is_earlier(position)

    def _answers_above(self, position: int) -> bool:
        """Whether the lines just above say that an earlier message is quoted from here on."""
        above = self.sheet.words[max(0, position - QUOTES_ABOVE) : position]
        return any(words.quotes_reply(self.sheet.at(number).folded) for number in above)

    @cached_property
    def _mails(self) -> dict[int, tuple[str | None, str | None]]:
        """Subject and day (ISO 8601) of each e-mail header, by the position of its "from"."""
        found: dict[int, tuple[str | None, str | None]] = {}
        for position, number in enumerate(self.sheet.words):
            if self.sheet.at(number).email_key != "from":
                continue
            block = [number, *self.sheet.following(position, most=HEADER_REACH)]
            subject = next((said for below in block if (said := _subject_of(self.sheet.at(below)))), None)
            day = next((dates[0][2].isoformat() for below in block if (dates := self.sheet.dates(below))), None)
            found[position] = subject, day
        return found

    def _is_earlier(self, position: int) -> bool:
        """Whether it is an earlier message of the subject before: mail programs quote it below the answer."""
        places = list(self._mails)
        place = bisect_left(places, position)
        subject, day = self._mails[position]
        if place == 0 or subject is None or day is None:
            return False
        subject_before, day_before = self._mails[places[place - 1]]
        if subject_before is None or day_before is None or day > day_before:
            return False
        return subject in subject_before or subject_before in subject

    def begins_letter(self, position: int) -> bool:
        """Whether the line holds a date alone, with a salutation soon behind it."""
        number = self.sheet.words[position]
        line, dates = self.sheet.at(number), self.sheet.dates(number)
        if not dates or UNDERLINE in line.folded:
            return False
        if self._addresses(position):
            return True
        ends_line = dates[0][1] >= len(self.sheet.text.lines[number - 1].rstrip())
        beside = BEFORE_DATE if ends_line and line.columns == 1 else BESIDE_DATE
        if len(line.folded) > dates[0][1] - dates[0][0] + beside:
            return False
        following = self.sheet.following(position, most=HEADER_REACH)
        return any(words.salutation().search(self.sheet.at(below).folded) for below in following)

    def _addresses(self, position: int) -> bool:
        """Whether a date ends the line, a letterhead's other columns before it, and a salutation stands just below."""
        number = self.sheet.words[position]
        line, dates = self.sheet.at(number), self.sheet.dates(number)
        if line.columns < 2 or line.groups or dates[-1][1] < len(self.sheet.text.lines[number - 1].rstrip()):
            return False
        below = self.sheet.following(position, most=SALUTATION_REACH)
        return any(words.salutation().search(self.sheet.at(each).folded) for each in below)


def _subject_of(line: LineFeatures) -> str | None:
    match = words.subject().match(line.folded)
    return match[1] if match else None
