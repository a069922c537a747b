"""How much of a text is words: a PDF's text layer may be empty, a stamp on a scan, or letters that no font explains."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_EDGES = "\"'()[]{}<>.,;:!?¿¡«»„“”‘’*•·…–—-_/\\|&#+=~^`´°%$€£§@"
_WORD = re.compile(r"[^\W\d_]+(?:['’.\-/&][^\W\d_]+)*", re.UNICODE)
_NUMBER = re.compile(r"[.,:/\-+%x×<>=()]*\d[\d.,:/\-+%x×<>=()]*[A-Za-zµμ°%]{0,5}(?:/[A-Za-zµμ]{1,4})?")
_VOWEL = re.compile("[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüœ]", re.IGNORECASE)
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_LONGEST = 30  # letters of a word, German ones included
_NO_VOWEL = 5  # letters that a word without vowels may have: an abbreviation
_LOST = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]|\\(cid:\\d+\\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """`good` and `bad` count characters of what looks like words and of what does not; numbers are neither."""

    good: int
    bad: int

    @property
    def share(self) -> float:
        """Of good ones; 1 where there is nothing to judge."""
        return self.good / (self.good + self.bad) if self.good + self.bad else 1.0


def judge(lines: Iterable[str]) -> Quality:
    good = bad = 0
    for line in lines:
        for token in line.split():
            word = token.strip(_EDGES)
            if not word:
                continue
            if _LOST.search(token):
                bad += len(token)
            elif _is_word(word):
                good += len(word)
            elif not _NUMBER.fullmatch(word):
                bad += len(word)
    return Quality(good=good, bad=bad)


def _is_word(word: str) -> bool:
    if not _WORD.fullmatch(word) or len(word) > _LONGEST:
        return False
    if not _LATIN.search(word):
        return True  # another script: nothing is known of its words
    if not (word.islower() or word.isupper() or word.istitle() or word[1:].islower() or not word.isalpha()):
        return len(word) <= _NO_VOWEL
    return len(word) <= _NO_VOWEL or _VOWEL.search(word) is not None
