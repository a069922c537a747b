"""The language of a file, told by words that are common in one language and rare in the others."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Literal, cast

from documents.domain.lines import fold
from documents.domain.vocabulary import load

Language = Literal["en", "es", "fr", "de"]

DEFAULT: Language = "en"
MOST_LINES = 2_000  # first lines with words that are looked at

_WORD = re.compile(r"[^\W\d_]+")


def find_language(folded: Iterable[str]) -> Language:
    """The language of folded lines. English where nothing tells, or where as much speaks for it as for another."""
    counts: Counter[Language] = Counter({DEFAULT: 0})
    known = _language_of_word()
    for line in islice((line for line in folded if line), MOST_LINES):
        counts.update(known[word] for word in _WORD.findall(line) if word in known)
    return max(counts, key=lambda language: (counts[language], language == DEFAULT))


@cache
def _language_of_word() -> dict[str, Language]:
    tables = load("titles").items()
    return {fold(word): cast(Language, language) for language, table in tables for word in table["common"]}
