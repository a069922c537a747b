"""What a document's lines show of its type: words on top and in the body, known phrases, labels, shapes, length."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from documents.domain.findings import DocumentType
from documents.domain.lines import fold
from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures
from documents.domain.rules.phrases import WordStarts, either
from documents.domain.rules.sheet import Sheet

BODY_REACH = 40  # first lines with words that tell a type
TOP_REACH = 8  # of them those among which the lines on top are taken
TOP_LINES = 4  # lines on top, letterheads left out
LABEL_REACH = 12  # of them those whose labels tell a type, and that may open a letter
DATED_REACH = 30  # of them those whose dates are counted
STEM = 5  # first letters of a word that count: inflected and compound words share them
SEVERAL = 3  # times from which a sign tells more than once does
LEAST_MAIL = 3  # header lines that make an e-mail
LENGTHS = (2, 4, 8, 16, 32)  # lines with words that a document is told to be longer than
MOST_BODY = 5  # phrases of a type in the body that count
CLEAR = 4.0  # weight from which a short title is clear
CLEAR_LEAD = 1.25  # times what it says of any other type
CLEAR_WORDS = 6  # of a short title at the most
TOP, BODY = "top:", "body:"  # signals of words begin so
_FURTHER_WORDS = 0.25  # what a second word for a type adds: "consent for anesthesia and surgery" is a consent
_SIGNS = {"money": "$€£", "box": "[", "line_to_sign": "___", "percent": "%", "at": "@", "question": "?", "quote": '"'}
_GROUPS = ("date", "patient", "owner", "staff", "kind")
_WORD = re.compile(r"[^\W\d_]{2,}")

Signals = Mapping[str, float]


def read_type_signals(
    sheet: Sheet, *, start: int, end: int, title: str | None, known: Mapping[str, frozenset[str]] | None = None
) -> dict[str, float]:
    """The signals of the document at lines start..end, by name; those that are 0 are left out.

    `start` is a line with words. A title that is a letterhead of the file tells nothing. `known` are the beginnings of
    words that have a weight, by TOP and BODY: no others are told then.
    """
    position = bisect_left(sheet.words, start)
    stop = bisect_left(sheet.words, end + 1, position)
    numbers = sheet.words[position : min(stop, position + BODY_REACH)]
    lines = [sheet.at(number) for number in numbers]
    own = fold(title) if title else ""
    if own and sheet.heads[own] >= 2:
        own = ""
    body = "\n".join(line.folded for line in lines if not line.letterhead)
    top = "\n".join([line.folded for line in lines[:TOP_REACH] if not line.letterhead][:TOP_LINES])
    in_body, on_top = list_stems(body), list_stems(top)
    if known is not None:
        in_body, on_top = in_body & known[BODY], on_top & known[TOP]
    found = dict.fromkeys([BODY + stem for stem in in_body], 1.0)
    found |= dict.fromkeys([TOP + stem for stem in on_top], 1.0)
    titled = weigh_title_words(own)
    found |= {f"title_word:{kind}": points / 4 for kind, points in titled.items()}
    if (clear := _find_clear(titled, title=own)) is not None:
        found[f"clear_title:{clear}"] = 1.0
    found |= {f"top_word:{kind}": points / 4 for kind, points in weigh_title_words(top).items()}
    found |= {f"body_word:{kind}": min(MOST_BODY, count) / 2 for kind, count in _count_body_words(body).items()}
    found |= dict.fromkeys(_list_signs(body), 1.0)
    found |= dict.fromkeys(_list_marks(lines, length=stop - position), 1.0)
    found |= _measure(lines)
    dated = sum(1 for number in numbers[:DATED_REACH] if sheet.dates(number))
    found |= {"dated": dated / max(1, len(lines)), "visit": float(start in sheet.visits), "untitled": float(not own)}
    return {name: value for name, value in found.items() if value}


def list_stems(folded: str) -> set[str]:
    """The first letters of each word, without accents."""
    if not folded.isascii():
        folded = _without_accents(folded)
    return {word[:STEM] for word in _WORD.findall(folded)}


def _without_accents(folded: str) -> str:
    return "".join(map(_bare, folded))


@lru_cache(maxsize=4096)
def _bare(sign: str) -> str:
    return unicodedata.normalize("NFD", sign)[0]


@lru_cache(maxsize=1024)  # a file's titles come again and again
def weigh_title_words(folded: str) -> Mapping[DocumentType, float]:
    """What the words of titles in a text speak for: of each type the strongest in full, further ones a quarter."""
    said: dict[DocumentType, list[float]] = {}
    for word in {match[1] for match in _title_words().finditer(folded)} if folded else ():
        for kind, weight in _kinds_of_title_word()[word]:
            said.setdefault(kind, []).append(weight)
    return {kind: max(weights) + _FURTHER_WORDS * (sum(weights) - max(weights)) for kind, weights in said.items()}


def _find_clear(points: Mapping[DocumentType, float], *, title: str) -> DocumentType | None:
    """The type that a short title names beyond doubt."""
    if not points or title.count(" ") >= CLEAR_WORDS:
        return None
    (best, most), *others = sorted(points.items(), key=lambda item: -item[1])
    return best if most >= CLEAR and all(CLEAR_LEAD * weight <= most for _, weight in others) else None


@cache
def _kinds_of_title_word() -> Mapping[str, Sequence[tuple[DocumentType, float]]]:
    kinds: dict[str, list[tuple[DocumentType, float]]] = {}
    for kind, weights in words.type_words().items():
        for word, weight in weights.items():
            kinds.setdefault(word, []).append((kind, weight))
    return kinds


@cache
def _title_words() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?=({either(_kinds_of_title_word())})(?!\w))")


@cache
def _kinds_of_body_word() -> Mapping[str, Sequence[DocumentType]]:
    kinds: dict[str, list[DocumentType]] = {}
    for kind, phrases in words.body_words().items():
        for phrase in phrases:
            kinds.setdefault(phrase, []).append(kind)
    return kinds


@cache
def _body_words() -> WordStarts:
    return WordStarts(_kinds_of_body_word())


def _count_body_words(body: str) -> Counter[DocumentType]:
    return Counter(kind for phrase in _body_words().find(body) for kind in _kinds_of_body_word()[phrase])


def _list_signs(body: str) -> Iterator[str]:
    for name, signs in _SIGNS.items():
        count = body.count(signs) if len(signs) > 1 and name != "money" else sum(map(body.count, signs))
        if count:
            yield name
        if count >= SEVERAL:
            yield f"{name}_often"


def _list_marks(lines: Sequence[LineFeatures], *, length: int) -> Iterator[str]:
    """What is so or not: labels, stages of a note, letters, mail, length."""
    yield "always"
    labelled = {group for line in lines[:LABEL_REACH] for group in line.groups}
    yield from (f"labels_{group}" for group in _GROUPS if group in labelled)
    yield from {f"stage_{line.heading.stage}" for line in lines if line.heading is not None}
    mail = sum(1 for line in lines[:TOP_REACH] if line.email_key)
    if mail:
        yield "mail" if mail >= LEAST_MAIL else "mail_line"
    if any(words.salutation().match(line.folded) for line in lines[:LABEL_REACH]):
        yield "salutation"
    if any(line.closing for line in lines):
        yield "closing"
    if any(line.letterhead for line in lines[:TOP_LINES]):
        yield "letterhead"
    if any(line.title_noun for line in lines[:TOP_LINES]):
        yield "title_noun"
    yield from (f"longer_{least}" for least in LENGTHS if length > least)


def _measure(lines: Sequence[LineFeatures]) -> dict[str, float]:
    """Shares of the lines that are prose, labelled, rows of a table."""
    whole = max(1, len(lines))
    return {
        "prose": sum(line.prose for line in lines) / whole,
        "labelled": sum(line.text_labels > 0 for line in lines) / whole,
        "rows": sum(line.columns >= 3 for line in lines) / whole,
    }


def is_word(name: str) -> bool:
    """Whether a signal is of a word that fitting chose; the others are always looked at."""
    return name.startswith((TOP, BODY))


def is_of_words(name: str) -> bool:
    """Whether a signal is of a word or phrase, whoever chose it."""
    return ":" in name
