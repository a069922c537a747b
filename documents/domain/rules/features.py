"""What a line looks like, taken by itself: the signals that the rules weigh."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from documents.domain.dates import MONTH_NAMES
from documents.domain.lines import fold, is_blank, strip_glyphs
from documents.domain.rules import words
from documents.domain.rules.days import IN_DIGITS
from documents.domain.rules.words import Heading

_RULER = re.compile(r"^[\s\-=_*~#.·•—–+|]{4,}$")
_NUMBERED = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•·▪◦‣]|[a-zA-Z][.)])\s")
_LABEL = re.compile(
    r"^[\W_]{0,3}([^\W\d_](?:[^:\t.]|(?<=\b\w)\.|(?<=\b\w\w)\.|(?<=\bgeb)\.){0,38}?)\s*(?::|\t|\s{3,}|\.{3,}|#:?)\s*(.*)$"
)
_LABELLED_DATE = re.compile(r"^\s*([^\W\d_]+(?: [^\W\d_]+){0,3}) (?=\d{1,4}[./-]\d)")
_INLINE_LABEL = re.compile(r"(?:\s{2,}|\t|[|;]\s*)([^\W\d_][^:\t|]{1,30}?)\s*:")
_CAPITAL_HEADING = re.compile(r"^([A-ZÀ-Ý][A-ZÀ-Ý &/\-]{1,40}?)\s*[,:]")
_PHONE = re.compile(r"(?:\+?\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]\d{3}[ .-]?\d{3,4}\b")
_LOCAL_PHONE = re.compile(r"(?<![\d.,/-])\d{3}-\d{4}(?![\d/-])")
_WEB = re.compile(r"\bwww\.|@[\w-]+\.\w|https?://")
_COLUMNS = re.compile(r"\s{3,}|\t+|\s+\|\s+|\s{2,}(?=[\d(\[])")
_DECORATION = " \t\f*_=~#|<>-–—•·│║┃"
_PERSON = re.compile(
    r"(?:dr|dra|mr|mrs|ms|prof|herr|frau|mme|sr|sra|tä|tierarzt|tierärztin|docteur|dvm|lic)\b\.?\s+(?:med\.?\s+vet\.?\s+)?[^\W\d_]+",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"^(?:[A-ZÄÖÜ]{2,3}|/[a-zäöü]{2,3})$")  # of who signs a note
_MONTH_AND_DAY = rf"(?:{MONTH_NAMES})\.? \d{{1,2}}|\d{{1,2}}\.? (?:de )?(?:{MONTH_NAMES})\.?"
_DAY_ALONE = re.compile(  # "Monday, Feb 5", "5. Februar 2024"
    rf"(?:[^\W\d_]{{2,10}}[.,]{{0,2}} )?(?:{_MONTH_AND_DAY})(?:,? (?:de )?\d{{4}})?", re.IGNORECASE
)
_HOUSE = re.compile(r"[^\W\d_]{3,},? \d{1,4}(?:,|$)|^\d{1,4},? [^\W\d_]{3,}(?: [^\W\d_]+)*,")  # street and number
_SENTENCES = re.compile(r"[^\W\dA-Z_]{3}[.;] \w|[^\W\d_]{3}\. [A-Z][a-z]|; ")  # one sentence ends, and another begins
_COMPANY_END = re.compile(r",? (?:(?:[A-Z]\.){2,}|(?:Inc|Ltd|Corp|Co)\.)$")  # its dot ends no sentence
_AMOUNT = re.compile(  # the last column of an invoice's row
    r"^[^\W\d_]{0,3} ?[$€£]? ?-?\d+(?:[.,]\d{3})*[.,]\d{2} ?[$€£]?$"
)
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_PROSE_ENDS = frozenset(".!?;,:")
_PHONE_END = re.compile(r"\d{3}[ .-]?\d{3}")  # stands in every phone number, and is soon looked for
_QUOTED = re.compile(r"^\s*(?:>|\|)\s?")

FOLDED = 300  # characters of a line, indentation left out, that the rules and the grounding look at
SHORT_LINE = 90  # characters up to which a line may be a closing
LONGEST_HEADING = 50  # characters of a section heading
LABEL_ROW = 3  # columns of a row that holds labels alone: their values stand in the row below
LEAST_COMPOUND = 9  # letters of a word whose end may name a document
LONG_LINE = 110  # characters; a longer line is prose
MOST_WORDS = 14  # of a title
MOST_WORDS_BESIDE_ADDRESS = 3  # of a line with an e-mail address, that included
MOST_BESIDE = 4  # first columns of a line among which a title stands
MOST_WORDS_WITHOUT_NOUN = 9  # of a title that names no kind of document: in German, prose is full of capitals
_MAX_LABEL_WORDS = 5
MOST_WORDS_OF_NAME = 5
_NO_GROUPS: frozenset[str] = frozenset()


@dataclass(kw_only=True, slots=True)
class LineFeatures:
    """One line's own signals. `title` is 0 for a line that cannot be a title and grows with its likeness to one.

    Lines share these: nobody sets a field. It is not frozen because each line would take twice as long to make.
    """

    blank: bool
    folded: str  # documents.domain.lines.fold of the line, at most its first 300 characters
    ruler: bool = False
    prose: bool = False  # reads like running text
    groups: frozenset[str] = _NO_GROUPS  # groups of header labels on the line
    text_labels: int = 0  # how many labels with a colon the line has
    value: str = ""  # what stands behind the line's first label
    email_key: str | None = None  # "from" or "other"
    heading: Heading | None = None
    title: float = 0.0
    title_noun: bool = False  # a title that names a kind of document
    weak_noun: bool = False  # ... by words alone that name sections as well
    capitals: bool = False
    closing: bool = False
    signed: bool = False  # a closing that names who signs
    contact: bool = False  # phone number, web or street address: a letterhead's line
    letterhead: bool = False  # words of a practice's or laboratory's name
    quoted: bool = False  # a quoted line of an earlier message
    head: str = ""  # the line's first column, folded, without decoration
    columns: int = 1
    indent: int = 0  # spaces before the first word
    lower: bool = False  # begins with a small letter


BLANK = LineFeatures(blank=True, folded="")


def read_lines(lines: Sequence[str]) -> list[LineFeatures]:
    """The signals of each line. Lines that are printed again, as headers and labels are, share theirs."""
    known: dict[str, LineFeatures] = {}
    found = []
    for line in lines:
        features = known.get(line)
        if features is None:
            features = known[line] = read_line(line)
        found.append(features)
    return found


def read_line(line: str) -> LineFeatures:
    """The signals of one line, by that line alone. It is hot: patterns are tried only where they can match."""
    if is_blank(line):
        return BLANK
    printed, line = line, strip_glyphs(line)
    if len(line) > LONG_LINE and "  " not in line and "\t" not in line:
        return _read_long(line)
    folded = fold(line.lstrip()[:FOLDED])
    if _RULER.match(line):
        return LineFeatures(blank=False, folded=folded, ruler=True)
    label, value, groups = _read_labels(line)
    heading = _read_heading(line, folded=folded, label=label, value=value)
    if heading is not None and _is_dated_row(line, value=value):
        heading = None
    email_key = _read_email_key(label, value=value)
    short = len(folded) <= SHORT_LINE
    ending = short and words.ending().match(folded) is not None
    signed = short and not ending and not groups and (words.closing().search(folded) is not None or _is_person(line))
    bare = line.strip(_DECORATION)
    if bare[:1] == "[" and bare[-1:] == "]":
        bare = bare[1:-1].strip(_DECORATION)
    columns = _COLUMNS.split(bare) if "  " in bare or "\t" in bare or " | " in bare else [bare]
    head = folded if len(bare) == len(line) and len(columns) == 1 else fold(columns[0])
    ending = ending and not _is_status(columns, head=head)
    labelled = bool(groups) or heading is not None or email_key is not None or _is_labelled(columns[0])
    title, noun = (0.0, False) if labelled or ending else _read_title(line, columns=columns, head=head)
    if title and ((signed and not noun) or words.quotes_reply(folded)):
        title, noun = 0.0, False
    if not noun and not labelled and len(columns) > 1 and (beside := _read_title_beside(columns)):
        title, noun = beside, True
    if groups and len(columns) > 1 and heading is None and _heads_labels(columns, head=head):
        title, noun = 2.0, True
    contact = _has_contact(line, folded=folded)
    return LineFeatures(
        blank=False,
        folded=folded,
        prose=title == 0.0 and _is_prose(line, folded=folded, labelled=labelled, has_label=label is not None),
        groups=groups,
        text_labels=line.count(": "),
        value=value,
        email_key=email_key,
        heading=heading,
        title=title,
        title_noun=noun,
        weak_noun=noun and not _names_it_plainly(columns),
        capitals=columns[0].isupper(),
        closing=ending or signed,
        signed=signed,
        contact=contact,
        letterhead=title > 0 and (contact or words.letterhead_word().search(folded) is not None),
        quoted=_QUOTED.match(line) is not None,
        head=head,
        columns=len(columns),
        indent=printed.lstrip("\f").find(line.lstrip()[:1]),
        lower=line.lstrip()[:1].islower(),
    )


def _is_dated_row(line: str, *, value: str) -> bool:
    """Whether a heading's words stand in a column of their own with a date beside: a title of a document."""
    if not value or ":" in line[: line.find(value)]:
        return False
    return _tells_day(value)


def _is_person(line: str) -> bool:
    """Whether a person's name with its title, or initials, stand alone on the line."""
    bare = line.strip(_DECORATION)
    if _INITIALS.match(bare):
        return True
    return len(bare.split()) <= MOST_WORDS_OF_NAME and _PERSON.match(bare) is not None and ":" not in bare


def _is_street(head: str) -> bool:
    return _HOUSE.search(head) is not None and words.letterhead_word().search(head) is None


def is_name(line: LineFeatures, *, printed: str) -> bool:
    """Whether a line may be a person's name and nothing else: a few words with capitals."""
    found = printed.split()
    if not 2 <= len(found) <= MOST_WORDS_OF_NAME or line.groups or line.heading or line.title_noun or line.letterhead:
        return False
    return all(word[0].isupper() and word.isalpha() for word in (each.strip(".,") for each in found) if word)


def _is_labelled(column: str) -> bool:
    """Whether a label and its value stand in a column, and no title such as "GI PANEL: TLI and folate"."""
    label, colon, _ = column.partition(": ")
    return bool(colon) and not (label.isupper() and names_a_document(fold(label)))


def _has_contact(line: str, *, folded: str) -> bool:
    if _PHONE_END.search(line) is not None and (_PHONE.search(line) or _LOCAL_PHONE.search(line)):
        return True
    return ("@" in line or "www." in folded or "http" in folded) and _WEB.search(folded) is not None


def _read_long(line: str) -> LineFeatures:
    head = fold(line.lstrip()[:FOLDED])
    label, value, _ = _read_labels(line[:60])
    return LineFeatures(
        blank=False,
        folded=head,
        prose=True,
        lower=line.lstrip()[:1].islower(),
        heading=_read_heading(line[:60], folded=head, label=label, value=value),
        email_key=_read_email_key(label, value=line[len(line) - 1 :]),
        quoted=_QUOTED.match(line) is not None,
    )


def _read_labels(line: str) -> tuple[str | None, str, frozenset[str]]:
    """The line's first label (folded) and its value, and the header groups of all labels on it."""
    group = words.label_group
    bare = _LABELLED_DATE.match(line)
    if bare is not None and group(fold(bare[1])) == "date":
        return fold(bare[1]), line[bare.end() :], _shared(frozenset({"date"}))
    match = _LABEL.match(line) if _may_label(line) else None
    if match is None:
        return None, "", _NO_GROUPS
    if ":" not in line and len(columns := _COLUMNS.split(line.strip())) >= LABEL_ROW:
        named = {known for column in columns if (known := group(fold(column))) is not None}
        if len(named) > 1:
            return fold(columns[0]), "", _shared(frozenset(named))
    label = fold(match[1])
    if len(label.split()) > _MAX_LABEL_WORDS:
        return None, "", _NO_GROUPS
    own = group(label)
    groups = set() if own is None else {own}
    if line.count(":") > 1:
        inline = (group(fold(found[1])) for found in _INLINE_LABEL.finditer(line))
        groups.update(known for known in inline if known is not None)
    return label, match[2], _shared(frozenset(groups)) if groups else _NO_GROUPS


def _may_label(line: str) -> bool:
    """Whether what sets a label off stands on the line: without it the pattern takes long to find nothing.

    A gap may be of other white space than blanks, in lines that are not plain.
    """
    found = ":" in line or "   " in line or "#" in line or "..." in line
    return found or not (line.isascii() and line.isprintable())


@cache
def _shared(groups: frozenset[str]) -> frozenset[str]:
    """The first value equal to `groups`: lines that have the same share it. An empty one alone takes 216 bytes."""
    return groups


def _read_heading(line: str, *, folded: str, label: str | None, value: str) -> Heading | None:
    stripped = folded.rstrip(": -–—")
    if len(stripped) <= LONGEST_HEADING and (line.rstrip().endswith(":") or line.isupper() or len(stripped) > 3):
        known = words.find_heading(stripped)
        if known is not None:
            return known
    if label is not None and (not value or line[:1].isupper()):
        known = words.find_heading(label)
        if known is not None:
            return known
    match = _CAPITAL_HEADING.match(line)
    return words.find_heading(fold(match[1])) if match else None


def _read_email_key(label: str | None, *, value: str) -> str | None:
    if label is None or not value:
        return None
    if label in words.email_from():
        return "from"
    return "other" if label in words.email_others() else None


def _is_prose(line: str, *, folded: str, labelled: bool, has_label: bool) -> bool:
    """Whether the line reads like running text; behind a label of a header block only a very long line does."""
    if labelled:
        return len(folded) > LONG_LINE
    least = 75 if has_label else 60
    return len(folded) > least and folded.count(" ") >= 8 and "   " not in line.strip()


def _read_title(line: str, *, columns: Sequence[str], head: str) -> tuple[float, bool]:
    """How much the line's first column looks like a title (0 to 2), and whether the line names a kind of document.

    `head` is that column, folded.
    """
    text = _COMPANY_END.sub("", columns[0]) if columns[0][-1:] == "." else columns[0]
    if text[-1:] == ":" and _heads_alone(text[:-1], head=head):
        text = text[:-1]
    if not text[:1].isupper() or len(text) > LONG_LINE or (len(columns) > 5 and not text.isupper()):
        return 0.0, False
    if text[-1:] in _PROSE_ENDS or text.count(",") > 2 or _is_never_title(head, columns) or _SENTENCES.search(text):
        return 0.0, False
    if (len(columns) > 1 and _AMOUNT.search(columns[-1])) or _is_addressed(line):
        return 0.0, False
    if words.contact_start().match(head):
        return 0.0, False
    if (
        (_NUMBERED.match(line) and line.strip()[:1] != line.strip()[-1:])
        or (_PERSON.match(text) and not (text.isupper() and names_a_document(head)))
        or (len(columns) > 2 and _is_table_head(columns))
    ):
        return 0.0, False
    found = _WORD.findall(text)
    if not found or len(found) > MOST_WORDS:
        return 0.0, False
    noun = names_a_document(head) or (len(columns) > 1 and names_a_document(fold(columns[1])))
    raised = sum(1 for word in found if word[0].isupper() or len(word) <= 3) / len(found)
    if not noun and (len(found) > MOST_WORDS_WITHOUT_NOUN or _is_street(head)):
        return 0.0, False
    if raised < 0.6 and not (noun and len(found) <= 6):
        return 0.0, False
    return (2.0 if text.isupper() else 1.5 if raised > 0.85 else 1.0), noun


def _is_addressed(line: str) -> bool:
    """Whether little more than an e-mail address stands on the line: that word before it labels it."""
    return "@" in line and len(line.split()) <= MOST_WORDS_BESIDE_ADDRESS


def _heads_alone(text: str, *, head: str) -> bool:
    """Whether a colon ends a title and no label, as in "INSURANCE CLAIM FORM:": capitals, and a noun of documents."""
    return text.isupper() and names_a_document(head) and _names_it_plainly([text]) and len(text.split()) > 1


def _read_title_beside(columns: Sequence[str]) -> float:
    """How much a title looks like one that stands beside a name, as in "Holm Veterinary Centre      CONSENT FORM"."""
    if not columns[0][:1].isupper() or _AMOUNT.search(columns[-1]) or columns[0].endswith(":"):
        return 0.0
    for column in columns[1:MOST_BESIDE]:
        if not column.isupper() and (" " not in column or not _names_it_plainly([column])):
            continue
        title, noun = _read_title(column, columns=[column], head=fold(column))
        if noun and (title > 1 or column.count(" ") > 1):
            return title
    return 0.0


def _is_status(columns: Sequence[str], *, head: str) -> bool:
    """Whether what looks like an end is a title in capitals beside something: "FINAL REPORT      Accession 4402"."""
    return (
        len(columns) > 1
        and columns[0].isupper()
        and names_a_document(head)
        and words.ending().fullmatch(head) is not None
    )


def _heads_labels(columns: Sequence[str], *, head: str) -> bool:
    """Whether a title in capitals stands before labels, as in "TREATMENT SHEET      Patient: Biscuit"."""
    text = columns[0]
    return text.isupper() and ":" not in text and " " in text and names_a_document(head)


def _is_never_title(head: str, columns: Sequence[str]) -> bool:
    """Whether the first column names sections, and no date beside it tells otherwise."""
    return head in words.never_titles() and not any(map(_tells_day, columns[1:]))


def _tells_day(column: str) -> bool:
    """Whether a column holds a day in digits, or is a day in words."""
    return IN_DIGITS.search(column) is not None or _DAY_ALONE.fullmatch(column.strip()) is not None


def _is_table_head(columns: Sequence[str]) -> bool:
    """Whether the columns are the names of a table's columns: short, and without any number."""
    return all(len(column.split()) <= 2 and not any(sign.isdigit() for sign in column) for column in columns)


_TITLE_WORD = re.compile(r"[^\W_][\w'’-]*")


def names_a_document(folded: str) -> bool:
    """Whether a short folded line holds a noun that names a kind of document."""
    found = _words_and_pairs(folded)
    if any(words.find_title_noun(word) is not None for word in found):
        return True
    return any(word.endswith(_endings()) for word in found if len(word) >= LEAST_COMPOUND)


@cache
def _endings() -> tuple[str, ...]:
    return words.title_endings() + words.weak_endings()


def _names_it_plainly(columns: Sequence[str]) -> bool:
    """Whether one of the first two columns holds a noun that names documents only."""
    plain = words.title_nouns() - words.weak_nouns()
    found = [word for column in columns[:2] for word in _words_and_pairs(fold(column))]
    return not plain.isdisjoint(found) or any(
        word.endswith(words.title_endings()) for word in found if len(word) >= LEAST_COMPOUND
    )


def _words_and_pairs(folded: str) -> list[str]:
    found = _TITLE_WORD.findall(folded)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


_DIGITS = re.compile(r"\d+")


def form_of(line: LineFeatures) -> str:
    """A line's first column with its numbers masked: what a practice prints on top of every document of a kind."""
    return _DIGITS.sub("#", line.head)
