"""Invented words and numbers, of the shape of those that they stand for, the same for the same throughout a record."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from documents.domain.pseudonyms.spotting import Kind, fold_characters

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_LINE_NUMBER = 7  # last digits of a phone, by which it is known with and without the codes before them
_CHIP_CODE = 3  # first digits of a chip: the country's or maker's, kept


@dataclass(kw_only=True)
class Inventor:
    """Replaces what was spotted. `avoided`: folded words that nothing invented may be."""

    random: Random
    avoided: Collection[str]
    _words: dict[str, str] = field(default_factory=dict)
    _digits: dict[str, str] = field(default_factory=dict)

    def replace(self, text: str, *, kind: Kind) -> str:
        """Another text of the same length, its punctuation where it was."""
        if kind == "microchip":
            return self._put_digits(text, self._invent_chip(_digits_of(text)))
        if kind == "phone":
            return self._put_digits(text, self._invent_phone(_digits_of(text)))
        if kind in ("email", "web"):
            head, dot, top = text.rpartition(".")
            return self._replace_runs(head) + dot + top
        return self._replace_runs(text)

    def _replace_runs(self, text: str) -> str:
        """Words by words and numbers by numbers, each run by itself."""
        return re.sub(r"[^\W\d_\u0300-\u036f][^\W\d_]*[\u0300-\u036f]*|\d+", self._replace_run, text)

    def _replace_run(self, match: re.Match[str]) -> str:
        run = match[0]
        if run.isdigit():
            return self._invent_digits(run)
        letters = [char for char in run if char.isalpha()]
        invented = iter(self._invent_word(fold_characters("".join(letters))))
        return "".join(_in_case(next(invented), char) if char.isalpha() else char for char in run)

    def _invent_word(self, word: str) -> str:
        if word not in self._words:
            taken = {*self.avoided, *self._words.values()}
            for _ in range(200):
                invented = self._syllables(len(word))
                if invented != word and (invented not in taken or len(word) < 3):
                    break
            self._words[word] = invented
        return self._words[word]

    def _syllables(self, length: int) -> str:
        pools = (_CONSONANTS, _VOWELS)
        return "".join(self.random.choice(pools[place % 2]) for place in range(length))

    def _invent_chip(self, digits: str) -> str:
        return digits[:_CHIP_CODE] + self._invent_digits(digits[_CHIP_CODE:])

    def _invent_phone(self, digits: str) -> str:
        codes, number = digits[:-_LINE_NUMBER], digits[-_LINE_NUMBER:]
        return (self._invent_digits(codes) if codes else "") + self._invent_digits(number)

    def _invent_digits(self, digits: str) -> str:
        """Other digits; a first one that is not 0 stays none."""
        if digits not in self._digits:
            invented = digits
            while invented == digits:
                first = "0" if digits[0] == "0" and len(digits) > 1 else self.random.choice("123456789")
                invented = first + "".join(self.random.choice("0123456789") for _ in digits[1:])
            self._digits[digits] = invented
        return self._digits[digits]

    def _put_digits(self, text: str, digits: str) -> str:
        left = iter(digits)
        return "".join(next(left) if char.isdigit() else char for char in text)


def _digits_of(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _in_case(letter: str, like: str) -> str:
    return letter.upper() if like.isupper() else letter
