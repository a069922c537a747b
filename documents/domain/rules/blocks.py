"""Header blocks: the lines on top of a document, from letterhead or title to the last label."""

import re
from array import array
from collections.abc import Callable, Container
from itertools import accumulate

from documents.domain.rules import words
from documents.domain.rules.breaks import Break, read_break
from documents.domain.rules.features import LineFeatures, form_of, is_name
from documents.domain.rules.first_lines import FirstLines
from documents.domain.rules.notes import Notes
from documents.domain.rules.sheet import ALIKE_FIRST, NARROW, STREET, Sheet
from documents.domain.rules.surroundings import is_signature

HEADER_REACH = 8  # lines with words of a header block that are looked at
BLOCK_REACH = 14  # lines with words within which a second beginning may stand in the same header block
WHOLE_ENTRY = 30  # characters from which a dated line may be an entry all by itself
UNDER_REACH = 12  # lines with words above a line among which what heads its block is looked for
MANY_COMMAS = 3  # of a line that tells whose a document is: name, species, breed, sex
_WHOSE = frozenset({"patient", "owner"})
LOWER_WORDS = 3  # words with a small letter first that a sentence has at the least
_SENTENCE = re.compile(r"[^\W\d_]{3}[.!?](?:\s|$)")
OF_BODY = 4  # weight of body lines from which a header block is left behind
SHORT = 5  # words of a short line
NEAR = 2  # lines within which an orphaned title and its document on the next page belong together
ADDRESS = 3  # lines of an address between a letterhead and a title
MOST_OTHERS = 2  # lines between that are no lines of a header (an address, a motto)
OF_VISITS = 3  # rank of a dated heading as the main line of a block
MAIN_REACH = 6  # lines with words of a header block among which its main line stands


def is_sentence(printed: str) -> bool:
    """Whether a line holds the end of a sentence of some words: no header block prints one."""
    if not ("." in printed or "!" in printed or "?" in printed) or ":" in printed[:30]:
        return False
    if _SENTENCE.search(printed) is None:
        return False
    return sum(1 for word in printed.split() if word[:1].islower()) >= LOWER_WORDS


class HeaderBlocks:
    """Tells which lines of a sheet stand in one header block. Positions are places in `sheet.words`."""

    def __init__(self, sheet: Sheet, *, closed: Container[int] = frozenset()) -> None:
        """`closed` are lines that belong to no document."""
        self.sheet = sheet
        first = next((place for place, number in enumerate(sheet.words) if number not in closed), 0)
        self.first_lines = FirstLines(sheet.words, features=sheet.at, first=first)
        features = [sheet.at(number) for number in sheet.words]
        # Sums up to each line; arrays, since a list of numbers takes eight times the memory.
        self._prose = array("l", [0])
        self._prose.extend(accumulate(line.prose for line in features))
        self._body = array("l", [0])
        self._body.extend(accumulate(self._body_weight(number) for number in sheet.words))
        self._closings = array("l", [0])
        self._closings.extend(accumulate(line.closing for line in features))
        self.notes = Notes(sheet)
        # What stands before the line at each position.
        self.break_before: Callable[[int], Break] = [
            read_break(sheet, position, closed_lines=closed) if position else Break()
            for position in range(len(sheet.words))
        ].__getitem__

    def _body_weight(self, number: int) -> int:
        """How much a line looks like one of a document's body: 0 for what may stand in a header."""
        line = self.sheet.at(number)
        printed = self.sheet.text.lines[number - 1].strip()
        if is_sentence(printed) and not line.title_noun:
            return OF_BODY
        if self._is_of_header(number) and not self._is_row(line):
            return 0
        goes_on = printed[:1].islower() or (len(printed) > NARROW and printed.endswith("."))
        return 2 if goes_on and not line.contact else 1

    def signs(self, position: int) -> bool:
        """Whether the line stands in a signature."""
        line = self.sheet.at(self.sheet.words[position])
        before = self.break_before(position) if position else Break()
        if before.page or before.ruler:
            return False
        if line.letterhead and before.closed and not (before.blanks or before.page):
            above = self.sheet.at(self.sheet.words[position - 1])
            if above.signed or words.greeting().search(above.folded):
                return True
        if line.letterhead and position and not (before.blanks or before.page or before.ruler):
            number = self.sheet.words[position - 1]
            if is_name(self.sheet.at(number), printed=self.sheet.text.lines[number - 1].strip()):
                return True
        return is_signature(self.sheet, position)

    def stands_under(self, position: int) -> bool:
        """Whether a title, a letterhead, a dated heading or a mail's first line heads the block it stands in."""
        ledger, number = self.sheet.ledger, self.sheet.words[position]
        if number in ledger.text_at or number in ledger.behind or number in self.sheet.of_kinds:
            return False
        if number in self.sheet.templated:
            return False
        others = 0
        reach = NEAR if self._heads_title(position) else UNDER_REACH
        for above in range(position - 1, max(-1, position - 1 - reach), -1):
            number = self.sheet.words[above]
            line = self.sheet.at(number)
            if (
                not self._joined(above)
                or line.quoted
                or (line.heading is not None and line.heading.stage >= words.LATE)
            ):
                return False
            if self._body[above + 1] - self._body[above] >= OF_BODY:
                return False
            if self.may_head(above) and self.in_header(above, position):
                return True
            if above == position - 1 and self.find_main(above) == position:
                return True
            if self._is_row(line):
                return False
            others += not self._is_of_header(number)
            if others > MOST_OTHERS:
                return False
        return False

    def find_main(self, position: int) -> int:
        """Of the lines of the block that the title at `position` heads, the one that says most; itself if none does."""
        line = self.sheet.at(self.sheet.words[position])
        best, said = position, self._rank(position)
        if not self._may_be_first(position):
            return position
        plain = line.title <= 0
        for below in range(position + 1, min(len(self.sheet.words), position + MAIN_REACH)):
            number = self.sheet.words[below]
            if number in self.sheet.ledger.text_at or number in self.sheet.of_kinds or number in self.sheet.templated:
                break  # an entry of its own
            if not self._joined(below - 1) or not self._is_of_header(number) or not self.in_header(position, below):
                break
            if plain and self.break_before(below).blanks:
                break
            rank = self._rank(below)
            may = rank < OF_VISITS or line.title_noun or self.has_address(position)
            if rank > said and (may or (line.letterhead and self._opens_letter(below))):
                best, said = below, rank
            if self.sheet.at(number).groups:
                break  # a title does not stand behind labels
        return best

    def _heads_title(self, position: int) -> bool:
        """Whether the line is a letterhead with a title below, no more than an address between."""
        if not self.sheet.at(self.sheet.words[position]).letterhead:
            return False
        for number in self.sheet.following(position, most=ADDRESS + 1):
            if self.sheet.at(number).title_noun:
                return True
            if not self._is_address(number):
                return False
        return False

    def has_address(self, position: int) -> bool:
        """Whether the line is a letterhead with its address or phone number directly below."""
        below = self.sheet.following(position, most=1)
        return self.sheet.at(self.sheet.words[position]).letterhead and any(map(self._is_address, below))

    def _is_address(self, number: int) -> bool:
        line = self.sheet.at(number)
        if line.prose or line.closing or line.heading or line.groups or line.email_key:
            return False
        street = STREET.match(line.folded) is not None
        return line.contact or line.ruler or street or words.contact_word().search(line.folded) is not None

    def _is_row(self, line: LineFeatures) -> bool:
        """Whether the line is a table's row: what follows is no header any more."""
        if line.groups or line.contact or line.columns < 2 or not any(map(str.isdigit, line.folded)):
            return False
        return line.title == 0 or (line.columns > 2 and not (line.title_noun or line.letterhead))

    def _opens_letter(self, position: int) -> bool:
        """Whether a salutation stands just below the dated line."""
        below = self.sheet.following(position, most=NEAR)
        return any(words.salutation().search(self.sheet.at(number).folded) for number in below)

    def _may_be_first(self, position: int) -> bool:
        """Whether the line may stand on top of a block whose main line is another one."""
        if not self._stands_free(position):
            return False
        line = self.sheet.at(self.sheet.words[position])
        before = self.break_before(position) if position else Break(page=True)
        if line.title > 0:
            if self.signs(position):
                return False
            known = line.title_noun or line.letterhead or line.capitals
            return known or not before.closing or before.page or before.rare or bool(before.ruler)
        if line.prose or line.closing or line.heading or line.quoted or line.ruler or line.email_key:
            return False
        if line.folded.endswith("."):
            return False
        return bool(line.groups & _WHOSE) or line.folded.count(",") >= MANY_COMMAS

    def may_head(self, position: int) -> bool:
        """Whether the line is of the kinds that stand on top of a document's header block."""
        number = self.sheet.words[position]
        line = self.sheet.at(number)
        if line.email_key == "from" or number in self.sheet.visits:
            return True
        if line.ruler:
            return False  # what stands below it is the beginning, and moves up over it
        if self.first_lines.likeness(position) >= ALIKE_FIRST:
            return True
        if number in self.sheet.footers or number in self.sheet.later_pages:
            return False
        if line.groups:
            return self._heads_labels(position)
        if self.is_short(position):
            return self._heads_note(position) and self._stands_free(position)
        if line.title <= 0 or self.signs(position):
            return False
        return line.title_noun or ((line.letterhead or self._heads_note(position)) and self._stands_free(position))

    def _heads_labels(self, position: int) -> bool:
        """Whether a block of labels begins with the line, with no title above it."""
        if not self._stands_free(position):
            return False
        below = self.sheet.following(position, most=1)
        return any(self.sheet.at(number).groups for number in below)

    def is_short(self, position: int) -> bool:
        """Whether a few words stand by themselves: no title, no label, no sentence, no end of a document."""
        number = self.sheet.words[position]
        line = self.sheet.at(number)
        if line.title > 0 or line.groups or line.closing or line.email_key or line.heading or line.ruler:
            return False
        printed = self.sheet.text.lines[number - 1].strip()
        return printed[:1].isupper() and printed[-1:] not in ".,;:" and line.folded.count(" ") < SHORT

    def _heads_note(self, position: int) -> bool:
        """Whether the first heading of a note stands directly below."""
        below = self.sheet.following(position, most=1)
        headings = [self.sheet.at(number).heading for number in below]
        return any(heading is not None and heading.stage == words.OPENING for heading in headings)

    def _stands_free(self, position: int) -> bool:
        """Whether something parts the line from what stands above it."""
        before = self.break_before(position) if position else None
        if before is None or before.parts or before.blanks > 0:
            return True
        return self._heads_title(position) or self.has_address(position)

    def _joined(self, position: int) -> bool:
        """Whether the line at `position` may stand in one header block with the one below it."""
        before = self.break_before(position + 1)
        line = self.sheet.at(self.sheet.words[position])
        return not (before.blanks > 1 or before.rare or before.page or before.closed or line.prose)

    def _is_of_header(self, number: int) -> bool:
        line = self.sheet.at(number)
        labelled = bool(line.groups or line.contact or line.email_key)
        return line.title > 0 or line.ruler or labelled or bool(self.sheet.dates(number))

    def _rank(self, position: int) -> int:
        number = self.sheet.words[position]
        line = self.sheet.at(number)
        if line.email_key == "from":
            return OF_VISITS + 1
        if number in self.sheet.visits:
            return OF_VISITS
        return 2 if line.title_noun and not line.weak_noun else 1 if line.title_noun else 0

    def in_header(self, first: int, position: int) -> bool:
        """Whether the line at `position` still stands in the header block of the document begun at `first`."""
        sheet = self.sheet
        if position - first > BLOCK_REACH or self._prose[position] - self._prose[first]:
            return False
        if self._body[position] - self._body[min(first + 1, position)] >= OF_BODY:
            return False
        if self._closings[position] - self._closings[min(first + 3, position)]:
            return False
        before = self.break_before(position)
        turned = sheet.noise.pages[sheet.words[first] - 1] != sheet.noise.pages[sheet.words[position] - 1]
        if before.part or (turned and position - first > NEAR):
            return False
        if self._prints_first_again(first, position) or self._notes_again(first, position):
            return False
        if self._labels_again(first, position) or self._begins_apart(first, position):
            return False
        if not any(self._is_dated(number) for number in sheet.words[first:position]):
            return True
        if sheet.at(sheet.words[position]).prose:
            return True
        ahead = sheet.words[position : position + HEADER_REACH // 2]
        dated = any(self._is_dated(number) for number in ahead if self.sheet.at(number).heading is None)
        return not (before.blanks >= 1 and dated)

    def _prints_first_again(self, first: int, position: int) -> bool:
        """Whether the line has the form of the letterhead or title that the document began with."""
        began, line = self.sheet.at(self.sheet.words[first]), self.sheet.at(self.sheet.words[position])
        return line.title > 0 and (line.letterhead or line.title_noun) and form_of(line) == form_of(began)

    def _notes_again(self, first: int, position: int) -> bool:
        """Whether a note of a day and a sentence stands below another one, or lower: no header block holds it."""
        if not self.notes.leads(position):
            return False
        if position - first > NEAR and self.notes.stands_alone(position):
            return True
        return any(self.notes.leads(place) for place in range(first, position))

    def _labels_again(self, first: int, position: int) -> bool:
        """Whether the lines behind `position` print a label that the block has had already: another block begins."""
        if self.sheet.at(self.sheet.words[position]).title <= 0:
            return False
        behind = {label for number in self.sheet.words[position + 1 : position + 4] if (label := self._label(number))}
        return bool(behind) and any(self._label(number) in behind for number in self.sheet.words[first:position])

    def _label(self, number: int) -> str | None:
        line = self.sheet.at(number)
        return line.folded.partition(":")[0] if line.groups and ":" in line.folded else None

    def _is_dated(self, number: int) -> bool:
        return "date" in self.sheet.at(number).groups or bool(self.sheet.dates(number))

    def _begins_apart(self, first: int, position: int) -> bool:
        """Whether the form of the line at `position` tells it from the header block that begins at `first`."""
        sheet = self.sheet
        number = sheet.words[position]
        line = sheet.at(number)
        apart = (
            number - sheet.words[position - 1] > 1 or bool(self.break_before(position).ruler) or position - first >= 5
        )
        own_date = number in sheet.visits or ((line.title_noun or line.letterhead) and bool(sheet.dates(number)))
        if own_date and apart and any(sheet.dates(above) for above in sheet.words[first:position]):
            return True
        if line.email_key == "from" and position - first > HEADER_REACH // 2:
            return True
        if sheet.words[first] in sheet.visits and self._leaves_visit(first, position, line, apart=apart):
            return True
        if self.notes.leads(first) and (line.title_noun or number in sheet.visits or self.notes.leads(position)):
            return True
        if position - first < (3 if apart else 4) or not sheet.openings.get(form_of(line), 0.0) > 0:
            return False
        return any(not self._is_of_header(above) for above in sheet.words[first:position])

    def _leaves_visit(self, first: int, position: int, line: LineFeatures, *, apart: bool) -> bool:
        """Whether a line behind a visit's dated heading does not belong to that visit."""
        start, number = self.sheet.words[first], self.sheet.words[position]
        whole = position - first >= 2 or len(self.sheet.at(start).folded) >= WHOLE_ENTRY
        if number in self.sheet.visits and whole:
            return True
        if line.email_key == "from":
            return words.writes().search(self.sheet.at(start).folded) is None
        return line.title_noun and apart and position - first >= 2
