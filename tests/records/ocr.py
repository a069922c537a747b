"""What a scanner makes of a text: confusions of letters, joined and broken words, specks, lost accents."""

import re
import unicodedata
from random import Random

_CONFUSIONS = {
    "m": "rn", "rn": "m", "l": "1", "I": "l", "O": "0", "S": "5", "B": "8", "e": "c", "c": "e", "h": "b", "u": "ii",
    "d": "cl", "cl": "d", "vv": "w", "w": "vv", "g": "q", "t": "f", "i": "j", "a": "o", "ri": "n", "li": "h",
    "Z": "2", ":": ";", ".": ",", "/": "l", "-": "~",
}  # fmt: skip
_DIGITS = {"1": "l", "0": "O", "5": "S", "8": "B", "6": "b", "2": "Z"}
_SPECKS = "·'`,.:*~|"
_WORD = re.compile(r"\S+")
_PAIRS = tuple(key for key in _CONFUSIONS if len(key) == 2)


def add_noise(text: str, *, rate: float, seed: int) -> str:
    """`text` as if scanned badly: about `rate` of its words are damaged, digits a third as often.

    Lines stay lines, a blank one stays blank, one with ink keeps some, a form feed stays where it is.
    """
    if rate <= 0:
        return text
    random = Random(seed)
    return "\n".join(_damage_line(line, rate, random) if line.strip() else line for line in text.split("\n"))


def _damage_line(line: str, rate: float, random: Random) -> str:
    feed = "\f" if line.startswith("\f") else ""
    parts = [
        _damage_word(part, rate, random) if index % 2 else part
        for index, part in enumerate(_split_words(line.removeprefix("\f")))
    ]
    for index in range(2, len(parts) - 1, 2):  # the blanks between words
        if random.random() < rate * 0.08:
            parts[index] = "" if len(parts[index]) == 1 else parts[index][:-1]
    if random.random() < rate * 0.3:
        place = random.randrange(len(parts))
        parts[place] += random.choice(_SPECKS) if place % 2 else ""
    damaged = "".join(parts)
    return feed + (damaged if damaged.strip() else line.removeprefix("\f"))


def _split_words(line: str) -> list[str]:
    """Blanks, word, blanks, word, ..., blanks; joined they are the line."""
    parts: list[str] = []
    at = 0
    for word in _WORD.finditer(line):
        parts += [line[at : word.start()], word.group()]
        at = word.end()
    return [*parts, line[at:]]


def _damage_word(word: str, rate: float, random: Random) -> str:
    chance = rate / 3 if any(letter.isdigit() for letter in word) else rate
    if random.random() >= chance:
        return word
    if any(letter.isdigit() for letter in word):
        return _swap_one(word, _DIGITS, random)
    kind = random.random()
    if kind < 0.12 and len(word) > 4:
        at = random.randrange(2, len(word) - 1)
        return f"{word[:at]} {word[at:]}"
    if kind < 0.24 and not word.isascii():
        return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    if kind < 0.34 and len(word) > 3:
        at = random.randrange(len(word))
        return word[:at] + word[at + 1 :]
    for pair in _PAIRS:
        if pair in word and random.random() < 0.5:
            return word.replace(pair, _CONFUSIONS[pair], 1)
    return _swap_one(word, _CONFUSIONS, random)


def _swap_one(word: str, table: dict[str, str], random: Random) -> str:
    places = [at for at, letter in enumerate(word) if letter in table]
    if not places:
        return word
    at = random.choice(places)
    return word[:at] + table[word[at]] + word[at + 1 :]
