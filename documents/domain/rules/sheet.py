"""A file's lines as the rules look at them: with their signals, blank lines and noise skipped."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from documents.domain.date_orders import DateOrders
from documents.domain.dates import find_dates
from documents.domain.lines import SourceText
from documents.domain.rules.copies import mend_copies
from documents.domain.rules.days import DaysDown, is_dotted_number, is_weekday
from documents.domain.rules.entries import DATE_WITHIN, Dates, Entry, find_entries
from documents.domain.rules.features import BLANK, LineFeatures, form_of
from documents.domain.rules.first_lines import FirstLines
from documents.domain.rules.initials import ends_signed
from documents.domain.rules.kinds import find_series, names_kind_and_day
from documents.domain.rules.ledger import find_ledger
from documents.domain.rules.noise import Noise, count_of_file
from documents.domain.rules.page_counts import PageCounts, find_continued, read_counters
from documents.domain.rules.short_dates import has_short_dates, read_short_date
from documents.domain.rules.spelling import spell
from documents.domain.rules.templates import find_templates

NARROW = 40  # characters from which a line may be one of running text in a narrow column
TITLE_REACH = 5  # lines with words below a title among which its header block has labels
ALIKE_FIRST = 0.5  # likeness to the file's first lines from which a title heads a document
MOST_WIDTH = 120  # characters of a full line at the most
LABEL_REACH = 16  # characters that a visit heading's own label may take before its date
DATED_WITHIN = 200  # characters of a line among which its dates are looked for
LEAST_TOPPED = 2  # pages that begin with one line, from which it is known to head pages
LEAST_TOP_LETTERS = 5  # of such a line: a number on top of pages tells nothing
LEAST_LABELLED = 3  # lines of one form that make labelled dates visit headings


class Sheet:
    """A file's lines with their signals, as the rules look at them: blank lines and noise skipped."""

    def __init__(self, text: SourceText, *, features: Sequence[LineFeatures], noise: Noise, orders: DateOrders) -> None:
        self.text = text
        self.features = mend_copies(_mark_letterheads(features, noise=noise), noise=noise.lines)
        # A line's signals by its number. It is asked for forty times a line, so the list itself answers.
        self.at: Callable[[int], LineFeatures] = [BLANK, *self.features].__getitem__
        self.noise = noise
        self.orders = orders
        self.words = [
            number for number, line in enumerate(features, start=1) if not line.blank and number not in noise.lines
        ]
        whole = count_of_file(noise.counters, pages=noise.pages)
        continued = find_continued(noise, features=features)
        self.later_pages = continued | {
            counter.line
            for counter in noise.counters
            if counter.number > 1 and counter.total is not None and counter.total != whole
        }
        self.counted_on = frozenset(counter.line for counter in noise.counters if counter.number > 1)
        self.first_pages = frozenset(
            counter.line
            for counter in noise.counters
            if counter.number == 1 and counter.total is not None and counter.total != whole
        )
        self.footers = _find_footers(self)
        self.heads = _count_letterheads(self)
        self.part_starts = frozenset(part.first_line for part in text.parts)
        counts = read_counters(noise, features=self.features)
        on = counts.goes_on | {noise.pages[line - 1] for line in continued}
        self.pages = PageCounts(begins_again=counts.begins_again - on, goes_on=on)
        self.rare_blanks = _fewest_rare_blanks(self)
        # Dates with a day on a line, by its number: (start, end, value) within the line.
        self.dates: Callable[[int], Dates] = self._read_dates().__getitem__
        self.repeated_titles = _find_repeated_titles(self)
        self.entries = _find_entries(self)
        self.ledger = find_ledger(text.lines, words=self.words, dates=self.dates)
        self.kinds_and_days = frozenset(
            number
            for number in self.words
            if names_kind_and_day(self.at(number), printed=text.lines[number - 1], dates=self.dates(number))
        )
        self.of_kinds = _find_series_of_kinds(self)
        # first lines of a template's headings, with how sure it is; its dated lines below them, which begin nothing
        self.templated, self.under_heading = _find_templated(self)
        self.visits = (
            (_find_visit_headings(self) | self.entries.keys() | self.ledger.text_at.keys() | self.of_kinds)
            - self.under_heading
        ) | {number for number in self.templated if self.dates(number)}
        self.days = DaysDown(self.words, dates=self.dates, indents=lambda number: self.at(number).indent)
        self.width = _width(self)
        self.openings: Mapping[str, float] = {}  # points for forms of lines that open documents here, or never do

    def begins_with_number(self, position: int) -> bool:
        """Whether the line begins with a dotted time or measure that looks like a day and a month."""
        near = [self.text.lines[number - 1] for number in self.words[max(0, position - 1) : position + 2]]
        lines = near if position else ["", *near]
        return is_dotted_number(lines[1], above=lines[0], below=lines[2] if len(lines) > 2 else "")

    def tops_pages(self, number: int) -> bool:
        """Whether several pages begin with a line that is spelt like this one."""
        letters = spell(self.at(number).folded)
        return len(letters) >= LEAST_TOP_LETTERS and self._page_tops[letters] >= LEAST_TOPPED

    @cached_property
    def _page_tops(self) -> Counter[str]:
        """How the first lines of the pages that the file itself tells are spelt, and how many are."""
        tops, before = Counter[str](), 0
        for number in self.words:
            if self.text.pages[number - 1] != before:
                before = self.text.pages[number - 1]
                tops[spell(self.at(number).folded)] += 1
        return tops

    def following(self, position: int, *, most: int) -> list[int]:
        return self.words[position + 1 : position + 1 + most]

    def _read_dates(self) -> list[Dates]:
        """The dates of each line, by its number from 1."""
        has_short = has_short_dates(self.text.lines)
        dates: list[Dates] = [()]
        for number, printed in enumerate(self.text.lines, start=1):
            line = printed[:DATED_WITHIN]
            found = [
                (mention.start, mention.end, mention.value)
                for mention in find_dates(line, order=self.orders.of(number))
                if mention.precision == "day"
            ]
            if has_short and (short := read_short_date(line)) and not (found and found[0][0] < short[1]):
                found.insert(0, short)
            dates.append(tuple(found))  # most lines have none, and share the empty tuple
        return dates


def _find_series_of_kinds(sheet: Sheet) -> frozenset[int]:
    """Lines of the headings that say a kind and a day, where they part this file."""
    places = [place for place, number in enumerate(sheet.words) if number in sheet.kinds_and_days]
    found = find_series(
        places,
        features=lambda place: sheet.at(sheet.words[place]),
        dates=lambda place: sheet.dates(sheet.words[place]),
    )
    return frozenset(sheet.words[place] for place in found)


def _find_templated(sheet: Sheet) -> tuple[dict[int, float], frozenset[int]]:
    """The first lines of headings that a template prints, with how sure it is, and their further lines."""
    found = find_templates(
        sheet.text.lines,
        words=sheet.words,
        features=sheet.at,
        dates=sheet.dates,
        titles=sheet.repeated_titles,
    )
    first: dict[int, float] = {}
    for template in sorted(found, key=lambda each: len(each.first)):
        first |= dict.fromkeys((sheet.words[position] for position in template.first), template.share)
    further = {sheet.words[position] for template in found for position in template.further}
    return first, frozenset(further - first.keys())


def _width(sheet: Sheet) -> int:
    """How long the file's full lines are: nine in ten are no longer."""
    lengths = sorted(len(sheet.text.lines[number - 1]) for number in sheet.words)
    return min(lengths[len(lengths) * 9 // 10], MOST_WIDTH) if lengths else MOST_WIDTH


STREET = re.compile(r"\d{1,4},? [^\W\d_]|[^\W\d_][^\d]{4,30},? \d{1,4}[a-z]?(?:$|,|\s*[·|•-]|\s+\d{4,5}\b)")


def _find_footers(sheet: Sheet) -> frozenset[int]:
    """Lines with a page counter that end a page of a text without page breaks: text directly above, none below."""
    place_of = {number: place for place, number in enumerate(sheet.words)}
    found = set()
    for counter in sheet.noise.counters:
        place = place_of.get(counter.line)
        if place is None or not 0 < place < len(sheet.words) - 1:
            continue
        joined = counter.line - sheet.words[place - 1] == 1
        below = sheet.words[place + 1]
        free = below - counter.line > 1 or (counter.number == counter.total and sheet.at(below).letterhead)
        if joined and free and not sheet.at(sheet.words[place - 1]).letterhead:
            found.add(counter.line)
    return frozenset(found)


def _mark_letterheads(features: Sequence[LineFeatures], *, noise: Noise) -> list[LineFeatures]:
    """The lines' signals, titles marked as letterheads where an address or a phone number stands directly below."""
    marked = list(features)
    for place, line in enumerate(features[:-1]):
        if line.title <= 0 or line.title_noun or line.letterhead or place + 1 in noise.lines:
            continue
        below = features[place + 1]
        if below.contact and not below.groups and not below.prose and below.title == 0:
            marked[place] = replace(line, letterhead=True)
        elif below.title > 0 and not below.title_noun and STREET.match(below.folded) and place + 2 < len(features):
            behind = features[place + 2]
            if behind.contact or behind.groups or behind.title_noun:
                marked[place] = replace(line, letterhead=True)
    return marked


def _count_letterheads(sheet: Sheet) -> Counter[str]:
    """How often each practice's or laboratory's name heads something: not where it always ends running text."""
    seen: Counter[str] = Counter()
    heading: set[str] = set()
    for position, number in enumerate(sheet.words):
        line = sheet.at(number)
        if line.letterhead and not line.prose:
            seen[line.head] += 1
            if position == 0 or number - sheet.words[position - 1] > 1 or not sheet.at(sheet.words[position - 1]).prose:
                heading.add(line.head)
    return Counter({head: count for head, count in seen.items() if head in heading})


def _find_entries(sheet: Sheet) -> dict[int, Entry]:
    """The file's dated headings, by line."""
    lines = {
        position: sheet.text.lines[number - 1]
        for position, number in enumerate(sheet.words)
        if sheet.dates(number) and _has_digit(sheet.at(number).folded)
    }
    found = find_entries(
        lines,
        features=lambda position: sheet.at(sheet.words[position]),
        dates=lambda position: sheet.dates(sheet.words[position]),
        titles=sheet.repeated_titles,
        stands_free=lambda position: position > 0 and sheet.words[position] - sheet.words[position - 1] > 1,
    )
    return {
        sheet.words[position]: entry
        for position, entry in found.items()
        if entry.ordered
        and not _is_under_labels(sheet, position)
        and (entry.marked or not (_begins_with_date(sheet, position) and _goes_on_above(sheet, position)))
    }


_DIGIT = re.compile(r"\d")
_SENTENCE_END = re.compile(r"[.!?:)\]\"'*_=|-]\s*$")


def _has_digit(folded: str) -> bool:
    return _DIGIT.search(folded, 0, DATE_WITHIN) is not None


def _find_repeated_titles(sheet: Sheet) -> list[int]:
    """Positions of titles that name a document, head labels, and are of a form that the file prints again and again."""
    found: dict[str, list[int]] = {}
    first_lines = FirstLines(sheet.words, features=sheet.at)
    for position, number in enumerate(sheet.words):
        line = sheet.at(number)
        if not line.title_noun or line.columns > 2:
            continue
        following = [below for below in sheet.following(position, most=TITLE_REACH) if not sheet.at(below).ruler]
        headed = any(sheet.at(below).groups for below in following) or first_lines.likeness(position) >= ALIKE_FIRST
        if headed:
            found.setdefault(form_of(line), []).append(position)
    return sorted(position for positions in found.values() if len(positions) > 1 for position in positions)


def _begins_with_date(sheet: Sheet, position: int) -> bool:
    number = sheet.words[position]
    return sheet.dates(number)[0][0] - sheet.at(number).indent <= 1


def _goes_on_above(sheet: Sheet, position: int) -> bool:
    """Whether the line above is running text that breaks off: then a date on this line is a sentence's."""
    if position == 0 or sheet.words[position] - sheet.words[position - 1] > 1:
        return False
    above = sheet.words[position - 1]
    line = sheet.at(above)
    text = line.prose or (len(line.folded) > NARROW and line.columns == 1 and not (line.groups or line.title))
    printed = sheet.text.lines[above - 1].rstrip()
    return text and _SENTENCE_END.search(printed) is None and not ends_signed(printed)


def _find_visit_headings(sheet: Sheet) -> frozenset[int]:
    """Lines that begin with a date and stand alone in that: rows of a table follow each other, headings do not."""
    dated = [
        position
        for position, number in enumerate(sheet.words)
        if (line := sheet.at(number)).indent <= 3
        and line.folded[:1].isalnum()
        and _DIGIT.search(line.folded, 0, 12) is not None
        and (dates := sheet.dates(number))
        and (dates[0][0] - line.indent <= 1 or is_weekday(sheet.text.lines[number - 1][: dates[0][0]]))
        and not _goes_on_above(sheet, position)
        and not _is_under_labels(sheet, position)
    ]
    forms = {position: _date_form(sheet, sheet.words[position]) for position in dated}
    alone = {
        sheet.words[position]
        for position, form in forms.items()
        if forms.get(position - 1) != form and forms.get(position + 1) != form
    }
    return frozenset(alone | _find_labelled_visits(sheet))


def _is_under_labels(sheet: Sheet, position: int) -> bool:
    """Whether the line above holds the names of columns: then this one holds their values."""
    if not position:
        return False
    above = sheet.at(sheet.words[position - 1])
    return above.columns > 1 and len(above.groups) > 1 and not any(map(str.isdigit, above.folded))


def _find_labelled_visits(sheet: Sheet) -> set[int]:
    """Lines such as "Date: 2021-03-04   Type: Exam   Staff: KL", where several of one form stand apart in the file."""
    found: dict[str, list[int]] = {}
    for position, number in enumerate(sheet.words):
        line = sheet.at(number)
        if "date" not in line.groups or line.columns < 2 or line.text_labels < 2 or not position:
            continue
        dates, before = sheet.dates(number), sheet.words[position - 1]
        apart = number - before > 1 or sheet.at(before).ruler
        if dates and dates[0][0] - line.indent <= LABEL_REACH and apart:
            found.setdefault(line.folded[: dates[0][0]], []).append(number)
    return {number for numbers in found.values() if len(numbers) >= LEAST_LABELLED for number in numbers}


def _date_form(sheet: Sheet, number: int) -> str:
    """How a line's first date is printed, and how far in: rows of one table share it."""
    start, end, _ = sheet.dates(number)[0]
    printed = sheet.text.lines[number - 1][start:end]
    return f"{start} " + re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "9", printed))


def _fewest_rare_blanks(sheet: Sheet) -> int:
    """The number of blank lines from which a run of them is rare in this file (at most a quarter of the runs)."""
    runs = [b - a - 1 for a, b in pairwise(sheet.words) if b - a > 1]
    if not runs:
        return 1
    for size in range(2, 8):
        share = sum(1 for run in runs if run >= size) / len(runs)
        if share <= 0.25:
            return size
    return 8
