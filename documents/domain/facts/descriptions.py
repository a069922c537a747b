"""What short pieces in a row say of an animal: "Canine/Labrador", "FS", "dob 30/03/16", "black and tan"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from documents.domain.dates import find_dates
from documents.domain.facts import labels, shapes
from documents.domain.facts.values import AGE, SEX_CODES, WEIGHT, read_sex
from documents.domain.findings import FactField
from patients.domain import species

MOST_WORDS = 4  # of a breed
MOST_LEADS = 2  # pieces ahead of what is known: a name, or an owner and a name

_WORD = re.compile(r"\S+")
_BIRTH = re.compile(
    r"(?:dob|d\.o\.b\.?|geb\.?|nac\.?|f\.?\s?nac\.?|née? le|née?|born|nacid[oa]|b\.|\*)\s?:?\s?(?=\w)", re.IGNORECASE
)
_CHIP = re.compile(
    r"(?:micro)?(?:chip|puce|transponder)(?: ?n[ºo°r]\.?)?\s?:?\s?(\d(?:[ .-]?\d){14})(?!\d)", re.IGNORECASE
)
_FILING = re.compile(r"[\W\d_]+|[A-Z]{0,4}[-/]?\d[\w/.:-]*")  # a date, a time, a number of an animal or a visit
_LEFTOVERS = '().,;:*-–—•[]"“”'


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """`found`: fields with their words as printed. `leads`: pieces ahead of the first that says something known.

    `strays` counts the words behind it that say nothing known.
    """

    found: tuple[tuple[FactField, str], ...]
    leads: tuple[str, ...]
    strays: int

    @property
    def fields(self) -> frozenset[FactField]:
        return frozenset(field for field, _ in self.found)


def may_describe(tokens: frozenset[str], line: str) -> bool:
    """Whether a line, of which the words are `tokens`, may say what an animal is: a quick look before a long one."""
    if not tokens.isdisjoint(KNOWN_WORDS):
        return True
    return ("/" in line or "-" in line or "(" in line) and _CODE.search(line) is not None


def _list_words() -> frozenset[str]:
    """The first words of kinds and breeds, and the words of sexes; single letters say nothing by themselves."""
    phrases = (*species.list_words(), *(code for code in SEX_CODES if len(code) > 1))
    return frozenset(match[0] for phrase in phrases if (match := _TOKEN.search(phrase)) and len(match[0]) > 1)


_TOKEN = re.compile(r"[^\W_]+")
_CODE = re.compile(r"(?<!\w)[MFHWmfhw][/(-][A-Za-z](?!\w)")
KNOWN_WORDS = _list_words()


_KINDS_AND_BREEDS = frozenset(word for phrase in species.list_words() for word in phrase.split() if len(word) > 3)


def is_of_kind(text: str) -> bool:
    """Whether a word of `text` is one of a kind, a breed, a cross or a coat: no name."""
    words = text.casefold().split()
    return any(word in _KINDS_AND_BREEDS or word in labels.MIXED for word in words) or labels.is_color(text)


def describe(pieces: Sequence[str]) -> Description:
    """What the pieces say, in their order. A piece that is not known is a breed directly behind a kind of animal."""
    found: list[tuple[FactField, str]] = []
    leads: list[str] = []
    strays = 0
    is_behind_kind = False
    for piece in pieces:
        text = piece.strip(" \t.,;*•")
        if not text or (_FILING.fullmatch(text) and not AGE.fullmatch(text)):
            continue
        told = (
            shapes.classify(text)
            or _read_owner(text)
            or _read_words(text)
            or _read_alone(text, found, is_behind_kind=is_behind_kind)
        )
        is_behind_kind = [field for field, _ in told] == ["species"]
        if told:
            strays += sum(len(words.split()) for field, words in told if field is None)
            found += [(field, words) for field, words in told if field is not None]
        elif found:
            strays += len(text.split())
        else:
            leads.append(text)
    return Description(found=tuple(_drop_contradictions(found)), leads=tuple(leads), strays=strays)


def _drop_contradictions(found: Sequence[tuple[FactField, str]]) -> Iterator[tuple[FactField, str]]:
    """A code that contradicts a word beside it is none of a sex: of "SF, hongre" SF is a breed."""
    sexes = {(read_sex(words) or (None, None))[0] for field, words in found if field == "sex"} - {None}
    for field, words in found:
        if len(sexes) < 2 or field != "sex" or len(words) > 3:
            yield field, words


_Told = tuple[tuple[FactField | None, str], ...]


@lru_cache(maxsize=4096)
def _read_words(text: str) -> _Told:
    """A piece of several words. One that begins with words that are not known is none: "P. Lamb" is no sheep."""
    told = tuple(_scan(text))
    if [field for field, _ in told] == ["breed", None] and len(text.split()) <= MOST_WORDS + 1:
        return (("breed", text),)  # "Podenco canario x"
    return told if told and told[0][0] is not None else ()


def _read_owner(text: str) -> _Told:
    """Of "client Nyquist" or "owner R. Tamayo" the owner: a label without a mark behind it."""
    label, _, rest = text.partition(" ")
    is_owner = labels.ROLES.get(label.casefold()) == "owner" and shapes.is_person(rest, needs_credential=False)
    return (("owner", rest),) if is_owner and len(rest.split()) <= 4 else ()


def _read_alone(text: str, found: Sequence[tuple[FactField, str]], *, is_behind_kind: bool) -> _Told:
    """A piece that is only known by standing alone, or by what stands ahead of it."""
    if species.is_species(text):
        return (("species", text),)
    if not found:
        return ()
    if len(text) == 1 and text in "mwfh" and {"species", "breed"} & {field for field, _ in found}:
        return (("sex", text.upper()),) if text != "h" else ()
    plain = text.replace(" ", "").replace("-", "").replace("/", "").replace(".", "")
    if is_behind_kind and text[0].isupper() and plain.isalpha() and len(text.split()) <= MOST_WORDS:
        return (("breed", text),)
    return ()


def _scan(text: str) -> Iterator[tuple[FactField | None, str]]:
    """The words of one piece, left to right; None for a run of words that are not known. Empty: none is."""
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    if len(words) > 14:
        return
    told: list[tuple[FactField | None, int, int]] = []
    place = 0
    while place < len(words):
        field, count = _match(text, words, place)
        start, end = words[place][0], words[place + count - 1][1]
        if field is None and told and told[-1][0] is None:
            told[-1] = (None, told[-1][1], end)
        else:
            told.append((field, start, end))
        place += count
    if all(field is None for field, _, _ in told):
        return
    for position, (field, start, end) in enumerate(told):
        words_of = text[start:end].strip(_LEFTOVERS + " ")
        before = told[position - 1][0] if position else None
        after = told[position + 1][0] if position + 1 < len(told) else None
        if field is None and before == "species" and after == "sex" and words_of.replace(" ", "").isalpha():
            field = "breed"
        if field == "date_of_birth":
            words_of = _BIRTH.sub("", words_of, count=1)
        elif field == "microchip" and (chip := _CHIP.match(text, start)) is not None:
            words_of = chip[1]
        if words_of:
            yield field, words_of


def _match(text: str, words: Sequence[tuple[int, int]], place: int) -> tuple[FactField | None, int]:
    """The field that the words at `place` state, and how many they are; None and 1 where they are not known."""
    start = words[place][0]
    for pattern, field in _SHAPES:
        shape = pattern.match(text, start)
        if shape is None:
            continue
        end = shape.end()
        if field == "date_of_birth":
            date = next(iter(find_dates(text[end : end + 24])), None)
            if date is None or date.start:
                continue
            end += date.end
        count = sum(1 for first, _ in words[place:] if first < end)
        if words[place + count - 1][1] - end <= 1:
            return field, count
    for count in range(min(MOST_WORDS, len(words) - place), 0, -1):
        phrase = text[start : words[place + count - 1][1]].strip(_LEFTOVERS)
        named = _name_field(phrase)
        if named == "breed" and place + count < len(words):
            further = text[slice(*words[place + count])].strip(_LEFTOVERS).casefold()
            count += further in labels.MIXED
        if named is not None:
            return named, count
    return None, 1


_SHAPES: tuple[tuple[re.Pattern[str], FactField], ...] = (
    (_BIRTH, "date_of_birth"),
    (_CHIP, "microchip"),
    (AGE, "age"),
    (WEIGHT, "weight"),
)


@lru_cache(maxsize=16384)
def _name_field(phrase: str) -> FactField | None:
    if not phrase or not phrase[0].isalpha():
        return None
    if _is_breed(phrase):
        return "breed"
    if shapes.names_only_a_sex(phrase):
        return "sex"
    if species.is_species(phrase) and phrase[0].isupper():
        return "species"
    return "color" if labels.is_color(phrase) else None


def _is_breed(phrase: str) -> bool:
    """Whether `phrase` is a known breed, perhaps with a word for its size or coat ahead: "Wire Fox Terrier"."""
    if species.find_breed(phrase) is not None:
        return len(phrase) > 3 or phrase.isupper()
    first, _, rest = phrase.partition(" ")
    return first.casefold() in labels.BREED_AHEAD and species.find_breed(rest) is not None
