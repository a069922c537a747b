"""What a document's lines show of its type: words on top and in the body, known phrases, labels, shapes, length."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
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
TOP, BODY = "top:", "body:"  # signals of words begin so
_FURTHER_WORDS = 0.25  # what a second word for a type adds: "consent for anesthesia and surgery" is a consent
_SIGNS = {"money": "$€£", "box": "[", "line_to_sign": "___", "percent": "%", "at": "@", "question": "?", "quote": '"'}
_GROUPS = ("date", "patient", "owner", "staff", "kind")
_WORD = re.compile(r"[^\W\d_]{2,}")

Signals = Mapping[str, float]


def read_type_signals(sheet: Sheet, *, start: int, end: int, title: str | None) -> dict[str, float]:
    """The signals of the document at lines start..end, by name; those that are 0 are left out.

    `start` is a line with words. A title that is a letterhead of the file tells nothing.
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
    found = dict.fromkeys((BODY + stem for stem in list_stems(body)), 1.0)
    found |= dict.fromkeys((TOP + stem for stem in list_stems(top)), 1.0)
    found |= {f"title_word:{kind}": points / 4 for kind, points in weigh_title_words(own).items()}
    found |= {f"top_word:{kind}": points / 4 for kind, points in weigh_title_words(top).items()}
    found |= {f"body_word:{kind}": count / 2 for kind, count in _count_body_words(body).items()}
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


def weigh_title_words(folded: str) -> dict[DocumentType, float]:
    """What the words of titles in a text speak for: of each type the strongest in full, further ones a quarter."""
    points: dict[DocumentType, float] = {}
    if not folded:
        return points
    found = {match[1] for match in _title_words().finditer(folded)}
    for kind, weights in words.type_words().items():
        if said := found.intersection(weights):
            strongest, *others = sorted((weights[word] for word in said), reverse=True)
            points[kind] = strongest + _FURTHER_WORDS * sum(others)
    return points


@cache
def _title_words() -> re.Pattern[str]:
    every = {word for weights in words.type_words().values() for word in weights}
    return re.compile(rf"(?<![\w-])(?=({either(every)})(?!\w))")


@cache
def _body_words() -> WordStarts:
    return WordStarts(phrase for phrases in words.body_words().values() for phrase in phrases)


def _count_body_words(body: str) -> dict[DocumentType, int]:
    said = _body_words().find(body)
    return {kind: count for kind, phrases in words.body_words().items() if (count := _count_common(said, phrases))}


def _count_common(said: Collection[str], phrases: Collection[str]) -> int:
    return min(5, len(set(said).intersection(phrases)))


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
