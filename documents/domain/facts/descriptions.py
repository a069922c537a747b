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
LONGEST_COLOR = 6  # words of a coat
MOST_LEADS = 4  # pieces ahead of what is known: a title, a number, an owner, a name
MOST_WORDS_AHEAD = 3  # of a name, perhaps behind its label

_WORD = re.compile(r"\S+")
_BIRTH = re.compile(
    r"(?:dob|d\.o\.b\.?|geb\.?|nac\.?|f\.?\s?nac\.?|née? le|née?|born|nacid[oa]|b\.|\*)\s?:?\s?(?=\w)", re.IGNORECASE
)
_CHIP = re.compile(
    r"(?:micro)?(?:chip|puce|transponder)(?: ?n[ºo°r]\.?)?\s?:?\s?(\d(?:[ .-]?\d){14})(?!\d)", re.IGNORECASE
)
# A date, a time, a number of an animal, a form or a visit.
_FILING = re.compile(r"[\W\d_]+|(?:[A-Z]{2,6}\.? )?[A-Z]{0,4}[-/]?\d[\w/.:-]*")
_DATE_AHEAD = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\s+(?:\d{1,2}[:.]\d\d\s+)?(?=\D)")
# What a row says beside a description, and is no part of it: telephones, no chip, a risk, an age without its unit.
_BESIDE = re.compile(
    r"(?:tel|tél|telf?|ph|phone|mob|tfno|tlf)\b\W*\+?[\d(].*|(?:no|sin|ohne|sans|not) (?:chip|puce|microchip).*"
    r"|(?:un|not )(?:micro)?chipped|chip:? (?:keiner|none|no)|asa:? ?\S{1,4}"
    r"|(?:dob|d\.o\.b\.?|age|chip|microchip|born|nac\.?|geb\.?)\s?:?\s?(?:\?+|[-/_ ]+|unk(?:nown)?\.?|n/?a|s/d)"
    r"|(?:age|about|approx\.?|ca\.?|aged) \d{1,2}",
    re.IGNORECASE,
)
_EMPTY_BOX = re.compile(r"\[[ _]?\]|[☐□]")
_TICKED = re.compile(r"\[[xX]\]|[☒☑]")
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

    @property
    def is_full(self) -> bool:
        """Whether a sex and a kind or a breed are told."""
        return _is_full(self.found)


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
        text = text if text.count("(") == text.count(")") else text.strip("()")
        if "[" in text or "☐" in text or "☒" in text:
            text = _TICKED.sub("", text).strip()
        if (
            not text
            or _EMPTY_BOX.search(text)
            or (_FILING.fullmatch(text) and not AGE.fullmatch(text))
            or _BESIDE.fullmatch(text)
        ):
            continue
        if not found and (split := _split_name(text)):
            leads.append(split[0])
            found += split[1]
            continue
        told = (
            shapes.classify(text)
            or _read_owner(text)
            or _read_words(text)
            or _read_alone(text, found, is_behind_kind=is_behind_kind and bool(leads))
        )
        is_behind_kind = [field for field, _ in told] == ["species"] and species.is_species(text)
        if found and found[-1][0] == "breed" and text.casefold().rstrip(".") in labels.BREED_SIZES:
            point = "." if _ends_in_point(piece) and species.is_abbreviation(text) else ""
            found[-1] = ("breed", f"{found[-1][1]}, {text}{point}")  # "Dachshund, Miniature"
            continue
        if told and told[-1][0] == "breed" and species.is_abbreviation(text.split()[-1]) and _ends_in_point(piece):
            told = (*told[:-1], ("breed", f"{told[-1][1]}."))  # "Golden Ret."
        if told:
            strays += sum(len(words.split()) for field, words in told if field is None)
            found += [(field, words) for field, words in told if field is not None]
        elif _is_full(found):
            break  # what follows a description is no part of it
        elif found:
            strays += len(text.split())
        else:
            leads.append(text)
    return Description(found=tuple(_drop_contradictions(found)), leads=tuple(leads), strays=strays)


def _ends_in_point(piece: str) -> bool:
    return piece.rstrip(" \t,;*•").endswith(".")


def _is_full(found: Sequence[tuple[FactField, str]]) -> bool:
    fields = {field for field, _ in found}
    return "sex" in fields and not fields.isdisjoint({"species", "breed"})


def _split_name(text: str) -> tuple[str, tuple[tuple[FactField, str], ...]] | None:
    """Of "7/11/18 NELSON Bulldog x M entire" the words ahead and what follows; a kind and a sex tell that it is one."""
    text = _DATE_AHEAD.sub("", text, count=1)
    told = list(_scan(text)) if text[:1].isupper() and " " in text else []
    if len(told) < 3 or told[0][0] is not None or len(told[0][1].split()) > MOST_WORDS_AHEAD:
        return None
    known = tuple((field, words) for field, words in told[1:] if field is not None)
    return (told[0][1], known) if len(known) == len(told) - 1 and _is_full(known) else None


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
    told = () if "?" in text else tuple(_scan(text))
    if told and told[0][0] == "breed":
        told = (*_part_color(told[0][1]), *told[1:])
    if {field for field, _ in told} == {"color", None} and told[0][0] and len(text.split()) <= LONGEST_COLOR:
        rest = {word for field, words in told if field is None for word in words.casefold().split()}
        return (told[0],) if rest <= labels.COATS else (("color", text),)  # "white fluffy", "black with white locket"
    if [field for field, _ in told] == ["breed", None] and len(text.split()) <= MOST_WORDS + 1:
        return (("breed", text),)  # "Podenco canario x"
    return told if told and told[0][0] is not None else ()


def _part_color(breed: str) -> _Told:
    """Of "yellow Labrador" colour and breed; a Golden Retriever is one."""
    color, _, rest = breed.partition(" ")
    is_parted = color.islower() and labels.is_color(color) and species.find_breed(rest) is not None
    return (("color", color), ("breed", rest)) if is_parted else (("breed", breed),)


def _read_owner(text: str) -> _Told:
    """Of "client Nyquist" or "owner R. Tamayo" the owner: a label without a mark behind it."""
    label, _, rest = text.partition(" ")
    is_label = labels.ROLES.get(label.casefold().strip(".:")) == "owner"
    is_owner = is_label and len(rest.split()) <= 4 and shapes.is_person(rest, needs_credential=False)
    return (("owner", rest),) if is_owner else ()


def _read_alone(text: str, found: Sequence[tuple[FactField, str]], *, is_behind_kind: bool) -> _Told:
    """A piece that is only known by standing alone, or by what stands ahead of it."""
    if species.is_species(text):
        return (("species", text),)
    if not found:
        return ()
    if len(text) == 1 and text in "mwfh" and {"species", "breed"} & {field for field, _ in found}:
        return (("sex", text.upper()),) if text != "h" else ()
    plain = text.replace(" ", "").replace("-", "").replace("/", "").replace(".", "")
    is_other = labels.canonical(text) in labels.ROLES or shapes.is_titled_person(text)
    if is_behind_kind and not is_other and text[0].isupper() and plain.isalpha() and len(text.split()) <= MOST_WORDS:
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
        words_of += ")" * (
            words_of.count("(") - words_of.count(")") == 1 and text.startswith(")", start + len(words_of))
        )
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
