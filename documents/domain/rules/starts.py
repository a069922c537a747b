"""Where documents begin, by rules: signals are weighed line by line, then taken in the order of the file.

1. Each line that could begin a document gets points from three places: what stands before it (break), what it is
   itself (title, e-mail header, visit heading, opening heading), and what follows it (a header block, a heading).
2. In the order of lines, a candidate whose points reach LIKELY begins a document, unless it stands in the header
   block of the document that has just begun: then the better of the two is kept.
3. A start moves up over the letterhead that stands directly above it.
"""

import datetime
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from documents.domain.rules import weights, words
from documents.domain.rules.features import LineFeatures, form_of
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.surroundings import (
    find_first_heading,
    find_letterhead,
    is_signature,
    weigh_break,
    weigh_header_block,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleStart:
    """A line at which the rules see a document begin."""

    line: int
    points: float

    @property
    def sure(self) -> bool:
        return self.points >= weights.SURE


def find_starts(sheet: Sheet) -> list[RuleStart]:
    """The starts of all documents that the rules see, in the order of lines. The first line with words is one.

    The file is walked twice: what opened documents the first time is known as an opening the second time.
    """
    sheet.openings = _learn_openings(sheet, starts=_walk(sheet))
    return [
        replace(start, line=find_letterhead(sheet, find_first_heading(sheet, start.line))) for start in _walk(sheet)
    ]


def _walk(sheet: Sheet) -> list[RuleStart]:
    taken: list[RuleStart] = []
    walk = Walk(sheet)
    for position, number in enumerate(sheet.words):
        points = walk.weigh(position)
        if points >= weights.LIKELY:
            previous = taken[-1] if taken else None
            if previous is not None and walk.in_header_of(previous.line, position):
                if points > previous.points + weights.REPLACES and walk.may_be_replaced(previous.line, position):
                    taken[-1] = RuleStart(line=number, points=points)
                    walk.begin(position)
            else:
                taken.append(RuleStart(line=number, points=points))
                walk.begin(position)
        walk.pass_by(position)
    return taken


def _learn_openings(sheet: Sheet, *, starts: Sequence[RuleStart]) -> Mapping[str, float]:
    """Points for each form of line that, in this file, opens documents mostly or hardly ever."""
    opened = Counter(form_of(sheet.at(start.line)) for start in starts if sheet.at(start.line).title > 0)
    seen = Counter(
        form_of(line)
        for number in sheet.words
        if (line := sheet.at(number)).title > 0 and line.indent <= 3 and number not in sheet.visits
    )
    learned = {}
    for form, count in seen.items():
        if opened[form] >= weights.OPENS_OFTEN and opened[form] >= weights.OPENS_MOSTLY * count:
            learned[form] = weights.KNOWN_OPENING
        elif count >= weights.STANDS_OFTEN and opened[form] <= weights.OPENS_SELDOM * count:
            learned[form] = weights.KNOWN_SECTION
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
        if position - self.begun_at <= weights.HEADER_REACH:
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
            return weights.FIRST_LINE if position == 0 else weights.PART_START + max(0.0, self._own(position, line))
        dated = number in sheet.visits
        if line.quoted or (line.email_key == "other" and not dated):
            return 0.0
        if line.prose and line.heading is None and line.email_key is None and not dated:
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
        points = weights.TITLE * line.title
        if line.title_noun:
            points += weights.WEAK_NOUN if line.weak_noun else weights.TITLE_NOUN
        if not line.title_noun and is_signature(self.sheet, position):
            return 0.0
        if 0 < line.indent < weights.CENTRED:
            points += weights.INDENTED
        following = self.sheet.following(position, most=weights.HEADER_REACH)
        own_date = line.columns > 1 and bool(self.sheet.dates(self.sheet.words[position]))
        header = weigh_header_block(self.sheet, [self.sheet.words[position], *following], dated=own_date)
        points += header + (weights.DATED_TITLE if own_date else 0.0)
        if line.letterhead:
            points += (
                weights.LETTERHEAD_AGAIN if header > 0 and self.sheet.heads[line.head] >= 2 else weights.LETTERHEAD
            )
        points += self.sheet.openings.get(form_of(line), 0.0)
        if self._names_another_patient(following):
            points += weights.NEW_PATIENT
        if following and following[0] - self.sheet.words[position] > 1:
            points += weights.ALONE
        elif following and line.letterhead and self.sheet.at(following[0]).title_noun:
            points += weights.TITLE_BELOW
        ended = self.stage >= words.LATE
        if self._heading_follows(following[:2], latest=words.CLOSING if ended and line.capitals else words.MIDDLE):
            points += weights.OPENING_FOLLOWS + (weights.STAGE_BACK if ended else 0.0)
        return points

    def _weigh_email(self, position: int, line: LineFeatures) -> float:
        if line.email_key != "from":
            return 0.0
        following = self.sheet.following(position, most=5)
        others = sum(1 for number in following if self.sheet.at(number).email_key == "other")
        if others < 2 or self._answers_above(position) or self._is_quoted_message(following):
            return 0.0
        return weights.EMAIL_HEADER + weights.LABEL_GROUP * min(others, 3)

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
        alone = len(line.folded) <= self.sheet.dates(number)[0][1] - line.indent + weights.BESIDE_DATE
        style = len(self.sheet.visits) >= 3 and (line.columns > 1 or named or line.prose or alone)
        if not named and not style:
            return 0.0
        points = (
            weights.VISIT_HEADING + (weights.VISIT_STYLE if style else 0.0) + (weights.VISIT_WORD if named else 0.0)
        )
        points += weights.VISIT_COLUMNS if line.columns > 1 else 0.0
        return points + 0.5 * weigh_header_block(self.sheet, self.sheet.following(position, most=weights.HEADER_REACH))

    def _weigh_letter(self, position: int) -> float:
        """A line that holds a date alone, with a salutation soon behind it."""
        number = self.sheet.words[position]
        dates = self.sheet.dates(number)
        line = self.sheet.at(number)
        ends_line = bool(dates) and dates[0][1] >= len(self.sheet.text.lines[number - 1].rstrip())
        beside = weights.BEFORE_DATE if ends_line and line.columns == 1 else weights.BESIDE_DATE
        if not dates or len(line.folded) > dates[0][1] - dates[0][0] + beside:
            return 0.0
        following = self.sheet.following(position, most=weights.HEADER_REACH)
        return (
            weights.LETTER if any(words.salutation().search(self.sheet.at(line).folded) for line in following) else 0.0
        )

    def _weigh_heading(self, position: int, line: LineFeatures) -> float:
        heading = line.heading
        if heading is None or heading.stage != words.OPENING:
            return 0.0
        repeats = line.folded[:24] in self.openings and heading.strength >= 3
        if self.stage < words.LATE and not repeats and position - self.begun_at < weights.BLOCK_REACH:
            return 0.0
        inline = (
            bool(line.value) and not self.sheet.text.lines[self.sheet.words[position] - 1].partition(":")[0].isupper()
        )
        points = heading.strength * (0.5 if inline else 1.0) + (
            weights.STAGE_BACK if self.stage >= words.LATE or repeats else 0.0
        )
        if heading.strength >= 3 and not inline and position - self.begun_at >= weights.LONG_BEGUN:
            points += weights.LATE_OPENING
        if self._heading_follows(self.sheet.following(position, most=4), latest=words.OPENING):
            points += weights.OPENING_FOLLOWS / 2
        return points + (weights.EARLY if position - self.begun_at < 6 and not repeats else 0.0)

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
        if position - first > weights.BLOCK_REACH:
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
        ahead = sheet.words[position : position + weights.HEADER_REACH]
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
        if line.email_key == "from" and position - first > weights.HEADER_REACH // 2:
            return True
        if start_line in sheet.visits:
            whole = position - first >= 2 or len(sheet.at(start_line).folded) >= weights.WHOLE_ENTRY
            if candidate in sheet.visits and whole:
                return True
            if line.email_key == "from":
                return words.writes().search(sheet.at(start_line).folded) is None
            if line.title_noun and apart and position - first >= 2:
                return True
        return sheet.openings.get(form_of(line), 0.0) > 0 and position - first >= (3 if apart else 4)

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
        return position == 0 or weigh_break(self.sheet, position) >= weights.PAGE_BREAK


def _subject_of(line: LineFeatures) -> str | None:
    match = words.subject().match(line.folded)
    return match[1] if match else None
