"""Dates as veterinary papers print them, in four languages, strictly: what is not surely a date is none.

Numeric dates are read in the order of their file (`infer_order`). With no order known, a slashed or dashed date whose
day and month could be swapped is read month first and marked `ambiguous`; a dotted one is read day first.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from documents.domain.vocabulary import load

DateOrder = Literal["DMY", "MDY", "mixed", "unknown"]
Precision = Literal["day", "month"]

PIVOT = 50  # two-digit years below it are 20xx, the others 19xx
HINTS_NEEDED = 2  # words or decimal commas of day-first writers that decide a file without an unambiguous date


@dataclass(frozen=True, kw_only=True, slots=True)
class DateMention:
    """A date in a text: `text[start:end] == raw`. Weekday and time beside it are not part of it."""

    start: int
    end: int
    raw: str
    value: datetime.date  # the first of the month where precision is "month"
    precision: Precision
    ambiguous: bool  # day and month might be swapped, and no order was known


def _months() -> tuple[dict[str, int], frozenset[str]]:
    """Month number of every printed name, and the names that are written out in full."""
    numbers: dict[str, int] = {}
    full: set[str] = set()
    for table in load("dates").values():
        for month, (name, others) in enumerate(zip(table["full"], table["short"], strict=True), start=1):
            numbers.update(dict.fromkeys((name, *others), month))
        full.update(table["full"])
    return numbers, frozenset(full)


_MONTH_NUMBER, _FULL_NAMES = _months()
MONTH_NAMES = "|".join(sorted(map(re.escape, _MONTH_NUMBER), key=len, reverse=True))  # a pattern, of all languages
_NAMES = MONTH_NAMES

_HAS_DIGIT = re.compile(r"[0-9]")
# No letter, digit or joining mark may touch either end: phone numbers, versions, ratios and ranges go on, dates do not.
_NUMERIC = re.compile(
    r"(?<![^\W_])(?<!\d[/.,])(?<![+#/])"
    r"(\d{1,4})\s?([/.\-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{1,2})"
    r"(?![^\WT_]|[.,/]\d|\2\d|T\D|\s?%)",
    re.ASCII,
)
_NUMERIC_SEED = re.compile(r"\d\s?[/.\-]\s?\d{1,2}\s?[/.\-]\s?\d", re.ASCII)
_VERSION_BEFORE = re.compile(r"(?:\bv|\bver|\bversion|\brev|\bvers|\bno|\bnr|#)[.:]?\s*$", re.IGNORECASE)
_MONTH_NAME = re.compile(_NAMES)  # over lower-cased text; its edges are checked apart, so that the scan stays fast
_YEAR = r"((?:19|20)\d\d)(?!\d)"
# White space is bounded, so that a hostile line of blanks costs no more than another.
_DAY_BEFORE = re.compile(
    r"(?:^|[^\w.,/\-]|(?<=\D)[.,/\-])(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?"
    r"(?:\s{0,3}[-/.]\s{0,3}|\s{1,3}(?:de|of)\s{1,3}|\s{0,3})$"
)
_YEAR_AFTER = re.compile(r"\.?(?:\s{0,3}[-/.,]\s{0,3}|\s{0,3},?\s{0,3}(?:de|del|of)\s{1,3}|\s{0,3})" + _YEAR)
_SHORT_YEAR_AFTER = re.compile(
    r"(?:\.?([-/. ]|\s')|\s{0,3}')?(\d\d)(?!\w|[:.,/\-]\d|\s{0,3}[:%°]|\s{0,3}(?:am|pm|kg|mg|ml|lb|h|uhr)\b)"
)
_DAY_YEAR_AFTER = re.compile(
    r"\.?(?:\s{0,3}[-/,]\s{0,3}|\s{0,3})(\d{1,2})(?!\d)(?:st|nd|rd|th)?(?:\s{0,3}[-/]\s{0,3}|\s{0,3}[.,]?\s{0,3}'?)"
    r"(?:" + _YEAR + r"|(?<=[-/'])(\d\d)(?![\w:]))"
)
_LONGEST_BEFORE = 14  # characters before a month's name that may hold its day

_COMMA_UNIT = re.compile(r"\b\d{1,3},\d{1,2}\s?(?:kg|g|mg|ml|cm|mm|°C|mmol|%)(?!\w)")
_DAY_FIRST_WORD = re.compile(
    r"(?<!\w)(?:"
    + "|".join(re.escape(word) for t in load("dates").values() for word in t["day_first_words"])
    + r")(?!\w)"
)


def infer_order(*, lines: Iterable[str]) -> DateOrder:
    """Order of day and month in the numeric dates of a file.

    "DMY" or "MDY" where at least one date can be read in that order only; "mixed" where there are dates of both kinds
    (to be warned of: better ask for each document's own lines then); with no such date, "DMY" where words or decimal
    commas speak for it, else "unknown".
    """
    day_first = month_first = 0
    hints = 0
    for line in lines:
        if hints < HINTS_NEEDED and not (day_first or month_first):  # an unambiguous date outweighs all hints
            hints += _count_hints(line)
        if _HAS_DIGIT.search(line) is None or _NUMERIC_SEED.search(line) is None:
            continue
        for match in _numeric_matches(line):
            first, second = int(match[1]), int(match[3])
            if len(match[1]) > 2 or _date(_year(match[4]), min(first, second), max(first, second)) is None:
                continue
            day_first += first > 12
            month_first += second > 12
    if day_first and month_first:
        return "mixed"
    if day_first or month_first:
        return "DMY" if day_first else "MDY"
    return "DMY" if hints >= HINTS_NEEDED else "unknown"


def find_dates(text: str, *, order: DateOrder = "unknown") -> list[DateMention]:
    """The dates in `text`, in the order of their places, none overlapping another."""
    if _HAS_DIGIT.search(text) is None:
        return []
    found: list[DateMention] = []
    if _NUMERIC_SEED.search(text) is not None:
        found.extend(_numeric_dates(text, order=order))
    lowered = _lower(text)
    if _MONTH_NAME.search(lowered) is None:
        return found
    found.extend(_named_dates(text, lowered))
    found.sort(key=lambda mention: mention.start)
    return [
        mention
        for before, mention in zip((None, *found), found, strict=False)
        if not before or before.end <= mention.start
    ]


def _count_hints(line: str) -> int:
    return (_COMMA_UNIT.search(line) is not None) + (_DAY_FIRST_WORD.search(line.lower()) is not None)


def _numeric_matches(text: str) -> Iterator[re.Match[str]]:
    for match in _NUMERIC.finditer(text):
        if len(match[4]) == 1 and len(match[1]) != 4:
            continue
        if len(match[1]) == 3 or (len(match[1]) == 4 and len(match[4]) == 4):
            continue
        # "1.2.10" numbers a section or a program; a dotted date with a short year prints two digits of day and month.
        if match[2] == "." and len(match[4]) == 2 and not len(match[1]) == len(match[3]) == 2:
            continue
        if " " in match[0] and len(match[4]) != 4:
            continue
        if match[2] == "-" and text[match.start() - 1 : match.start()] == "-":
            continue
        if _VERSION_BEFORE.search(text, max(0, match.start() - 10), match.start()) is not None:
            continue
        yield match


def _numeric_dates(text: str, *, order: DateOrder) -> Iterator[DateMention]:
    for match in _numeric_matches(text):
        if len(match[1]) == 4:
            value, ambiguous = _date(int(match[1]), int(match[3]), int(match[4])), False
        else:
            value, ambiguous = _ordered(match, order=order)
        if value is not None:
            yield DateMention(
                start=match.start(), end=match.end(), raw=match[0], value=value, precision="day", ambiguous=ambiguous
            )


def _ordered(match: re.Match[str], *, order: DateOrder) -> tuple[datetime.date | None, bool]:
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    day_first = _date(year, second, first)
    month_first = _date(year, first, second)
    if day_first is None or month_first is None or day_first == month_first:
        return day_first or month_first, False
    if order in ("DMY", "MDY"):
        return (day_first if order == "DMY" else month_first), False
    return (day_first if match[2] == "." else month_first), match[2] != "."


def _named_dates(text: str, lowered: str) -> Iterator[DateMention]:
    for name in _MONTH_NAME.finditer(lowered):
        start, end = name.span()
        if (start and lowered[start - 1].isalpha()) or (end < len(lowered) and lowered[end].isalpha()):
            continue
        mention = _around(text, lowered, start=start, end=end, month=_MONTH_NUMBER[name[0]])
        if mention is not None:
            yield mention


def _around(text: str, lowered: str, *, start: int, end: int, month: int) -> DateMention | None:
    """The date that stands around the month's name at start:end, if one does."""
    before_from = max(0, start - _LONGEST_BEFORE)
    before = _DAY_BEFORE.search(lowered[before_from:start])
    if before is not None:
        after = _YEAR_AFTER.match(lowered, end)
        short = None if after else _SHORT_YEAR_AFTER.match(lowered, end)
        year_text, stop = (after[1], after.end()) if after else (short[2], short.end()) if short else ("", end)
        # "3 may 10 ..." is prose: a short year behind a space needs an abbreviated month and a spaced or joined day.
        if year_text and not (short and short[1] == " " and lowered[start:end] in _FULL_NAMES):
            return _mention(text, before_from + before.start(1), stop, _date(_year(year_text), month, int(before[1])))
    day_year = _DAY_YEAR_AFTER.match(lowered, end)
    if day_year is not None:
        value = _date(_year(day_year[2] or day_year[3]), month, int(day_year[1]))
        return _mention(text, start, day_year.end(), value)
    after = _YEAR_AFTER.match(lowered, end)
    if after is not None and before is None and lowered[start:end] in _FULL_NAMES:
        return _mention(text, start, after.end(), _date(int(after[1]), month, 1), precision="month")
    return None


def _mention(
    text: str, start: int, end: int, value: datetime.date | None, *, precision: Precision = "day"
) -> DateMention | None:
    if value is None:
        return None
    return DateMention(start=start, end=end, raw=text[start:end], value=value, precision=precision, ambiguous=False)


def _year(printed: str) -> int:
    year = int(printed)
    if len(printed) > 2:
        return year
    return 2000 + year if year < PIVOT else 1900 + year


def _date(year: int, month: int, day: int) -> datetime.date | None:
    if not 1900 <= year <= 2099:
        return None
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _lower(text: str) -> str:
    """Lower case, of the same length: İ becomes two characters when lowered and would move every place behind it."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)
