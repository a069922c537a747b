"""The day of a measure: its own in its line, else that of the entry that it stands in, else its document's."""

import datetime
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from documents.domain.dates import MONTH_NAMES, DateMention, DateOrder, find_dates
from documents.domain.facts.claims import LocatedClaim
from documents.domain.lines import SourceText
from documents.domain.segmentation import Document

LONGEST_ENTRY = 60  # lines above a measure in which the day that heads its entry is looked for
NEAR = 6  # lines above a measure in which a line's only day is its own, wherever it stands
LONGEST_HEAD = 32  # characters of a line in which that day stands
LONGEST_TOP = 12  # lines at a document's top in which a day that has no other stands
MOST_BEFORE = datetime.timedelta(days=550)  # of a day in mid-line before its document's: then somebody was born on it
MOST_EARLY = datetime.timedelta(days=31)  # by which a day without a year may be earlier than its document's
_LISTS = frozenset({"vaccination_certificate", "registration"})  # their lines begin with days of something else

_MAY_HEAD = re.compile(r"[\s\W]*(?:\d|[^\W\d_]{2,10}[.:,]?\s{1,4}\S{0,12}\d)")
_AHEAD_OF_DAY = re.compile(
    r"\W*(?:(?:date|datum|fecha|visit|mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mi[ée]|jue|vie|s[áa]b|dom"
    r"|mer|jeu|ven|sam|dim|day \d{1,2})[a-zà-ÿ]{0,6}\W*)?",
    re.IGNORECASE,
)
_NO_YEAR_SEED = re.compile(r"\W*\d{1,2}(?:[./]\d|(?:st|nd|rd|th|\.)? [^\W\d])")
_NO_YEAR = re.compile(
    r"\W*(\d{1,2})([./])(\d{1,2})\.?(?=\s{2}|\t|\s?[:–-]\s|\s[A-ZÀ-Ý][a-zà-ÿ]{2}|\s\d{1,2}[:.]\d\d(?!\d))"
)
_NO_YEAR_NAMED = re.compile(rf"\W*(\d{{1,2}})(?:st|nd|rd|th|\.)? ({MONTH_NAMES})\b\.?(?!\.?,? ?\d)", re.IGNORECASE)
_OF_ANOTHER = re.compile(
    r"\b(?:due|next|recheck|born|dob|received|rec'd|printed|print|exp\w*|valid|until|till|fax\w*|since|last|prev\w*|from"
    r"|hasta|desde|pr[óo]x\w*|vence|venc\w+|rappel|fällig|impreso|gedruckt|bis|seit|nächst\w+|imprimé|jusqu\w*|depuis|lot|batch|signed)\b\W*\w*\W*$",
    re.IGNORECASE,
)
_DAY_BEHIND = re.compile(
    r"\s*(?:\(|(?:there |here )?(?:on|am|el|le|vom|du)\s+|,?\s*date (?:last )?weighed:?\s*)"
    r"(\d{1,2}[/.-]\d{1,2})([/.-](?:\d{4}|\d\d))?(?=\)|[\s,;]|\.(?!\d)|$)(?!\s?(?:kg|lb|g\b))",
    re.IGNORECASE,
)
_SHORT_YEAR = re.compile(
    rf"(?<![\d./])(\d{{1,2}}(?:\.\d{{1,2}}\.|\.? (?:{MONTH_NAMES})\.? ))(\d\d)(?![\d:%]|[.,]\d)", re.IGNORECASE
)
_TIME = re.compile(r"\b\d{1,2}[:.]\d\d\b")
_TODAY = re.compile(r"\b(?:today|heute|hoy|aujourd'hui|ce jour)\b", re.IGNORECASE)
_YESTERDAY = re.compile(r"\b(?:yesterday|gestern|ayer|hier)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureDays:
    """The days of a file's measures."""

    text: SourceText
    births: Container[tuple[int, str]]  # line and printed date
    years: Mapping[int, int] = field(default_factory=dict)  # see `years_between`

    def find(self, claim: LocatedClaim, *, document: Document | None, order: DateOrder) -> str | None:
        """ISO 8601 day of the measure that a claim states; None where neither line, entry nor document tells."""
        line = self.text.lines[claim.line - 1]
        ahead = line[: max(line.find(claim.raw), 0)]
        day = _read_behind(self._behind(claim, len(ahead)), document, order)
        day = day or self._in_line(claim.line, ahead, document, order) or self._above(claim.line, document, order)
        day = day or _date_of(document)
        if day is not None and _YESTERDAY.search(ahead):
            day -= datetime.timedelta(days=1)
        return day.isoformat() if day is not None else document.date if document is not None else None

    def _behind(self, claim: LocatedClaim, place: int) -> str:
        """What stands behind a measure that is printed at a place, in its line and the next one."""
        lines = self.text.lines
        following = lines[claim.line].strip() if claim.line < len(lines) else ""
        return f"{lines[claim.line - 1][place + len(claim.raw) :].rstrip()} {following}"

    def _in_line(self, number: int, ahead: str, document: Document | None, order: DateOrder) -> datetime.date | None:
        """The one day ahead of the measure in its line: no birth date, and none that "today" follows."""
        days = [
            mention
            for mention in find_dates(_spell_year(ahead), order=order)
            if mention.precision == "day"
            and (number, mention.raw) not in self.births
            and not _OF_ANOTHER.search(ahead, 0, mention.start)
        ]
        if not days:
            return _read_without_year(ahead, document, order, self.years)
        if len(days) > 1 or _TODAY.search(ahead):
            return None
        is_head = _AHEAD_OF_DAY.fullmatch(ahead, 0, days[0].start) is not None
        base = _date_of(document)
        is_birth = not is_head and base is not None and days[0].value < base - MOST_BEFORE
        return None if is_birth else days[0].value

    def _above(self, number: int, document: Document | None, order: DateOrder) -> datetime.date | None:
        """The day that heads the entry of a line, in its document."""
        if document is None:
            return None
        base = _date_of(document)
        for above in range(number - 1, max(document.start_line, number - LONGEST_ENTRY) - 1, -1):
            line = self.text.lines[above - 1]
            head = line[:LONGEST_HEAD]
            if _MAY_HEAD.match(head) is not None:
                day = _heading_day(head, order)
                if day is not None and (above, day.raw) not in self.births:
                    if document.type not in _LISTS or _TIME.search(head, day.end):
                        return day.value
                elif (short := _read_without_year(head, document, order, self.years)) is not None:
                    return short
            if number - above <= NEAR and document.type not in _LISTS:
                lone = self._lone_day(above, line, order)
                if lone is not None and (base is None or lone >= base - MOST_EARLY):
                    return lone
        return self._only_day(number, document, order) if document.date is None else None

    def _lone_day(self, number: int, line: str, order: DateOrder) -> datetime.date | None:
        """The one day that a line prints, where no word ahead of it says that it is of something else."""
        days = find_dates(_spell_year(line), order=order)
        if len(days) != 1 or days[0].precision != "day" or (number, days[0].raw) in self.births:
            return None
        ahead = _spell_year(line)[: days[0].start]
        return None if _OF_ANOTHER.search(ahead) else days[0].value

    def _only_day(self, number: int, document: Document, order: DateOrder) -> datetime.date | None:
        """The one day that a document prints at its top, where it has no day of its own."""
        last = min(number, document.start_line + LONGEST_TOP)
        days = {
            mention.value
            for above in range(document.start_line, last + 1)
            for mention in find_dates(_spell_year(self.text.lines[above - 1]), order=order)
            if mention.precision == "day" and (above, mention.raw) not in self.births
        }
        return days.pop() if len(days) == 1 else None


def _read_behind(behind: str, document: Document | None, order: DateOrder) -> datetime.date | None:
    """The day of "9.4 lb (11/2)" and "66.8 lb on 6/18": without a year the last such day up to its document's."""
    match = _DAY_BEHIND.match(behind)
    if match is None:
        return None
    if match[2]:
        day = next(iter(find_dates(_spell_year(match[1] + match[2]), order=order)), None)
        return day.value if day is not None and day.precision == "day" else None
    base = _date_of(document)
    for year in (base.year, base.year - 1) if base is not None else ():
        mark = next(character for character in match[1] if not character.isdigit())
        day = next(iter(find_dates(f"{match[1]}{mark}{year}", order=order)), None)
        if base is not None and day is not None and day.precision == "day" and day.value <= base:
            return day.value
    return None


def _spell_year(text: str) -> str:
    """A text with the years of "6 April 21" and "28.9.12" in full: at an entry's head they are days."""
    return _SHORT_YEAR.sub(r"\g<1>20\g<2>", text)


def _heading_day(head: str, order: DateOrder) -> DateMention | None:
    first = next(iter(find_dates(_spell_year(head), order=order)), None)
    is_day = first is not None and first.precision == "day"
    return first if is_day and first and _AHEAD_OF_DAY.fullmatch(head, 0, first.start) else None


def years_between(documents: Sequence[Document]) -> dict[int, int]:
    """By the first lines of documents without a day the year of the nearest days ahead and behind, where it is one."""
    days = [_date_of(document) for document in documents]
    behind: list[int | None] = [None] * (len(days) + 1)
    for place in range(len(days) - 1, -1, -1):
        day = days[place]
        behind[place] = day.year if day is not None else behind[place + 1]
    found: dict[int, int] = {}
    ahead: int | None = None
    for place, day in enumerate(days):
        if day is not None:
            ahead = day.year
        elif ahead is not None and ahead == behind[place]:
            found[documents[place].start_line] = ahead
    return found


def _read_without_year(
    head: str, document: Document | None, order: DateOrder, years: Mapping[int, int]
) -> datetime.date | None:
    """The day of a line that begins with "18.10" or "21st Mar": in the year of its document, or in the next one.

    Of a document without a day: in the year of those around it.
    """
    base = _date_of(document)
    if document is None or _NO_YEAR_SEED.match(head) is None:
        return None
    if base is None:
        if document.start_line not in years:
            return None
        base = datetime.date(years[document.start_line], 1, 1)
    if (named := _NO_YEAR_NAMED.match(head)) is not None:
        written = f"{named[1]} {named[2]} "
    elif (numbers := _NO_YEAR.match(head)) is not None and (order in ("DMY", "MDY") or numbers[2] == "."):
        written = f"{numbers[1]}{numbers[2]}{numbers[3]}{numbers[2]}"
    else:
        return None
    for year in (base.year, base.year + 1):
        day = next(iter(find_dates(f"{written}{year}", order=order)), None)
        if day is not None and day.precision == "day" and day.value >= base - MOST_EARLY:
            return day.value
    return None


def _date_of(document: Document | None) -> datetime.date | None:
    if document is None or document.date is None or len(document.date) != len("2020-01-31"):
        return None
    return datetime.date.fromisoformat(document.date)
