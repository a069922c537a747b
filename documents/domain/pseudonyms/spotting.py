"""Where a line tells who somebody is: known names and numbers, and what has the form of one.

A line is searched folded (`fold_line`), with the place of each folded letter in it: "MARIA" is found where "María" is
known, "Weiss" where "Weiß" is. What is found, and what is not, is told in docs/evaluation.md.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from documents.domain.vocabulary import load

Kind = Literal["animal", "person", "organisation", "address", "phone", "email", "web", "microchip", "number"]
NAMED: tuple[Kind, ...] = ("animal", "person", "organisation", "address")  # known by their words

_SHORT = 2  # letters up to which a word is a name only where it begins with a capital
_FEWEST_SPACED = 4  # letters of a name that is known with a space between each two of them
_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_AS_ONE = re.compile("([aou])e|(a)a")  # how a keyboard without them writes ä, ö, ü and å
_FEWEST_AS_ONE = 4  # letters that are left of such a name: "Sue" is no "Su"
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2212")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of the people, animals and practices of a record, by kind."""

    values: dict[Kind, frozenset[str]] = field(default_factory=dict)
    runs: frozenset[str] = frozenset()  # of digits, that are a number of somebody's wherever they stand

    def of(self, kind: Kind) -> frozenset[str]:
        return self.values.get(kind, frozenset())


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """line[start:end] tells who somebody is."""

    start: int
    end: int
    kind: Kind


def fold_characters(text: str) -> str:
    """Lower case without accents, of the same length."""
    return text.lower() if text.isascii() else "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0].lower()
    return base if len(base) == 1 else character


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldedLine:
    """`text`: lower case without accents and without what nobody sees, each letter as a keyboard writes it ("ss" for
    "ß"), dashes as hyphens. `places`: of each of its characters in the line; None: the same."""

    text: str
    line: str
    places: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Of text[start:end], not empty, in the line, with the accents behind its last letter."""
        if self.places is None:
            return start, end
        first, behind = self.places[start], self.places[end - 1] + 1
        while behind < len(self.line) and not _spell(self.line[behind]):
            behind += 1
        return first, behind


def fold_line(line: str) -> FoldedLine:
    if line.isascii():
        return FoldedLine(text=line.lower(), line=line)
    spelt = [_spell(character) for character in line]
    places = tuple(place for place, letters in enumerate(spelt) for _ in letters)
    return FoldedLine(text="".join(spelt), line=line, places=places)


@lru_cache(maxsize=4096)
def _spell(character: str) -> str:
    """The folded letters of a character; none for an accent by itself and for what is not seen."""
    if unicodedata.category(character) in ("Mn", "Cf"):
        return ""
    if character in _DASHES:
        return "-"
    if not character.isalnum():
        return character
    plain = (char for char in unicodedata.normalize("NFKD", character).lower() if not unicodedata.combining(char))
    letters = "".join(_LETTERS.get(char, char) for char in plain)
    return letters if len(letters) == 1 or letters.isalpha() else character


def list_words(text: str) -> list[str]:
    """The folded words of a name; a single letter is none."""
    return [word for word in re.findall(r"[^\W\d_]+", fold_line(text).text) if len(word) > 1]


def _list_other_spellings(name: str) -> Iterator[str]:
    """The words of a name as a keyboard without umlauts writes them, and the other way round: "Mueller", "Müller"."""
    for word in list_words(unicodedata.normalize("NFC", name).lower().translate(_WRITTEN_OUT)):
        yield word
        plain = _AS_ONE.sub(lambda found: found[1] or found[2], word)
        if len(plain) >= _FEWEST_AS_ONE:
            yield plain


def list_runs(number: str) -> list[str]:
    """The runs of digits in a number that are long enough to be known again."""
    return _RUN.findall(number)


def _vocabulary(key: str) -> frozenset[str]:
    return frozenset(word for table in load("pseudonyms").values() for word in table[key])


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _heading_words(table: object) -> Iterator[str]:
    """The words of every text in a table of the vocabulary."""
    if isinstance(table, str):
        yield from list_words(table)
    elif isinstance(table, dict):
        for key, value in table.items():
            yield from list_words(key)
            yield from _heading_words(value)
    elif isinstance(table, list):
        for value in table:
            yield from _heading_words(value)


_KEPT = _vocabulary("kept")
_HEADING_WORDS = frozenset(_heading_words(load("documents"))) | frozenset(_heading_words(load("dates"))) | _KEPT
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_TOP_DOMAINS = "com|net|org|biz|eu|uk|mx|fr|ch|de|es|example"  # those that are words are left out
_WEB = re.compile(
    rf"(?:https?://|www\.)[^\s<>\")]+|(?<![\w@.-])[a-z\d][a-z\d-]{{2,62}}(?:\.[a-z\d-]{{2,62}})?\.(?:{_TOP_DOMAINS})(?![\w-])"
)
_CHIP = re.compile(r"(?<![\d.-])9\d{2}(?:[ -]?\d){12}(?![\d.-]?\d)")
_PHONES = (
    re.compile(r"(?<![\d.+/-])(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])?\d{3}[.-]\d{4}(?![\d-]|[./]\d)"),
    re.compile(r"(?<![\d.+/-])(?:\+|00?)\d{1,3}(?:[ ./-]?\(?\d{1,4}\)?){2,6}(?![\d-])"),
    re.compile(rf"(?<!\w)(?:{_alternatives(_vocabulary('phone'))})\b[.: ]{{0,4}}(\+?[\d(][\d() ./-]{{4,18}}\d)(?!\d)"),
)
_ACCOUNT = re.compile(
    rf"(?<!\w)(?:{_alternatives(_vocabulary('account'))})[ -]?"
    r"(?:(?:id|no|nr|num|number|nummer|numero|n[o°]?)\b[.: #-]{0,4}|[:#] {0,3})#?([a-z]{0,4}-?\d[\da-z-]{2,})"
)
_CODE = re.compile(r"(?<![\w.,/-])[a-z]{0,4}[-#]?\d{6,}(?![\w]|[.,]\d)")
_STREETS = _alternatives(_vocabulary("streets"))
_ADDRESSES = (
    re.compile(rf"(?<!\w)\d{{1,5}} (?:[^\W\d_]+[. ]){{1,3}}(?:{_STREETS})\b"),
    re.compile(rf"(?<!\w)(?:{_STREETS})\.? (?:[^\W\d_]+[., ]{{1,2}}){{1,4}}\d{{1,4}}(?!\d)"),
    re.compile(r"(?<!\w)[^\W\d_]{3,}(?:strasse|straße|str\.|weg|gasse|platz|allee) \d{1,4}[a-z]?(?!\w)"),
)
_NAME = r"[^\W\d_a-zß-ÿ][^\W\d_A-ZÀ-Þ]+(?:['’-][^\W\d_]+)?"  # one capital, as names are written
_INITIALS = r"(?:[^\W\d_a-zß-ÿ]\. ?){0,2}"
_TITLES = _alternatives(_vocabulary("titles"))
_TITLED = re.compile(rf"(?<!\w)(?:{_TITLES})\b\.?(?:ª|º)? {_INITIALS}({_NAME}(?: {_NAME})?)")
_GRADED = re.compile(rf"((?:{_NAME} )?{_NAME}),? (?:{_alternatives(_vocabulary('degrees'))})(?!\w)")
_RUN = re.compile(r"(?<!\d)\d{5,}(?!\d)")
_PHONE_DIGITS = 7  # of what has the form of a phone
_CHIP_DIGITS = 15
_NATIONAL_DIGITS = (10, 9)  # of a phone without the code of its country
_BETWEEN = r"[\s().,+/*·-]{0,3}"  # what may stand between two digits of a number
_FEWEST_DIGITS = 4  # of a known number that tells somebody wherever it stands


def learn_people(lines: Iterable[str]) -> frozenset[str]:
    """Names of people that stand behind a title or before a degree; a word of headings is none of theirs."""
    names: set[str] = set()
    for line in lines:
        for pattern in (_TITLED, _GRADED):
            for match in pattern.finditer(line):
                names.update(word for word in match[1].split() if not _HEADING_WORDS.issuperset(list_words(word)))
    return frozenset(names)


@dataclass(frozen=True, kw_only=True)
class Spotter:
    """Finds what is `known`, and what has the form of a number or address that tells somebody."""

    known: Known

    @cached_property
    def words(self) -> dict[str, Kind]:
        """Folded words that tell somebody, with the kind that they were first known by."""
        words: dict[str, Kind] = {}
        for kind in NAMED:
            for value in sorted(self.known.of(kind)):
                others = (word for word in _list_other_spellings(value) if word not in _KEPT)
                for word in (*_telling(list_words(value)), *others):
                    words.setdefault(word, kind)
        return words

    @cached_property
    def _word_pattern(self) -> re.Pattern[str] | None:
        if not self.words:
            return None
        words = sorted(self.words, key=len, reverse=True)
        spaced = [" {1,2}".join(map(re.escape, word)) for word in words if len(word) >= _FEWEST_SPACED]
        spelt = "|".join([*map(re.escape, words), *spaced])
        return re.compile(rf"(?<![^\W_])(?:{spelt})(?=(?:s|es|'s|’s)?(?![^\W_]))")

    @cached_property
    def _phrases(self) -> list[re.Pattern[str]]:
        """Addresses as a whole: their numbers tell somebody only there."""
        values = sorted(self.known.of("address"), key=len, reverse=True)
        parts = (re.findall(r"[^\W_]+", fold_line(value).text) for value in values)
        return [re.compile(r"[^\w\n]{1,4}".join(map(re.escape, each))) for each in parts if each]

    @cached_property
    def _digits(self) -> list[tuple[re.Pattern[str], Kind]]:
        patterns: list[tuple[re.Pattern[str], Kind]] = []
        kinds: tuple[Kind, ...] = ("microchip", "phone", "number")
        for kind in kinds:
            for value in sorted(self.known.of(kind), key=len, reverse=True):
                characters = re.sub(r"[^\da-z]", "", fold_line(value).text)
                if len(characters) >= _FEWEST_DIGITS:
                    patterns.append((_spread(characters), kind))
                if kind == "phone":
                    patterns += [
                        (_spread(characters[-most:], lead="0"), kind)
                        for most in _NATIONAL_DIGITS
                        if len(characters) > most
                    ]
        codes = {code for value in self.known.of("address") for code in re.findall(rf"\d{{{_FEWEST_DIGITS},}}", value)}
        return patterns + [(re.compile(rf"(?<!\d){code}(?!\d)"), "address") for code in sorted(codes)]

    def spot(self, line: str, *, taken: Sequence[tuple[int, int]] = ()) -> list[Spot]:
        """The spots of a line in order, none over another or over a place that is taken (by a date)."""
        folded = fold_line(line)
        spots: list[Spot] = []
        used = list(taken)
        for *found, kind in self._candidates(folded):
            start, end = folded.span(*found)
            if all(end <= first or last <= start for first, last in used):
                used.append((start, end))
                spots.append(Spot(start=start, end=end, kind=kind))
        return sorted(spots, key=lambda spot: spot.start)

    def spot_known(self, line: str) -> Iterator[Spot]:
        """Known numbers alone."""
        folded = fold_line(line)
        for pattern, kind in self._digits:
            for found_start, found_end, _ in _spans(pattern, folded.text, kind):
                start, end = folded.span(found_start, found_end)
                yield Spot(start=start, end=end, kind=kind)

    def _candidates(self, line: FoldedLine) -> Iterator[tuple[int, int, Kind]]:
        """Places in the folded text. What is surest comes first."""
        folded = line.text
        yield from _spans(_EMAIL, folded, "email")
        yield from _spans(_WEB, folded, "web")
        for pattern, kind in self._digits:
            yield from _spans(pattern, folded, kind)
        for pattern in self._phrases:
            yield from _spans(pattern, folded, "address")
        for start, end, kind in _spans(_RUN, folded, "number"):
            if folded[start:end] in self.known.runs:
                yield start, end, kind
        if self._word_pattern is not None:
            for match in self._word_pattern.finditer(folded):
                word = match[0].replace(" ", "")
                if len(word) > _SHORT or line.line[line.span(*match.span())[0]].isupper():
                    yield match.start(), match.end(), self.words[word]
        yield from _spans(_CHIP, folded, "microchip")
        yield from _spans(_ACCOUNT, folded, "number")
        for pattern in _PHONES:
            for start, end, kind in _spans(pattern, folded, "phone"):
                if _PHONE_DIGITS <= sum(map(str.isdigit, folded[start:end])) <= _CHIP_DIGITS:
                    yield start, end, kind
        for pattern in _ADDRESSES:
            yield from _spans(pattern, folded, "address")
        yield from _spans(_CODE, folded, "number")


def _spread(characters: str, *, lead: str = "") -> re.Pattern[str]:
    """A number however it is grouped, `lead` before it or not."""
    ahead = f"(?:{lead}{_BETWEEN})?" if lead else ""
    return re.compile(rf"(?<![\da-z]){ahead}{_BETWEEN.join(map(re.escape, characters))}(?![\da-z])")


def _spans(pattern: re.Pattern[str], text: str, kind: Kind) -> Iterator[tuple[int, int, Kind]]:
    for match in pattern.finditer(text):
        group = 1 if pattern.groups else 0
        yield match.start(group), match.end(group), kind


def _telling(words: Sequence[str]) -> Sequence[str]:
    """Those that are not kept; all of them where a name has no other."""
    return [word for word in words if word not in _KEPT] or words
