"""What a document is called, what type it is and of what date, read from its own lines."""

import datetime
import re
from bisect import bisect_left

from documents.domain.findings import DocumentType
from documents.domain.lines import fold, strip_glyphs
from documents.domain.rules import words
from documents.domain.rules.features import names_a_document
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.stamps import dates_a_stamp, is_fax_line
from documents.domain.rules.type_model import packaged_type_model
from documents.domain.rules.type_signals import read_type_signals, weigh_title_words

TITLE_REACH = 10  # first lines with words among which a printed title is looked for
DATE_REACH = 30  # first lines with words among which the document's date is looked for
_TITLE_LENGTH = 160
_COLUMNS = re.compile(r"\s{3,}|\t+")
_NOT_OF_DOCUMENT = re.compile(
    r"birth|dob|d\.o\.b|born|foaled|whelped|nacimiento|nacid|\bnac\b|naissance|geburt|née? le|\bgeb\b|geboren|"
    r"expir|\bexp\b|due|next|valid|"
    r"próxim|prochain|nächst|caducidad|péremption|gültig|opened|until"
)
# Dates of what came before the document: taken only where it prints no other.
_OTHER_EVENT = re.compile(
    r"receiv|collect|print|sampl|admi|drawn|submitted|order|recib|toma|muestra|impres|reçu|prélev|imprim|eingang|entnahme|gedruckt|period"
)


def find_title(sheet: Sheet, *, start: int, end: int) -> str | None:
    """The title that the document at lines start..end prints, or None."""
    position = bisect_left(sheet.words, start)
    while position < len(sheet.words) and sheet.words[position] < end and sheet.at(sheet.words[position]).ruler:
        position += 1
        start = sheet.words[position] if position < len(sheet.words) else start
    best: tuple[float, str] | None = None
    for offset, number in enumerate(sheet.words[position : position + TITLE_REACH]):
        if number > end:
            break
        line = sheet.at(number)
        if line.prose:
            break
        likeness = line.title + (2.0 if line.title_noun else 0.0) - 0.25 * offset - (1.5 if line.contact else 0.0)
        if line.letterhead:
            likeness -= 1.5 if line.title_noun and sheet.heads[line.head] < 2 else 3.0
        elif not line.title_noun and weigh_title_words(line.head):
            likeness += 1.5
        if line.title > 0 and (best is None or likeness > best[0]):
            best = (likeness, _naming_column(sheet.text.lines[number - 1]))
    visit = _visit_title(sheet, start=start)
    if visit:
        return visit
    if best is not None and best[0] >= 1.0:
        return clean_title(best[1])
    return _subject(sheet, start=start, end=end) or _heading_as_title(sheet, position=position, end=end)


def _heading_as_title(sheet: Sheet, *, position: int, end: int) -> str | None:
    """A line that is a section heading elsewhere, and the title where it stands alone in capitals on top."""
    for number in sheet.words[position : position + TITLE_REACH]:
        line = sheet.at(number)
        if number > end or line.prose:
            return None
        if line.capitals and line.head in words.never_titles() and (not line.value or line.columns > 1):
            return clean_title(sheet.text.lines[number - 1])
    return None


def _naming_column(line: str) -> str:
    """The first of a line's first two columns that names a kind of document; the line itself if neither does."""
    columns = _COLUMNS.split(line.strip())[:2]
    return next((column for column in columns if names_a_document(fold(clean_title(column)))), line)


def clean_title(line: str) -> str:
    """A title line without the glyphs and rules around it, and without further columns."""
    line = _COLUMNS.split(strip_glyphs(line).strip(" \t\f*_=~#|-–—:•"))[0]
    return " ".join(line.strip(" \t\f*_=~#|-–—:•").split())[:_TITLE_LENGTH]


def _visit_title(sheet: Sheet, *, start: int) -> str | None:
    line = sheet.at(start)
    if start in sheet.visits:
        return _without_date(sheet, start=start)
    if sheet.dates(start) and not line.prose and len(line.folded) <= 100 and words.visit_word().search(line.folded):
        return clean_title(sheet.text.lines[start - 1])
    return None


_TIME = re.compile(r"^[\s,–-]*(?:at\s+)?\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?", re.IGNORECASE)
_NOT_OF_TITLE = re.compile(r"^\[.*\]$|^[^\W\d_]+(?: \+ [^\W\d_]+)? \([^)]+\)$|:|^dra?\b", re.IGNORECASE)


def _without_date(sheet: Sheet, *, start: int) -> str | None:
    """A visit heading's words behind its date and time, without the columns that name people."""
    line = sheet.text.lines[start - 1]
    rest = _TIME.sub("", line[sheet.dates(start)[0][1] :])
    columns = [clean_title(column) for column in _COLUMNS.split(rest.strip())]
    return " ".join(column for column in columns if column and _is_of_title(column)) or None


def _is_of_title(column: str) -> bool:
    """Whether a visit heading's column says what the visit was: "Call (M. Reed)" does, "REX (Whitlow)" names people."""
    if _NOT_OF_TITLE.search(column) is None:
        return True
    return ":" not in column and bool(weigh_title_words(fold(column)))


def _subject(sheet: Sheet, *, start: int, end: int) -> str | None:
    position = bisect_left(sheet.words, start)
    if sheet.at(start).email_key is None:
        return None
    for number in sheet.words[position : position + 8]:
        if number <= end and words.subject().match(sheet.at(number).folded):
            return clean_title(sheet.text.lines[number - 1].partition(":")[2]) or None
    return None


def find_type(sheet: Sheet, *, start: int, end: int, title: str | None) -> DocumentType:
    """The type that most speaks for: title, words, labels and shapes of the lines, as weights that were fitted say."""
    model = packaged_type_model()
    return model.choose(read_type_signals(sheet, start=start, end=end, title=title, known=model.stems))


LABELLED, HEADING, PLAIN, WEAK = 3, 2, 1, 0


def find_date(sheet: Sheet, *, start: int, end: int) -> datetime.date | None:
    """The document's own date: a labelled one before its heading's, that before others.

    Never a birth or due date, nor one that a stamp of the printer or fax machine prints.
    """
    position = bisect_left(sheet.words, start)
    best: tuple[int, datetime.date] | None = None
    for offset, number in enumerate(sheet.words[position : position + DATE_REACH]):
        if number > end:
            break
        for begin, _, value in sheet.dates(number):
            rank = _rank_date(sheet, number, begin=begin, offset=offset)
            if rank is not None and (best is None or rank > best[0]):
                best = (rank, value)
    return best[1] if best else None


def is_stamped(sheet: Sheet, number: int, *, begin: int) -> bool:
    """Whether the date at `begin` of a line tells when the sheet was printed, faxed or scanned."""
    if is_fax_line(sheet.at(number).folded, is_heading=number in sheet.visits):
        return True
    return dates_a_stamp(sheet.text.lines[number - 1][:begin])


def _rank_date(sheet: Sheet, number: int, *, begin: int, offset: int) -> int | None:
    if is_stamped(sheet, number, begin=begin):
        return None
    ahead = fold(sheet.text.lines[number - 1][max(0, begin - 40) : begin])
    near = re.split(r"\s{2,}|\d|,|;", ahead.rstrip(" :.(#-"))[-1].strip()
    if _NOT_OF_DOCUMENT.search(near):
        return None
    if _OTHER_EVENT.search(near):
        return WEAK
    label = near.rpartition(":")[2].strip()
    if words.header_labels().get(label) == "date" or ("date" in sheet.at(number).groups and begin < 45):
        return LABELLED
    return HEADING if offset <= 1 else PLAIN
