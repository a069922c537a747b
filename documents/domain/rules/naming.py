"""What a document is called, what type it is and of what date, read from its own lines."""

import datetime
import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from documents.domain.findings import DocumentType
from documents.domain.lines import fold, strip_glyphs
from documents.domain.rules import words
from documents.domain.rules.features import names_a_document
from documents.domain.rules.phrases import WordStarts, either
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.stamps import dates_a_stamp, is_fax_line

TITLE_REACH = 10  # first lines with words among which a printed title is looked for
DATE_REACH = 30  # first lines with words among which the document's date is looked for
BODY_REACH = 40
_BODY_WEIGHT = 0.8
_FURTHER_WORDS = 0.25  # what a title's second word for a type adds: "consent for anesthesia and surgery" is a consent
_OF_VISIT = 2.0  # what a visit heading speaks for a consultation note
_OF_LETTER = 3.0  # what a salutation speaks for a letter, and beside words of referral for a referral
LETTER_REACH = 12  # first lines with words among which a salutation is looked for
_LEAST_POINTS = 1.5  # of less nothing is said
_NAMED_BY_TITLE = 2.0  # points from which on a title names a kind
_MOST_LINES = 0.5  # share of the body's lines that must speak for a kind which the title does not name
_MOST_BODY = 4.0  # what a body may add for one type
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
        elif not line.title_noun and _type_points(line.head):
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
    return ":" not in column and bool(_type_points(fold(column)))


def _subject(sheet: Sheet, *, start: int, end: int) -> str | None:
    position = bisect_left(sheet.words, start)
    if sheet.at(start).email_key is None:
        return None
    for number in sheet.words[position : position + 8]:
        if number <= end and words.subject().match(sheet.at(number).folded):
            return clean_title(sheet.text.lines[number - 1].partition(":")[2]) or None
    return None


@cache
def _title_patterns() -> tuple[tuple[DocumentType, re.Pattern[str], dict[str, float]], ...]:
    patterns = []
    for kind, weights in words.type_words().items():
        patterns.append((kind, re.compile(rf"(?<![\w-]){either(weights)}(?!\w)"), weights))
    return tuple(patterns)


def _type_points(folded: str) -> dict[DocumentType, float]:
    points: dict[DocumentType, float] = {}
    for kind, pattern, weights in _title_patterns():
        found = {match[0] for match in pattern.finditer(folded)}
        if found:
            strongest, *others = sorted((weights[word] for word in found), reverse=True)
            points[kind] = strongest + _FURTHER_WORDS * sum(others)
    return points


@cache
def _body_words() -> WordStarts:
    return WordStarts(phrase for phrases in words.body_words().values() for phrase in phrases)


def find_type(sheet: Sheet, *, start: int, end: int, title: str | None) -> DocumentType:
    """The type that title and body speak for; "other" where nothing does.

    Where the title names a kind, the body speaks for another one only if most of its lines do: a few results within a
    discharge summary make no laboratory report of it.
    """
    points = _type_points(fold(title)) if title and sheet.heads[fold(title)] < 2 else {}
    titled = {kind for kind, weight in points.items() if weight >= _NAMED_BY_TITLE}
    if start in sheet.visits:
        points["consult_note"] = points.get("consult_note", 0.0) + _OF_VISIT
    position = bisect_left(sheet.words, start)
    body = [
        sheet.at(number).folded
        for number in sheet.words[position : position + BODY_REACH]
        if number <= end and not sheet.at(number).letterhead
    ]
    if sum(1 for number in sheet.words[position : position + 8] if number <= end and sheet.at(number).email_key) >= 3:
        points["communication"] = points.get("communication", 0.0) + 6.0
    of_body = _weigh_body(body)
    for kind, weight in of_body.items():
        points[kind] = points.get(kind, 0.0) + weight
    if any(words.salutation().search(line) for line in body[:LETTER_REACH]):
        points["communication"] = points.get("communication", 0.0) + _OF_LETTER
        if "referral" in points:
            points["referral"] += _OF_LETTER + 0.5
    while (best := _find_strongest(points)) in of_body and titled and best not in titled:
        if _share_lines(body, words.body_words()[best]) >= _MOST_LINES:
            break
        points[best] -= of_body.pop(best)
    return best if points.get(best, 0.0) >= _LEAST_POINTS else "other"


def _weigh_body(body: Sequence[str]) -> dict[DocumentType, float]:
    """What the words of the body speak for."""
    said = _body_words().find("\n".join(body))
    counts = {kind: len(said.intersection(phrases)) for kind, phrases in words.body_words().items()}
    return {kind: min(_MOST_BODY, _BODY_WEIGHT * count) for kind, count in counts.items() if count}


def _find_strongest(points: Mapping[DocumentType, float]) -> DocumentType:
    """The kind of most points, of equal ones the first; "other" where there is none."""
    return max(points, key=lambda kind: points[kind], default="other")


def _share_lines(body: Sequence[str], phrases: Collection[str]) -> float:
    """The share of the lines that hold one of the phrases."""
    return sum(1 for line in body if not _body_words().find(line).isdisjoint(phrases)) / len(body)


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
