"""Where documents begin, by rules: signals are weighed line by line, then taken in the order of the file.

1. Each line that could begin a document gets points from three places: what stands before it (break), what it is
   itself (title, e-mail header, visit heading, opening heading), and what follows it (a header block, a heading).
2. In the order of lines, a candidate whose points reach LIKELY begins a document, unless it stands in the header
   block of the document that has just begun: then the better of the two is kept.
3. A start moves up over the letterhead that stands directly above it.
"""

import datetime
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from documents.domain.dates import DateOrder, find_dates
from documents.domain.lines import SourceText
from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures
from documents.domain.rules.noise import Noise

LIKELY = 4.5  # points from which a line begins a document
SURE = 6.5  # points from which the rules outvote a silent model
PLAUSIBLE = 2.5  # points from which a line looks like a beginning when somebody else says that it is one

KNOWN_OPENING = 2.0  # a line of a form that opens other documents of this file
OPENS_MOSTLY = 0.3  # share of a form's places at which documents were found to begin, from which it is known
OPENS_OFTEN = 2  # such places at the least
KNOWN_SECTION = -2.5  # a line of a form that stands within documents of this file
OPENS_SELDOM = 0.2  # share of its places up to which a form is a section's
STANDS_OFTEN = 4  # places from which that can be said
REPLACES = 2.0  # points more that a line needs to take the place of a start in the same header block

HEADER_REACH = 8  # non-blank lines of a header block looked at behind a title
SIGNATURE_LINES = 3  # lines below a greeting that sign
BLOCK_REACH = 14  # non-blank lines within which a second candidate may belong to the same header block

# Points. Chosen by hand; what each one stands for is told in docs/algorithms/segmentation.md.
FIRST_LINE = 6.0
PART_START = 6.0
NO_BREAK = -0.6
ONE_BLANK = 0.8
MORE_BLANKS = 1.4
RARE_BLANKS = 1.0  # more blank lines than this file mostly has
PAGE_BREAK = 1.5
FIRST_PAGE = 4.0  # the page's counter begins again at 1
LATER_PAGE = -3.5  # the page's counter goes on
RULER_BEFORE = 1.3
CLOSING_BEFORE = 1.5
OPEN_SENTENCE = -2.5  # the line before breaks off within a sentence
TITLE = 0.5  # times the likeness, up to 2
TITLE_NOUN = 2.0
LETTERHEAD = 0.8
EMAIL_HEADER = 5.0
TITLE_BELOW = 1.8  # a letterhead with a title directly below it
LETTERHEAD_AGAIN = 2.6  # a practice's or laboratory's name that heads other places of the file too
LETTER = 5.0  # a date alone on its line, then a salutation
VISIT_HEADING = 2.4
VISIT_STYLE = 2.2  # the file has several such headings
VISIT_WORD = 0.6
VISIT_COLUMNS = 0.6
DATED_TITLE = 0.8  # title and date are columns of one line
BESIDE_DATE = 14  # characters (a weekday, a place, a time) that may stand beside a date that is alone
INDENTED = -1.0  # a title set in, as sections are, and not centred
CENTRED = 10  # spaces from which a line counts as centred
LABEL_GROUP = 0.9
OWN_DATE = 0.8
OPENING_FOLLOWS = 1.6
ALONE = 0.8  # a title line with blank lines, or the edge of a page, on both sides
STAGE_BACK = 1.2  # an opening heading after findings or conclusions
NEW_PATIENT = 1.5
LATE_OPENING = 2.2  # a heading that opens notes, far behind the beginning of the current one
LONG_BEGUN = 18  # lines with words after which a document is no longer at its beginning
EARLY = -2.0  # the document that this would end has hardly begun


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleStart:
    """A line at which the rules see a document begin."""

    line: int
    points: float

    @property
    def sure(self) -> bool:
        return self.points >= SURE


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The pages' counters, as far as they tell whether a document goes on over a page break."""

    begins_again: frozenset[int]  # pages whose counter is at 1 again
    goes_on: frozenset[int]  # pages whose counter follows the page before


class Sheet:
    """A file's lines with their signals, as the rules look at them: blank lines and noise skipped."""

    def __init__(self, text: SourceText, *, features: Sequence[LineFeatures], noise: Noise, order: DateOrder) -> None:
        self.text = text
        self.features = features
        self.noise = noise
        self.order = order
        self.words = [
            number for number, line in enumerate(features, start=1) if not line.blank and number not in noise.lines
        ]
        self.heads = _count_letterheads(self)
        self.part_starts = frozenset(part.first_line for part in text.parts)
        self.pages = read_counters(text, noise=noise)
        self.rare_blanks = _fewest_rare_blanks(self)
        self._dates: dict[int, list[tuple[int, int, datetime.date]]] = {}
        self.visits = _find_visit_headings(self)
        self.openings: Mapping[str, float] = {}  # points for forms of lines that open documents here, or never do

    def at(self, number: int) -> LineFeatures:
        return self.features[number - 1]

    def following(self, position: int, *, most: int) -> list[int]:
        return self.words[position + 1 : position + 1 + most]

    def dates(self, number: int) -> list[tuple[int, int, datetime.date]]:
        """Dates with a day on a line: (start, end, value) within the line."""
        found = self._dates.get(number)
        if found is None:
            line = self.text.lines[number - 1][:200]
            found = [
                (mention.start, mention.end, mention.value)
                for mention in find_dates(line, order=self.order)
                if mention.precision == "day"
            ]
            self._dates[number] = found
        return found


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


def _find_visit_headings(sheet: Sheet) -> frozenset[int]:
    """Lines that begin with a date and stand alone in that: rows of a table follow each other, headings do not."""
    dated = [
        position
        for position, number in enumerate(sheet.words)
        if (line := sheet.at(number)).indent <= 3
        and line.folded[:1].isalnum()
        and any(sign.isdigit() for sign in line.folded[:12])
        and (dates := sheet.dates(number))
        and dates[0][0] - line.indent <= 1
    ]
    forms = {position: _date_form(sheet, sheet.words[position]) for position in dated}
    return frozenset(
        sheet.words[position]
        for position, form in forms.items()
        if forms.get(position - 1) != form and forms.get(position + 1) != form
    )


def _date_form(sheet: Sheet, number: int) -> str:
    """How a line's first date is printed, and how far in: rows of one table share it."""
    start, end, _ = sheet.dates(number)[0]
    printed = sheet.text.lines[number - 1][start:end]
    return f"{start} " + re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "9", printed))


def read_counters(text: SourceText, *, noise: Noise) -> Page:
    """What the page counters say of each page. A counter that runs over the whole file tells nothing of documents."""
    whole = _count_of_whole_file(text, noise=noise)
    first: dict[int, tuple[int, int | None]] = {}
    for counter in noise.counters:
        if counter.total is not None and counter.total != whole:
            first.setdefault(text.pages[counter.line - 1], (counter.number, counter.total))
    again = {page for page, (number, _) in first.items() if number == 1}
    on = {page for page, (number, total) in first.items() if first.get(page - 1) == (number - 1, total)}
    return Page(begins_again=frozenset(again), goes_on=frozenset(on))


def _count_of_whole_file(text: SourceText, *, noise: Noise) -> int | None:
    """The number of pages that a fax machine or a print of the whole file counts: on half of the pages or more."""
    pages: dict[int, set[int]] = {}
    for counter in noise.counters:
        if counter.total is not None:
            pages.setdefault(counter.total, set()).add(text.pages[counter.line - 1])
    total, seen = max(pages.items(), key=lambda item: (len(item[1]), item[0]), default=(None, set()))
    every = text.pages[-1] if text.pages else 0
    return total if len(seen) >= 3 and 2 * len(seen) >= every else None


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


def find_starts(sheet: Sheet) -> list[RuleStart]:
    """The starts of all documents that the rules see, in the order of lines. The first line with words is one.

    The file is walked twice: what opened documents the first time is known as an opening the second time.
    """
    sheet.openings = _learn_openings(sheet, starts=_walk(sheet))
    return [replace(start, line=_move_up(sheet, _move_to_first_heading(sheet, start.line))) for start in _walk(sheet)]


def _walk(sheet: Sheet) -> list[RuleStart]:
    taken: list[RuleStart] = []
    walk = Walk(sheet)
    for position, number in enumerate(sheet.words):
        points = walk.weigh(position)
        if points >= LIKELY:
            previous = taken[-1] if taken else None
            if previous is not None and walk.in_header_of(previous.line, position):
                if points > previous.points + REPLACES and walk.may_be_replaced(previous.line, position):
                    taken[-1] = RuleStart(line=number, points=points)
                    walk.begin(position)
            else:
                taken.append(RuleStart(line=number, points=points))
                walk.begin(position)
        walk.pass_by(position)
    return taken


_DIGITS = re.compile(r"\d+")


def _form(line: LineFeatures) -> str:
    """A line's first column with its numbers masked: what a practice prints on top of every document of a kind."""
    return _DIGITS.sub("#", line.head)


def _learn_openings(sheet: Sheet, *, starts: Sequence[RuleStart]) -> Mapping[str, float]:
    """Points for each form of line that, in this file, opens documents mostly or hardly ever."""
    opened = Counter(_form(sheet.at(start.line)) for start in starts if sheet.at(start.line).title > 0)
    seen = Counter(
        _form(line)
        for number in sheet.words
        if (line := sheet.at(number)).title > 0 and line.indent <= 3 and number not in sheet.visits
    )
    learned = {}
    for form, count in seen.items():
        if opened[form] >= OPENS_OFTEN and opened[form] >= OPENS_MOSTLY * count:
            learned[form] = KNOWN_OPENING
        elif count >= STANDS_OFTEN and opened[form] <= OPENS_SELDOM * count:
            learned[form] = KNOWN_SECTION
    return learned


class Walk:
    """The state of one pass over a sheet: what the current document has shown so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.begun_at = 0  # position of the current document's start
        self.stage = -1  # the latest stage of a clinical note that it has reached
        self.openings: set[str] = set()  # its opening headings
        self.patient: str | None = None  # the latest patient named by a label
        self.subject: str | None = None  # of the e-mail that the current document is
        self.sent: datetime.date | None = None

    def begin(self, position: int) -> None:
        self.begun_at = position
        self.stage = -1
        self.openings = set()
        self.subject = self.sent = None

    def pass_by(self, position: int) -> None:
        number = self.sheet.words[position]
        line = self.sheet.at(number)
        if position - self.begun_at <= HEADER_REACH:
            self.subject = self.subject or _subject_of(line)
            if self.sent is None and self.sheet.dates(number):
                self.sent = self.sheet.dates(number)[0][2]
        if line.heading is not None:
            self.stage = max(self.stage, line.heading.stage)
            if line.heading.stage == words.OPENING:
                self.openings.add(line.folded[:24])
        if "patient" in line.groups and line.value:
            self.patient = line.value

    def weigh(self, position: int) -> float:
        """Points of the line at `position` as a beginning."""
        sheet = self.sheet
        number = sheet.words[position]
        line = sheet.at(number)
        if position == 0 or number in sheet.part_starts:
            return FIRST_LINE if position == 0 else PART_START + max(0.0, self._own(position, line))
        if line.quoted or (
            line.prose and line.heading is None and line.email_key is None and number not in sheet.visits
        ):
            return 0.0
        own = self._own(position, line)
        if own <= 0:
            return 0.0
        return own + weigh_break(sheet, position)

    def _own(self, position: int, line: LineFeatures) -> float:
        kinds = (
            self._weigh_email(position, line),
            self._weigh_title(position, line),
            self._weigh_visit(position, line),
            self._weigh_letter(position),
            self._weigh_heading(position, line),
        )
        return max(kinds)

    def _weigh_title(self, position: int, line: LineFeatures) -> float:
        if line.title <= 0 or line.ruler:
            return 0.0
        points = TITLE * line.title + (TITLE_NOUN if line.title_noun else 0.0)
        if not line.title_noun and _is_signature(self.sheet, position):
            return 0.0
        if 0 < line.indent < CENTRED:
            points += INDENTED
        following = self.sheet.following(position, most=HEADER_REACH)
        own_date = line.columns > 1 and bool(self.sheet.dates(self.sheet.words[position]))
        header = weigh_header_block(self.sheet, [self.sheet.words[position], *following], dated=own_date)
        points += header + (DATED_TITLE if own_date else 0.0)
        if line.letterhead:
            points += LETTERHEAD_AGAIN if header > 0 and self.sheet.heads[line.head] >= 2 else LETTERHEAD
        points += self.sheet.openings.get(_form(line), 0.0)
        if self._names_another_patient(following):
            points += NEW_PATIENT
        if following and following[0] - self.sheet.words[position] > 1:
            points += ALONE
        elif following and line.letterhead and self.sheet.at(following[0]).title_noun:
            points += TITLE_BELOW
        ended = self.stage >= words.LATE
        if self._heading_follows(following[:2], latest=words.CLOSING if ended and line.capitals else words.MIDDLE):
            points += OPENING_FOLLOWS + (STAGE_BACK if ended else 0.0)
        return points

    def _weigh_email(self, position: int, line: LineFeatures) -> float:
        if line.email_key != "from":
            return 0.0
        following = self.sheet.following(position, most=5)
        others = sum(1 for number in following if self.sheet.at(number).email_key == "other")
        if others < 2 or self._answers_above(position) or self._is_quoted_message(following):
            return 0.0
        return EMAIL_HEADER + LABEL_GROUP * min(others, 3)

    def _is_quoted_message(self, following: Sequence[int]) -> bool:
        """Whether the header is of an earlier message of the same subject: mail programs quote it below the answer."""
        subject = next((value for number in following if (value := _subject_of(self.sheet.at(number)))), None)
        if subject is None or subject != self.subject:
            return False
        dates = [day for number in following for _, _, day in self.sheet.dates(number)]
        return bool(dates) and self.sent is not None and dates[0] <= self.sent

    def _answers_above(self, position: int) -> bool:
        """Whether the lines just above say that an earlier message is quoted from here on."""
        above = self.sheet.words[max(0, position - 2) : position]
        return any(words.quoted_reply().search(self.sheet.at(number).folded) for number in above)

    def _weigh_visit(self, position: int, line: LineFeatures) -> float:
        number = self.sheet.words[position]
        if number not in self.sheet.visits:
            return 0.0
        named = words.visit_word().search(line.folded) is not None
        alone = len(line.folded) <= self.sheet.dates(number)[0][1] - line.indent + BESIDE_DATE
        style = len(self.sheet.visits) >= 3 and (line.columns > 1 or named or line.prose or alone)
        if not named and not style:
            return 0.0
        points = VISIT_HEADING + (VISIT_STYLE if style else 0.0) + (VISIT_WORD if named else 0.0)
        points += VISIT_COLUMNS if line.columns > 1 else 0.0
        return points + 0.5 * weigh_header_block(self.sheet, self.sheet.following(position, most=HEADER_REACH))

    def _weigh_letter(self, position: int) -> float:
        """A line that holds a date alone, with a salutation soon behind it."""
        number = self.sheet.words[position]
        dates = self.sheet.dates(number)
        if not dates or len(self.sheet.at(number).folded) > dates[0][1] - dates[0][0] + BESIDE_DATE:
            return 0.0
        following = self.sheet.following(position, most=HEADER_REACH)
        return LETTER if any(words.salutation().search(self.sheet.at(line).folded) for line in following) else 0.0

    def _weigh_heading(self, position: int, line: LineFeatures) -> float:
        heading = line.heading
        if heading is None or heading.stage != words.OPENING:
            return 0.0
        repeats = line.folded[:24] in self.openings and heading.strength >= 3
        if self.stage < words.LATE and not repeats and position - self.begun_at < BLOCK_REACH:
            return 0.0
        inline = (
            bool(line.value) and not self.sheet.text.lines[self.sheet.words[position] - 1].partition(":")[0].isupper()
        )
        points = heading.strength * (0.5 if inline else 1.0) + (
            STAGE_BACK if self.stage >= words.LATE or repeats else 0.0
        )
        if heading.strength >= 3 and not inline and position - self.begun_at >= LONG_BEGUN:
            points += LATE_OPENING
        if self._heading_follows(self.sheet.following(position, most=4), latest=words.OPENING):
            points += OPENING_FOLLOWS / 2
        return points + (EARLY if position - self.begun_at < 6 else 0.0)

    def _heading_follows(self, following: Sequence[int], *, latest: int) -> bool:
        headings = (self.sheet.at(number).heading for number in following)
        return any(heading is not None and heading.stage <= latest for heading in headings)

    def _names_another_patient(self, following: Sequence[int]) -> bool:
        for number in following:
            line = self.sheet.at(number)
            if "patient" in line.groups and line.value and self.patient is not None:
                return line.value[:12].casefold() != self.patient[:12].casefold()
        return False

    def in_header_of(self, start_line: int, position: int) -> bool:
        """Whether the line at `position` still stands in the header block of the document begun at `start_line`."""
        sheet = self.sheet
        first = bisect_left(sheet.words, start_line)
        if position - first > BLOCK_REACH:
            return False
        between = sheet.words[first:position]
        if sum(1 for number in between if sheet.at(number).prose) > 0:
            return False
        if any(sheet.at(number).closing for number in between[3:]):
            return False
        candidate = sheet.words[position]
        if (
            sheet.text.pages[candidate - 1] in sheet.pages.begins_again
            and sheet.text.pages[candidate - 2] != sheet.text.pages[candidate - 1]
        ):
            return False
        if self._begins_apart(candidate, first=first, position=position):
            return False
        dated_above = any("date" in sheet.at(number).groups or sheet.dates(number) for number in between)
        if not dated_above:
            return True
        ahead = sheet.words[position : position + HEADER_REACH]
        dated_below = any("date" in sheet.at(number).groups or sheet.dates(number)[:1] for number in ahead[:4])
        blanks = candidate - sheet.words[position - 1] - 1
        return not (dated_below and blanks >= 1)

    def _begins_apart(self, candidate: int, *, first: int, position: int) -> bool:
        """Whether the candidate's own form tells it from the header block that begins at position `first`."""
        sheet = self.sheet
        line, before, start_line = sheet.at(candidate), sheet.words[position - 1], sheet.words[first]
        apart = candidate - before > 1 or sheet.at(before).ruler or position - first >= 5
        own_date = candidate in sheet.visits or ((line.title_noun or line.letterhead) and bool(sheet.dates(candidate)))
        if own_date and apart and any(sheet.dates(number) for number in sheet.words[first:position]):
            return True
        if start_line in sheet.visits:
            if line.email_key == "from":
                return words.writes().search(sheet.at(start_line).folded) is None
            if line.title_noun and apart and position - first >= 2:
                return True
        return sheet.openings.get(_form(line), 0.0) > 0 and position - first >= (3 if apart else 4)

    def may_be_replaced(self, number: int, position: int) -> bool:
        """Whether the start at line `number` is so weak that a better one behind it may take its place."""
        if self.sheet.words[position] - number < 2 or self.sheet.heads[self.sheet.at(number).head] >= 2:
            return False
        first = bisect_left(self.sheet.words, number)
        stronger = weigh_break(self.sheet, position) > weigh_break(self.sheet, first) if first else False
        return stronger or not self.hard_break(number)

    def hard_break(self, number: int) -> bool:
        """Whether something stronger than a blank line stands before line `number`."""
        position = bisect_left(self.sheet.words, number)
        return position == 0 or weigh_break(self.sheet, position) >= PAGE_BREAK


_SUBJECT = re.compile(r"^(?:subject|asunto|objet|betreff)\s*:\s*(?:(?:re|fwd?|aw|wg|rv|tr)\s*:\s*)*(.+)$")


def _subject_of(line: LineFeatures) -> str | None:
    match = _SUBJECT.match(line.folded)
    return match[1] if match else None


def weigh_break(sheet: Sheet, position: int) -> float:
    """Points for what stands between the line at `position` and the last one with words before it."""
    number, before = sheet.words[position], sheet.words[position - 1]
    page, page_before = sheet.text.pages[number - 1], sheet.text.pages[before - 1]
    blanks = number - before - 1 - sum(1 for line in range(before + 1, number) if line in sheet.noise.lines)
    points = NO_BREAK if blanks == 0 else ONE_BLANK if blanks == 1 else MORE_BLANKS
    if blanks >= sheet.rare_blanks:
        points += RARE_BLANKS
    if page != page_before:
        points = max(points, 0.0) + PAGE_BREAK
        if page in sheet.pages.begins_again:
            points += FIRST_PAGE
        elif page in sheet.pages.goes_on:
            points += LATER_PAGE
    last = sheet.at(before)
    if last.ruler:
        points += RULER_BEFORE
    if any(sheet.at(line).closing for line in sheet.words[max(0, position - 3) : position]):
        points += CLOSING_BEFORE
    elif blanks == 0 and page == page_before and _breaks_off(sheet.text.lines[before - 1], last):
        points += OPEN_SENTENCE
    return points


_SENTENCE_END = re.compile(r"[.!?:)\]\"'*_=-]\s*$")


def local_edge(sheet: Sheet, position: int) -> float:
    """How much a line looks like a beginning, by itself and the line before it: nothing farther away changes it."""
    number = sheet.words[position]
    line = sheet.at(number)
    edge = line.title + (2.0 if line.title_noun else 0.0) + (1.5 if line.email_key == "from" else 0.0)
    if position:
        before = sheet.words[position - 1]
        edge += min(3, number - before - 1)
        edge += 2.0 if sheet.text.pages[number - 1] != sheet.text.pages[before - 1] else 0.0
    return edge


def _breaks_off(line: str, features: LineFeatures) -> bool:
    return features.prose and _SENTENCE_END.search(line) is None


def weigh_header_block(sheet: Sheet, following: Sequence[int], *, dated: bool = False) -> float:
    """Points for the labels that stand behind a title: each group once, a date more. `dated`: one is already there."""
    groups: set[str] = {"date"} if dated else set()
    for number in following:
        line = sheet.at(number)
        if line.prose:
            break
        groups |= line.groups
        if line.email_key is not None:
            groups.add(f"email {line.email_key}")
        if "date" not in groups and sheet.dates(number) and len(line.folded) <= 60:
            groups.add("date")
    return LABEL_GROUP * min(len(groups), 4) + (OWN_DATE if "date" in groups else 0.0)


def _is_signature(sheet: Sheet, position: int) -> bool:
    """Whether the line stands among the few that follow a greeting: names and practices sign there.

    A blank line may stand directly below the greeting only. Nothing that opens other documents of the file signs one.
    """
    number = sheet.words[position]
    if position and sheet.at(sheet.words[position - 1]).signed and number - sheet.words[position - 1] == 1:
        return not sheet.at(sheet.words[position - 1]).title_noun
    if sheet.openings.get(_form(sheet.at(number)), 0.0) > 0:
        return False
    for step in range(1, SIGNATURE_LINES + 1):
        if position - step < 0:
            return False
        below, above = sheet.words[position - step + 1], sheet.words[position - step]
        line = sheet.at(above)
        if words.greeting().search(line.folded):
            return below - above <= 3
        if below - above > 1 or line.prose:
            return False
    return False


def _move_to_first_heading(sheet: Sheet, number: int) -> int:
    """Where an opening heading was taken: the title or the earlier opening heading that stands just above it."""
    heading = sheet.at(number).heading
    if heading is None or heading.stage != words.OPENING:
        return number
    position = bisect_left(sheet.words, number)
    for step in range(1, 6):
        if position - step < 1:
            break
        above = sheet.words[position - step]
        line = sheet.at(above)
        if line.closing or (line.heading is not None and line.heading.stage != words.OPENING):
            break
        if line.heading is not None or (step == 1 and line.title > 0 and line.capitals):
            return above
    return number


def _move_up(sheet: Sheet, number: int) -> int:
    """The first line of what stands directly above line `number` and belongs to it: letterhead, box, page's top."""
    position = bisect_left(sheet.words, number)
    best, headed = number, False
    for step in range(1, 8):
        if position - step < 0:
            break
        above = sheet.words[position - step]
        line = sheet.at(above)
        if sheet.words[position - step + 1] - above > 2 or not _may_head(line):
            break
        if sheet.text.pages[above - 1] != sheet.text.pages[number - 1]:
            break
        if not line.ruler and _is_signature(sheet, position - step):
            break
        if line.ruler and step == 1 and _is_boxed(sheet, position):
            best = above
        headed = headed or (line.letterhead and line.head in sheet.heads)
        if headed and (position - step == 0 or weigh_break(sheet, position - step) >= CLOSING_BEFORE + NO_BREAK):
            best = above
            break
    return best


def _may_head(line: LineFeatures) -> bool:
    if line.prose or line.closing or line.heading or line.groups:
        return False
    return (
        line.ruler
        or line.contact
        or line.letterhead
        or line.title > 0
        or words.contact_word().search(line.folded) is not None
    )


def _is_boxed(sheet: Sheet, position: int) -> bool:
    """Whether a ruler stands below the line at `position` as well, within a few lines."""
    number = sheet.words[position]
    return any(sheet.at(below).ruler for below in sheet.following(position, most=3) if below - number <= 3)


def find_page_top(sheet: Sheet, number: int) -> int:
    """The first line of the page where only running lines stand above line `number` on it, else `number`.

    A running header on top of a page belongs to the document that begins below it.
    """
    pages = sheet.text.pages
    top = number
    while top > 1 and pages[top - 2] == pages[number - 1]:
        if not (sheet.at(top - 1).blank or top - 1 in sheet.noise.lines):
            return number
        top -= 1
    if top == 1 and pages[number - 1] == 1 and not any(line < number for line in sheet.noise.lines):
        return number
    while sheet.at(top).blank:
        top += 1
    return top
