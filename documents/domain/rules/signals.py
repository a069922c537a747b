"""The signals of each line that might begin a document, by that line and what stands around it."""

import re
from collections.abc import Container, Sequence
from functools import cached_property
from itertools import takewhile

from documents.domain.rules import words
from documents.domain.rules.authors import Authors
from documents.domain.rules.blocks import HEADER_REACH, HeaderBlocks
from documents.domain.rules.breaks import Break
from documents.domain.rules.catalogue import SPEAK_FOR
from documents.domain.rules.days import leads_without_year
from documents.domain.rules.days_beside import DaysBeside
from documents.domain.rules.features import LineFeatures, is_name
from documents.domain.rules.initials import ends_initialled, ends_signed
from documents.domain.rules.looks import Looks
from documents.domain.rules.messages import BESIDE_DATE, Messages
from documents.domain.rules.notes import ends_with_amount
from documents.domain.rules.patients import Patients
from documents.domain.rules.repeats import Repeats
from documents.domain.rules.sheet import ALIKE_FIRST, Sheet
from documents.domain.rules.signed_days import is_signed_day
from documents.domain.rules.surroundings import read_header_block

CENTRED = 10  # spaces from which a line counts as centred
DATE_WITHIN = 60  # first characters of a line within which a date counts as the line's own
OPENER_WITHIN = 110  # first characters of running text in which words that open a note count
DATE_LEADS = 3  # characters before a date that leads a line
SALUTES_WITHIN = 3  # lines below a document's first among which one opens a letter
FIRST_PAGE_WITHIN = 3  # lines, the line's own included, among which its page is counted
MOST_WORDS_BEFORE_DATE = 9  # of a line that is a few words and a date, the date's included
ENDS_EARLY = 0.6  # share of a full line below which one ends early
LEAST_LETTERS = 5  # of a title in capitals that heads a page
GOES_ON = 40  # characters from which a page's last line may break off within a sentence
SENTENCE = 24  # characters from which a line with a full stop at its end ends running text
LONG_SERIES = 8  # dated headings of one form, from which a series says all that it can
LABELS_OF_BLOCK = 2  # lines with labels below each other that make a block
MOST_GROUPS = 4  # groups of labels that count
STRONGEST = 4.0  # the vocabulary's strength of the strongest opening heading

_NO, _YES = 1, 2  # answers; 0 where nobody has asked
Signals = dict[str, float]
_OF_HEADS = frozenset(
    {
        "is_visit",
        "series",
        "visit_style",
        "visit_word",
        "visit_columns",
        "letter",
        "repeats",
        "new_author",
        "new_patient",
        "whose_day",
        "day_beside",
    }
)
_OF_TOPS = SPEAK_FOR | {"later_page"}  # what the first line of a block says besides its main line
_OF_ROWS = frozenset({"twin_row", "crowded", "breaks_off", "series_close", "series_below", "series_clustered"})
_OF_ROWS_BY_SHAPE = (_OF_ROWS - {"series_below"}) | {"is_row"}  # where animal and day tell that it is none
_OF_NO_NOTES = _OF_ROWS - {"breaks_off"}  # rows of tables hold no sentences
_NOT_OF_TEMPLATES = frozenset(  # what does not count of a template's heading, however it looks
    {"twin_row", "crowded", "breaks_off", "set_in", "in_signature", "lower_case", "is_item", "is_row", "is_prose"}
)
_NOT_OF_MAIL = _OF_ROWS | {"is_row", "is_contact"}  # its fields may stand side by side, addresses among them
_OF_PLACE = frozenset(  # what the main line of a block does not lend to its first line
    {"in_signature", "plain_title", "is_contact", "twin_row", "crowded", "alone"}
)
_ITEM = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•·▪◦‣]|[a-z][.)])\s")


def _may_go_on(line: LineFeatures, *, printed: str) -> bool:
    """Whether a page's last line is running text with no end."""
    if line.closing or line.groups or line.title or line.columns > 2 or len(printed) < GOES_ON:
        return False
    return printed[-1:] not in ".!?:)" and not ends_signed(printed) and not ends_initialled(printed)


def _is_title_in_capitals(line: LineFeatures) -> bool:
    """Whether words in capitals, and not a short sign such as "L4", are a title."""
    return line.title > 0 and line.capitals and sum(map(str.isalpha, line.folded)) >= LEAST_LETTERS


def _is_row(line: LineFeatures) -> bool:
    """Whether a line may be a row of a table: columns, and numbers in them."""
    return line.columns > 1 and not (line.title_noun or line.groups) and any(map(str.isdigit, line.folded))


class LineSignals:
    """Reads the signals of a sheet's lines. Positions are places in `sheet.words`."""

    def __init__(self, sheet: Sheet, *, closed: Container[int] = frozenset()) -> None:
        """`closed` are lines at which no document can begin."""
        self.sheet = sheet
        self.closed = closed
        self.blocks = HeaderBlocks(sheet, closed=closed)
        self.break_before = self.blocks.break_before
        self.notes = self.blocks.notes
        self.first_lines = self.blocks.first_lines
        self._read: dict[int, Signals] = {}
        salutes = words.salutation().match
        self._salutations = frozenset(number for number in sheet.words if salutes(sheet.at(number).folded))
        # What has been asked of a line, by its number: lines are looked at from several places.
        self._animals = bytearray(len(sheet.text.lines) + 1)

    def may_begin(self, position: int) -> bool:
        """Whether the line is looked at as a beginning at all: most lines in the midst of a text are not."""
        sheet = self.sheet
        number = sheet.words[position]
        line = sheet.at(number)
        if line.ruler or (line.quoted and number not in sheet.visits):
            return False
        if number in self.closed or number in sheet.under_heading:
            return False
        return self._may_head(position, number, line) and not words.quotes_reply(line.folded)

    def _may_head(self, position: int, number: int, line: LineFeatures) -> bool:
        """Whether the line is of a kind that heads documents, or stands where they begin."""
        sheet = self.sheet
        if number in sheet.templated:
            return True
        if line.title > 0 or line.heading is not None or line.email_key == "from" or number in sheet.visits:
            return number not in sheet.ledger.hanging
        if number in sheet.ledger.hanging:
            return False
        if number in sheet.ledger.behind and not line.prose:
            return True
        if self.notes.is_written(position):
            return True
        before = self.break_before(position)
        if before.blanks or before.page or before.ruler or before.closing or before.part:
            return line.email_key != "other" or bool(line.groups)
        if self.sheet.days.leads(position) or leads_without_year(sheet.text.lines[number - 1]):
            return True
        if self.patients.leads(number) and not line.groups:
            return True
        if line.letterhead or (not line.prose and line.columns <= 2 and bool(sheet.dates(number))):
            return True
        if number in self._salutations or self._begins_labels(position):
            return True
        if self.blocks.is_short(position) and self._tells_below(position):
            return True
        return self.first_lines.likeness(position) >= ALIKE_FIRST or self.days_beside.tell_whose(position)

    def _begins_labels(self, position: int) -> bool:
        """Whether a block of labels begins with the line, whose animal or owner it names."""
        if not self.sheet.at(self.sheet.words[position]).groups or self._labelled_above(position):
            return False
        block = self.sheet.words[position : position + LABELS_OF_BLOCK]
        groups = [self.sheet.at(number).groups for number in block]
        return all(groups) and any("patient" in group for group in groups)

    def _names_animal(self, number: int) -> bool:
        """Whether the line names an animal of this file."""
        if not self._animals[number]:
            self._animals[number] = _YES if self.patients.names(number) else _NO
        return self._animals[number] == _YES

    def _tells_below(self, position: int) -> bool:
        """Whether a date leads the line below, or that line names an animal."""
        below = self.sheet.following(position, most=1)
        return self._date_leads(below) or any(self._names_animal(number) for number in below)

    def of(self, position: int) -> Signals:
        """The signals of a line that is not the first, but for those of habits and of spans."""
        found = self._read.get(position)
        if found is None:
            found = self._read[position] = self._signals_of(position)
        return found

    def _signals_of(self, position: int) -> Signals:
        found: Signals = {"any_line": 1.0}
        self._add_break(found, before := self.break_before(position))
        self._add_page_edge(found, position, before)
        self._add_days(found, position)
        self._add_line_before(found, position)
        if self.authors.has_initials(position - 1):
            found["signed_above"] = 1.0
        if self.authors.signs_off(position - 1):
            found["author_signs"] = 1.0
        if (change := self.looks.change(position)) > 0:
            found["looks_other"] = change
        own = self._of_line(position)
        number = self.sheet.words[position]
        under = self.blocks.stands_under(position)
        main = position if under else self.blocks.find_main(position)
        if main != position:
            said = {name: value for name, value in self._of_line(main).items() if name not in _OF_PLACE}
            own = said | {name: max(value, said.get(name, 0.0)) for name, value in own.items() if name in _OF_TOPS}
        found |= own
        if number in self.sheet.ledger.text_at:
            found = {name: value for name, value in found.items() if name not in _OF_ROWS}
            found["ledger"] = 1.0
        elif number in self.sheet.of_kinds:
            found = {name: value for name, value in found.items() if name not in _OF_ROWS}
            found["of_kinds"] = 1.0
        elif number in self.sheet.ledger.behind:
            found["leaves_ledger"] = 1.0
        elif self.notes.leads(position):
            found = {name: value for name, value in found.items() if name not in _OF_NO_NOTES}
        if number in self.sheet.templated:
            found = {name: value for name, value in found.items() if name not in _NOT_OF_TEMPLATES}
            found["templated"] = self.sheet.templated[number]
            if number not in self.sheet.visits:
                found["template_title"] = 1.0
        if "mail" in found:
            found = {name: value for name, value in found.items() if name not in _NOT_OF_MAIL}
        if self.days_beside.tell_whose(position):
            found = {name: value for name, value in found.items() if name not in _OF_ROWS_BY_SHAPE}
        if under:
            found = {name: value for name, value in found.items() if name not in _OF_HEADS}
            found["under_title"] = 1.0
        return found

    def _of_line(self, position: int) -> Signals:
        """The signals of a line but for those of its place: what it is, what follows, how often its form comes."""
        number = self.sheet.words[position]
        line = self.sheet.at(number)
        found: Signals = {}
        following = self.sheet.following(position, most=HEADER_REACH)
        visit = number in self.sheet.visits
        self._add_form(found, position, line, visit=visit)
        if visit:
            self._add_visit(found, position, line)
        self._add_header(found, position, line, following=following, visit=visit)
        if line.email_key == "from":
            self._add_mail(found, position)
        if self.messages.begins_letter(position):
            found["letter"] = 1.0
        self._add_repeats(found, position)
        if (likeness := self._likeness(position)) > 0:
            found["as_first"] = likeness
        if self._counts_first(position):
            found["first_page"] = 1.0
        if self.days_beside.tell_whose(position):
            found["whose_day"] = 1.0
        elif not visit and self.days_beside.tell_what(position):
            found["day_beside"] = 1.0
        if is_signed_day(self.sheet, position):
            found["signed_day"] = 1.0
        if number in self.sheet.kinds_and_days and not line.prose:
            found["kind_and_day"] = 1.0
        if visit or line.title > 0 or self.blocks.is_short(position) or self._ends_with_date(number):
            self._add_told(found, position, line)
        return found

    def _likeness(self, position: int) -> float:
        """How much the line, or a ruler directly above that belongs to it, begins like the file's first lines."""
        likeness = self.first_lines.likeness(position)
        if likeness or not self.sheet.at(self.sheet.words[position - 1]).ruler:
            return likeness
        return self.first_lines.likeness(position - 1)

    def _add_days(self, found: Signals, position: int) -> None:
        """The day that the line begins with, and whether it comes after the last one above."""
        days, number = self.sheet.days, self.sheet.words[position]
        if days.leads(position):
            found["day_leads"] = 1.0
            step = days.step(position)
            if step is not None and step > 0:
                found["later_day"] = 1.0
        elif leads_without_year(self.sheet.text.lines[number - 1]) and not self.sheet.begins_with_number(position):
            found["day_leads_short"] = 1.0
        if self.patients.leads(number):
            found["patient_leads"] = 1.0
        self._add_note(found, position)

    def _add_note(self, found: Signals, position: int) -> None:
        """Whether the line begins a note of a day and a sentence."""
        notes, number = self.notes, self.sheet.words[position]
        note = notes.of(position)
        if note is None:
            if number in self.sheet.visits and ends_with_amount(self.sheet.text.lines[number - 1]):
                found["charge"] = 1.0
            return
        if not note.written or notes.is_of_same_day(position):
            return
        found["note"] = 1.0 if note.leads else 0.4
        if notes.stands_behind_end(position):
            found["note_behind_end"] = 1.0 if note.leads else 0.4
        if note.leads:
            found["notes_often"] = notes.share
            if note.timed:
                found["note_timed"] = 1.0

    def _add_page_edge(self, found: Signals, position: int, before: Break) -> None:
        """On top of a page: whether what stands above its edge has ended, and whether the line heads a paper."""
        if not before.page or before.goes_on:
            return
        above, number = self.sheet.words[position - 1], self.sheet.words[position]
        line, last, printed = self.sheet.at(number), self.sheet.at(above), self.sheet.text.lines[above - 1].rstrip()
        dated = bool(self.sheet.dates(number))
        if _may_go_on(last, printed=printed) or (not dated and _is_row(last) and _is_row(line)):
            found["page_cuts"] = 1.0
        elif self.days_beside.goes_on(number):
            return
        elif line.title_noun or _is_title_in_capitals(line) or self.days_beside.tell_whose(position):
            found["page_headed"] = 1.0
            if dated or self._date_leads(self._just_below(position)[:1]) or self._names_animal(number):
                found["page_dated"] = 1.0

    def _add_line_before(self, found: Signals, position: int) -> None:
        """How the line directly above ends: early, or with the initials or the name of who wrote it."""
        above = self.sheet.words[position - 1]
        printed = self.sheet.text.lines[above - 1].rstrip()
        if len(printed) < ENDS_EARLY * self.sheet.width:
            found["ends_early"] = 1.0
        if ends_initialled(printed):
            found["initialled"] = 1.0

    @cached_property
    def authors(self) -> Authors:
        return Authors(self.sheet)

    @cached_property
    def looks(self) -> Looks:
        return Looks(self.sheet.text.lines, words=self.sheet.words, features=self.sheet.features)

    def _add_told(self, found: Signals, position: int, line: LineFeatures) -> None:
        """What a line of few words, and those just below, tell of a document: its kind, its day, its animal."""
        number = self.sheet.words[position]
        following = self._just_below(position)
        kind = line.title_noun or not words.kind_words().isdisjoint(line.head.split())
        if line.title > 0 and kind and not line.title_noun:
            found["kind_word"] = 1.0
        if number not in self.sheet.visits and self._ends_with_date(number):
            found["ends_with_date"] = 1.0
        if number not in self.sheet.visits and self._date_leads(following[:1]):
            found["date_leads_below"] = 1.0
        animal = any(self._names_animal(each) for each in (number, *following))
        if animal:
            found["patient_named"] = 1.0
        told = kind + animal + self._tells_day(number, following)
        if told > 1:
            found["told"] = (told - 1) / 2
        name = not kind and is_name(line, printed=self.sheet.text.lines[number - 1].strip())
        if told and position and not name and self._ends_sentence(position - 1):
            found["behind_sentence"] = told / 3

    def _just_below(self, position: int) -> list[int]:
        """The next two lines, up to one that begins an entry of its own."""
        number, found = self.sheet.words[position], []
        for below in self.sheet.following(position, most=2):
            if below - number > 3 or below in self.sheet.ledger.text_at or below in self.sheet.of_kinds:
                break
            found.append(below)
        return found

    def _tells_day(self, number: int, following: Sequence[int]) -> bool:
        if self.sheet.dates(number) or self._date_leads(following[:1]):
            return True
        return any(self.sheet.dates(each) and not self.sheet.at(each).prose for each in following)

    def _ends_sentence(self, position: int) -> bool:
        """Whether the line at `position` ends running text, with no blank line below it."""
        above, number = self.sheet.words[position], self.sheet.words[position + 1]
        printed = self.sheet.text.lines[above - 1].rstrip()
        return number - above == 1 and len(printed) > SENTENCE and (printed[-1:] in ".!?)" or ends_signed(printed))

    def _date_leads(self, following: Sequence[int]) -> bool:
        return any((dates := self.sheet.dates(each)) and dates[0][0] <= DATE_LEADS for each in following)

    def _ends_with_date(self, number: int) -> bool:
        """Whether the line is a few words, no label and no sentence, with a date behind them."""
        line = self.sheet.at(number)
        if line.prose or line.groups or line.heading or line.columns > 2 or line.closing:
            return False
        printed = self.sheet.text.lines[number - 1].strip()
        dates = self.sheet.dates(number)
        if not dates or not printed[:1].isupper() or len(printed.split()) > MOST_WORDS_BEFORE_DATE:
            return False
        return dates[-1][1] >= len(self.sheet.text.lines[number - 1].rstrip()) and ":" not in printed

    @cached_property
    def patients(self) -> Patients:
        return Patients(self.sheet)

    @cached_property
    def days_beside(self) -> DaysBeside:
        return DaysBeside(self.sheet, names=self.patients.mentions)

    def _add_break(self, found: Signals, before: Break) -> None:
        if before.page:
            found["page"] = 1.0
            if before.begins_again:
                found["count_begins"] = 1.0
            elif before.goes_on:
                found["count_goes_on"] = 1.0
        elif before.blanks == 0:
            found["no_blank"] = 1.0
        if before.blanks:
            found["blanks" if before.blanks > 1 else "blank"] = 1.0
        if before.rare:
            found["rare_blanks"] = 1.0
        if before.ruler:
            found["ruler"] = 1.0
        if before.closing:
            found["closing"] = 1.0
        if before.closed:
            found["closed"] = 1.0
        if before.breaks_off:
            found["breaks_off"] = 1.0
        if before.part:
            found["part"] = 1.0

    def _add_form(self, found: Signals, position: int, line: LineFeatures, *, visit: bool) -> None:
        number = self.sheet.words[position]
        printed = self.sheet.text.lines[number - 1]
        if line.title > 0:
            self._add_title(found, position, line)
        elif line.heading is not None and not visit:
            if self._heads_section_paper(number, following=self.sheet.following(position, most=1)):
                found["section_headed"] = found["is_title"] = 1.0
            else:
                self._add_heading(found, line, printed=printed)
        elif not visit and line.prose:
            found["is_prose"] = 1.0
            if words.opener().search(line.folded[:OPENER_WITHIN]):
                found["opener"] = 1.0
        elif not visit and line.columns > 2 and not line.groups:
            found["is_row"] = 1.0
        elif not visit and self.blocks.is_short(position):
            found["is_short"] = 1.0
        if line.groups and not visit and line.title <= 0:
            found["is_label"] = 1.0
        if number in self.sheet.footers:
            found["is_footer"] = 1.0
        if number in self.sheet.later_pages or self._heads_later_page(position):
            found["later_page"] = 1.0
        if line.contact and line.title <= 0:
            found["is_contact"] = 1.0
        if not visit and _ITEM.match(printed) and not self._is_framed(number):
            found["is_item"] = 1.0
        if line.lower and printed.split(maxsplit=1)[0].islower():
            found["lower_case"] = 1.0
        if words.addition().match(line.folded):
            found["adds"] = 1.0
        if line.head in words.never_titles() and line.title <= 0 and "section_headed" not in found:
            found["never_title"] = 1.0
        if not visit and (dates := self.sheet.dates(number)) and dates[0][0] < DATE_WITHIN and not line.prose:
            found["dated"] = 1.0

    def _heads_section_paper(self, number: int, *, following: Sequence[int]) -> bool:
        """Whether the name of a section stands by itself as a title, and a line below tells the day or the animal."""
        line = self.sheet.at(number)
        if not line.capitals or line.value or not following or not self.sheet.at(number).heading:
            return False
        below = self.sheet.at(following[0])
        if following[0] - number > 2 or below.heading is not None:
            return False
        if below.prose and not self._names_animal(following[0]):
            return False
        return bool(self.sheet.dates(following[0])) or self._names_animal(following[0])

    def _is_framed(self, number: int) -> bool:
        """Whether what looks like the sign of a list is a title's frame, or the day that the line begins with."""
        printed = self.sheet.text.lines[number - 1].strip()
        if printed[:1] == printed[-1:]:
            return True
        dates = self.sheet.dates(number)
        return bool(dates) and dates[0][0] == self.sheet.at(number).indent

    def _heads_later_page(self, position: int) -> bool:
        """Whether the line tops a page whose header, just below, counts a page that is not a document's first."""
        if not self.break_before(position).page:
            return False
        number = self.sheet.words[position]
        return any(below in self.sheet.later_pages for below in (number + 1, number + 2))

    def _counts_first(self, position: int) -> bool:
        """Whether the line, or one of the two below (noise too), says that it is a document's first page of some."""
        number = self.sheet.words[position]
        return not self.sheet.first_pages.isdisjoint(range(number, number + FIRST_PAGE_WITHIN))

    def _add_title(self, found: Signals, position: int, line: LineFeatures) -> None:
        found["is_title"] = 1.0
        if line.title >= 2:
            found["capitals"] = 1.0
        elif line.title > 1:
            found["raised"] = 1.0
        if line.title_noun:
            found["weak_noun" if line.weak_noun else "noun"] = 1.0
        if line.indent >= CENTRED:
            found["centred"] = 1.0
        elif line.indent > 0:
            found["set_in"] = 1.0
        if not line.title_noun and self.blocks.signs(position) and not self.patients.leads(self.sheet.words[position]):
            found["in_signature"] = 1.0
        if line.letterhead:
            again = self.sheet.heads[line.head] >= 2
            found["letterhead_again" if again else "letterhead"] = 1.0

    def _add_heading(self, found: Signals, line: LineFeatures, *, printed: str) -> None:
        assert line.heading is not None
        if line.heading.stage != words.OPENING:
            found["is_section"] = 1.0
            return
        found["is_heading"] = 1.0
        found["opening"] = line.heading.strength / STRONGEST
        if line.value and not printed.partition(":")[0].isupper():
            found["inline"] = 1.0

    def _add_visit(self, found: Signals, position: int, line: LineFeatures) -> None:
        number = self.sheet.words[position]
        named = words.visit_word().search(line.folded) is not None
        alone = len(line.folded) <= self.sheet.dates(number)[0][1] - line.indent + BESIDE_DATE
        found["is_visit"] = 1.0
        if len(self.sheet.dates(number)) > 1:
            found["two_dates"] = 1.0
        entry = self.sheet.entries.get(number)
        if entry is not None:
            found["series"] = min(1.0, entry.members / LONG_SERIES)
            if entry.close:
                found["series_close"] = 1.0
            if entry.clustered:
                found["series_clustered"] = 1.0
            if entry.daily:
                found["series_daily"] = 1.0
            if entry.below:
                found["series_below"] = 1.0
            if entry.marked:
                found["marked"] = 1.0
        if named:
            found["visit_word"] = 1.0
        if line.columns > 1:
            found["visit_columns"] = 1.0
        if len(self.sheet.visits) >= 3 and (line.columns > 1 or named or line.prose or alone):
            found["visit_style"] = 1.0

    def _add_header(
        self, found: Signals, position: int, line: LineFeatures, *, following: Sequence[int], visit: bool
    ) -> None:
        sheet = self.sheet
        number = sheet.words[position]
        headed = line.title > 0 or visit or self.blocks.is_short(position)
        first_label = bool(line.groups) and not headed and not self._labelled_above(position)
        if self.authors.changes(position, heads=headed or first_label):
            found["new_author"] = 1.0
        if headed or first_label:
            own_date = line.columns > 1 and bool(sheet.dates(number))
            groups = read_header_block(sheet, [number, *following], dated=own_date)
            if groups:
                share = min(len(groups), MOST_GROUPS) / MOST_GROUPS
                found["labels" if headed else "labels_of_block"] = share
                if "date" in groups:
                    found["own_date"] = 1.0
                    if line.title_noun and len(groups) > 1:
                        found["noun_and_labels"] = 1.0
            elif not visit and not line.title_noun and line.title > 0:
                found["plain_title"] = 1.0
            if own_date and not visit:
                found["dated_title"] = 1.0
            if self.patients.changes(number, last=[number, *self._before_prose(following)][-1]):
                found["new_patient"] = 1.0
        if (
            following
            and following[0] - number > 1
            and self.break_before(position).blanks + self.break_before(position).page
        ):
            found["alone"] = 1.0
        if line.letterhead and self._title_below(following):
            found["title_below"] = 1.0
        if self.blocks.has_address(position):
            found["address_below"] = 1.0
        latest = words.MIDDLE if headed else words.OPENING
        if (headed or line.heading is not None) and self._note_follows(following[: 2 if headed else 4], latest=latest):
            found["note_follows" if headed else "heading_follows"] = 1.0
        if not self._salutations.isdisjoint((number, *following[:SALUTES_WITHIN])):
            found["salutation"] = 1.0
            if self.break_before(position).page:
                found["salutes_on_top"] = 1.0

    def _title_below(self, following: Sequence[int]) -> bool:
        """Whether what names a document stands below, with no more than an address between."""
        for number in following[:4]:
            line = self.sheet.at(number)
            if line.title_noun:
                return True
            if line.prose or line.closing or line.heading or line.groups:
                return False
        return False

    def _labelled_above(self, position: int) -> bool:
        above = self.sheet.words[position - 1]
        return self.sheet.words[position] - above == 1 and bool(self.sheet.at(above).groups)

    def _note_follows(self, following: Sequence[int], *, latest: int) -> bool:
        headings = (self.sheet.at(number).heading for number in following)
        return any(heading is not None and heading.stage <= latest for heading in headings)

    def _before_prose(self, following: Sequence[int]) -> list[int]:
        """The lines below that may be of a header: those above the first of running text."""
        return list(takewhile(lambda below: not self.sheet.at(below).prose, following))

    def _add_mail(self, found: Signals, position: int) -> None:
        if not self.messages.begins_mail(position):
            return
        found["mail"] = 1.0
        if self.messages.is_quoted(position):
            found["quotes"] = 1.0

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.sheet)

    @cached_property
    def repeats(self) -> Repeats:
        return Repeats(self.sheet)

    def _add_repeats(self, found: Signals, position: int) -> None:
        repeats, crowded = self.repeats.of(position)
        if repeats:
            found["repeats"] = repeats
        if crowded:
            found["crowded"] = 1.0
        if self.repeats.has_twin_row(position):
            found["twin_row"] = 1.0
            if self.sheet.at(self.sheet.words[position]).columns > 2:
                found["is_row"] = 1.0
