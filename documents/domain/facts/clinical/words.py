"""Clinical words of the four languages, as lookups made once from documents/domain/vocabulary/*/clinical.toml."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from documents.domain.facts import labels
from documents.domain.findings import FactField
from documents.domain.vocabulary import load

WORD: Final = re.compile(r"[^\W_]+")
_ASCII_WORD: Final = re.compile(
    "[a-z0-9]+"
)  # the same in lower case where nothing else stands, in two thirds of the time
_TABLES: Final = tuple(load("clinical").values())


class Hit(NamedTuple):
    """A known phrase: text[start:end], and what it stands for."""

    start: int
    end: int
    key: str


class Phrases:
    """Known phrases and what they stand for, looked up by their first word; of several the longest is found."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        by_word: dict[str, list[tuple[str, str]]] = {}
        for phrase, key in keys.items():
            first = WORD.match(phrase)
            if first is not None:
                by_word.setdefault(first[0], []).append((phrase, key))
        self._by_word = {word: sorted(found, key=lambda each: (-len(each[0]), each)) for word, found in by_word.items()}
        self.first_words = frozenset(self._by_word)

    def find(self, lowered: str) -> Iterator[Hit]:
        """The phrases in a lower-case text, left to right, none overlapping another."""
        floor = 0
        known = self._by_word
        for word, start in places_of_words(lowered):
            if word in known and start >= floor:
                hit = self._match(lowered, start, known[word])
                if hit is not None:
                    yield hit
                    floor = hit.end

    def match(self, lowered: str, start: int) -> Hit | None:
        """The longest phrase that begins at `start`, where a word begins."""
        word = WORD.match(lowered, start)
        return self._match(lowered, start, self._by_word.get(word[0], [])) if word else None

    def _match(self, lowered: str, start: int, phrases: Sequence[tuple[str, str]]) -> Hit | None:
        for phrase, key in phrases:
            end = start + len(phrase)
            if lowered.startswith(phrase, start) and not (phrase[-1].isalnum() and lowered[end : end + 1].isalnum()):
                return Hit(start=start, end=end, key=key)
        return None


def list_words(lowered: str) -> list[str]:
    """The words of a lower-case text."""
    return (_ASCII_WORD if lowered.isascii() else WORD).findall(lowered)


@lru_cache(maxsize=64)  # several vocabularies are looked for in a line before the next one
def places_of_words(lowered: str) -> tuple[tuple[str, int], ...]:
    """The words of a lower-case text with their places."""
    pattern = _ASCII_WORD if lowered.isascii() else WORD
    return tuple([(match[0], match.start()) for match in pattern.finditer(lowered)])


def _keys(table: str) -> dict[str, str]:
    """Phrase to key over all languages; the first language that has a phrase decides."""
    found: dict[str, str] = {}
    for each in _TABLES:
        for key, phrases in each.get(table, {}).items():
            for phrase in phrases:
                found.setdefault(phrase, key)
    return found


def words(kind: str, *, table: str = "words") -> frozenset[str]:
    """The words of one kind in all four languages."""
    return frozenset(word for each in _TABLES for word in each[table].get(kind, ()))


def phrases(kind: str, *, table: str = "words") -> Phrases:
    return Phrases(dict.fromkeys(sorted(words(kind, table=table)), kind))


def any_of(found: Iterable[str]) -> str:
    """A pattern of any of the words, longest first."""
    return "(?:" + "|".join(sorted(map(re.escape, found), key=lambda word: (-len(word), word))) + ")"


def vital_phrases(field: str) -> frozenset[str]:
    """The labels of a vital, its single letter with them."""
    return frozenset(phrase for phrase, key in _keys("vitals").items() if key.removesuffix("_letter") == field)


VITAL_LABELS: Final = Phrases(
    {phrase: key.removesuffix("_letter") for phrase, key in _keys("vitals").items() if not key.endswith("_letter")}
)
VITAL_LETTERS: Final = {phrase: key.removesuffix("_letter") for phrase, key in _keys("vitals").items() if "_l" in key}
HEADS: Final[Mapping[str, FactField]] = {
    labels.canonical(phrase): field
    for field in ("vaccine", "medication", "problem", "alert", "allergy")
    for phrase in sorted(words(field, table="heads"))
}
HEAD_WORDS: Final = frozenset(match[0] for head in HEADS if (match := WORD.search(head)))
ANALYTES: Final = Phrases(_keys("analytes"))
VACCINES: Final = Phrases(_keys("vaccines"))
DRUGS: Final = Phrases(dict.fromkeys(sorted(words("drugs", table="medication")), "drug"))

NOTHING: Final = words("nothing")
NOT_FOUND: Final = words("not_found")
NOT_LAB: Final = words("not_lab")
NEGATIONS: Final = words("negations")
PLANNED: Final = words("planned")
STOPPED: Final = words("stopped")
OTHERS: Final = phrases("others")
NOT_A_PROBLEM: Final = phrases("not_a_problem")
SUSPECTED: Final = phrases("suspected")
RESOLVED: Final = phrases("resolved")
VERBS: Final = words("verbs")
GO_ON: Final = words("go_on")
STOPS_A_LIST: Final = words("stops_a_list")
ALERT_PHRASES: Final = phrases("phrases", table="alerts")
NO_ALERT: Final = phrases("no_alert", table="alerts")
GIVEN: Final = phrases("given", table="vaccination")
ACTS_OF_VACCINATION: Final = words("acts", table="vaccination")
DUE: Final = phrases("due", table="vaccination")
LOT: Final = phrases("lot", table="vaccination")
NO_VACCINE: Final = words("no_vaccine", table="vaccination")
