"""From printed words to typed values, field by field. What is no value (a placeholder, an empty form) gives none."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from documents.domain.dates import find_dates
from documents.domain.facts import labels
from documents.domain.facts.boxes import tick_boxes
from documents.domain.facts.clinical.reading import read_clinical
from documents.domain.facts.numbers import DOUBTFUL_DIGIT, find_doubtful
from documents.domain.facts.typed import Habits, Value, read_number
from documents.domain.findings import CLINICAL, FactField
from documents.domain.lines import fold
from patients.domain import identity, species

KILOGRAMS = {"kg": 1.0, "lb": 0.45359237, "g": 0.001, "oz": 0.028349523125}  # exact by definition (NIST SP 811)
LONGEST = 120  # characters that a value may have


_ANY_FILE = Habits()
_BY_HABIT = (CLINICAL | {"date_of_birth", "weight"}) - {"problem", "allergy", "alert", "medication"}


def normalise(*, field: FactField, raw: str, habits: Habits | None = None) -> tuple[Value, ...]:
    """The values that `raw` states for `field`; empty where it states none that can be trusted."""
    return _normalise(field, raw, (habits or _ANY_FILE) if field in _BY_HABIT else _ANY_FILE)


@lru_cache(maxsize=8192)  # a claim is read where it is proposed, where twins are dropped and where it is filed
def _normalise(field: FactField, raw: str, habits: Habits) -> tuple[Value, ...]:
    if field in CLINICAL:
        return read_clinical(field=field, raw=raw, habits=habits)
    text = tick_boxes(" ".join(raw.translate(_SIGNS).split())).strip(" \t,;|•–—-_*")
    if not text or len(text) > LONGEST or not any(character.isalnum() for character in text):
        return ()
    if field != "neutered" and is_placeholder(text):
        return ()
    if field in _WORDED and (sum(map(str.isalpha, text)) < 2 or text.casefold() in labels.NO_NAME):
        return ()
    values = _READERS[field](text, habits)
    doubtful = find_doubtful(field=field, text=text)
    if doubtful is not None and not any(isinstance(value.value, float) for value in values):
        return (Value(field=field, value=doubtful, flags=(DOUBTFUL_DIGIT,)),)
    return values


_WORDED: frozenset[FactField] = frozenset({"name", "breed", "color", "owner", "veterinarian", "clinic"})


def is_placeholder(text: str) -> bool:
    """Whether `text` stands where a value was left out: "N/A", "____", "Not recorded"."""
    folded = fold(text).strip(" .,:;()[]-–—_*?")
    return folded in labels.PLACEHOLDERS or not any(character.isalnum() for character in folded)


_SIGNS = str.maketrans({"♀": " F ", "♂": " M "})
_ID_AHEAD = re.compile(r"^(?:#?\d[\w-]*|[A-Z]{1,3}\d[\w-]*)\s*[-–:]?\s+(?=[^\W\d])")
_BEHIND_NAME = re.compile(r"(?<!\s)\s*(?:[(\[<#].*|\s[-–—/]\s.*|\s[A-Z]{0,3}-?\d{3,}.*|,?\s*\S+@\S+.*)$")
_WORDS = re.compile(r"[^\W_]+(?:[.'’-]+[^\W_]+)*\.?")


def trim_name(text: str) -> str:
    """A name without the account number ahead of it and without what stands behind it in brackets or after a dash."""
    text = _ID_AHEAD.sub("", text)
    return _BEHIND_NAME.sub("", text).strip(" ,;:\"'“”„«»*")


def _name(text: str, habits: Habits) -> tuple[Value, ...]:
    name = trim_name(text)
    if "," in name:
        first, _, rest = name.partition(",")
        # "Biscuit, Beagle" goes on with the signalment; "Dunleavy, Biscuit" is a name.
        if species.find_species(rest) or species.find_breed(rest.split(",")[0].strip()) or any(map(str.isdigit, rest)):
            name = first.strip()
    if not 1 <= len(_WORDS.findall(name)) <= 5 or len(name) > 40 or ":" in name or not name[:1].isalnum():
        return ()
    if not any(map(str.isalpha, name)) or is_placeholder(name) or find_dates(name):
        return ()
    return (Value(field="name", value=name),)


def _species(text: str, habits: Habits) -> tuple[Value, ...]:
    kind = species.find_species(text) or species.implied_species(text)
    return (Value(field="species", value=kind),) if kind else ()


def _breed(text: str, habits: Habits) -> tuple[Value, ...]:
    text = text.strip('"“”„«»')
    if len(text) > 60 or not any(map(str.isalpha, text)) or "@" in text:
        return ()
    if text.endswith(".") and not species.is_abbreviation(text.split()[-1]):
        return ()
    if fold(text) in SEX_CODES or find_dates(text):
        return ()
    return (Value(field="breed", value=text),)


SEX_CODES: dict[str, tuple[str | None, bool | None]] = {
    **dict.fromkeys(labels.words("neutered"), (None, True)),
    **dict.fromkeys(labels.words("intact"), (None, False)),
    **dict.fromkeys(labels.words("male"), ("male", None)),
    **dict.fromkeys(labels.words("female"), ("female", None)),
    **dict.fromkeys(labels.words("male_neutered"), ("male", True)),
    **dict.fromkeys(labels.words("female_neutered"), ("female", True)),
    **dict.fromkeys(labels.words("male_intact"), ("male", False)),
    **dict.fromkeys(labels.words("female_intact"), ("female", False)),
}
_SEX_TOKEN = re.compile(r"[^\W\d_]+(?:[/.][^\W\d_]+)*(?:\([a-z]\))?")


def read_sex(text: str) -> tuple[str | None, bool | None] | None:
    """Sex and neuter status that `text` states, each None where it does not; None where it contradicts itself."""
    folded = fold(text).strip(" .,;")
    if folded in SEX_CODES:
        return SEX_CODES[folded]
    tokens = [
        token.strip(".") for token in _SEX_TOKEN.findall(fold(re.sub(r"[,;()+&]", " ", text)).replace("un-", "un"))
    ]
    printed = {token.strip(".").casefold() for token in _SEX_TOKEN.findall(text) if token.isupper() or len(tokens) == 1}
    sexes: set[str] = set()
    states: set[bool] = set()
    place, negated = 0, False
    while place < len(tokens):
        for length in (2, 1):
            phrase = " ".join(tokens[place : place + length])
            # Two letters are a code only as printed: "FI", not "fi"; longer words are words.
            if phrase in SEX_CODES and (len(phrase) > 3 or phrase in printed or "/" in phrase):
                sex, state = SEX_CODES[phrase]
                if negated and state is not True:
                    return None  # "not male", "not entire": what it is instead is not said
                if state is True and (negated or _is_denial(tokens[place + length :])):
                    state = False
                sexes |= {sex} if sex else set()
                states |= {state} if state is not None else set()
                place += length - 1
                negated = False
                break
        else:
            negated = tokens[place] in labels.NEGATIONS or (negated and tokens[place] in labels.BESIDE_NEGATION)
            parts = tokens[place].split("/")
            if len(parts) > 1 and all(part in SEX_CODES for part in parts):
                tokens[place + 1 : place + 1] = parts
                printed.update(parts)
        place += 1
    if len(sexes) > 1 or len(states) > 1:
        return None
    return (sexes.pop() if sexes else None), (states.pop() if states else None)


def _is_denial(tokens: Sequence[str]) -> bool:
    """Whether all that follows a word denies it: "kastriert nein", "neutered not yet"."""
    told = set(tokens) - labels.BESIDE_NEGATION
    return bool(told) and told <= labels.NEGATIONS | {"n"}


def _sex(text: str, habits: Habits) -> tuple[Value, ...]:
    sex, state = read_sex(text) or (None, None)
    values: list[Value] = []
    if sex is not None:
        values.append(Value(field="sex", value=sex))
    if state is not None:
        values.append(Value(field="neutered", value=state))
    return tuple(values)


def _neutered(text: str, habits: Habits) -> tuple[Value, ...]:
    folded = fold(text).strip(" .,;")
    first = folded.split()[0].strip(",;.(") if folded else ""
    if folded in labels.FALSE or first in ("no", "non", "nein", "n"):
        return (Value(field="neutered", value=False),)
    state = (read_sex(text) or (None, None))[1]
    if state is None and _is_denial(folded.split()):
        state = False
    elif state is None and first in labels.NEGATIONS:
        return ()
    if state is None and (folded in labels.TRUE or first in ("yes", "sí", "si", "oui", "ja") or find_dates(text)):
        state = True
    return (Value(field="neutered", value=state),) if state is not None else ()


_AGE_UNIT = (
    r"(?:years?|yrs?|y/o|yo|y|months?|mos?|mths?|mo|m|weeks?|wks?|w|days?|d|años?|meses|mes|semanas?|días?|dias?|ans?|mois|"
    r"semaines?|jours?|jahren?|jahre?|jahr|j|monaten?|monate?|monat|wochen?|tagen?|tage?)\.?"
)
AGE = re.compile(
    rf"(?:approx\.?|about|~|ca\.?|circa)?\s*\d{{1,3}}(?:[.,]\d)?[\s-]?{_AGE_UNIT}(?!\w)"
    rf"(?:[\s,-]*(?:and|y|et|und)?\s*\d{{1,2}}[\s-]?{_AGE_UNIT}(?!\w))?(?:[\s-]old)?",
    re.IGNORECASE,
)
_YEARS_ONLY = re.compile(r"\d{1,2}(?:[.,]\d)?")
_WORD_AGES = frozenset({"adult", "puppy", "kitten", "senior", "geriatric", "juvenile", "foal", "adulto", "adulte"})


def _age(text: str, habits: Habits) -> tuple[Value, ...]:
    match = AGE.match(text)
    if match is not None:
        return (Value(field="age", value=match[0].strip()),)
    if _YEARS_ONLY.fullmatch(text) or fold(text) in _WORD_AGES:
        return (Value(field="age", value=text),)
    return ()


_YEAR_ONLY = re.compile(r"((?:19|20)\d\d)")
_ESTIMATED = re.compile(r"(?i)\b(?:est|estimated|approx|approximate|about|circa|ca|aprox|env|environ|vers|etwa)\b|~")


def _date_of_birth(text: str, habits: Habits) -> tuple[Value, ...]:
    flags: tuple[str, ...] = ("estimated",) if _ESTIMATED.search(text) else ()
    dates = find_dates(text, order=habits.order)
    days = [mention for mention in dates if mention.precision == "day"]
    if days:
        if len({mention.value for mention in days}) > 1:
            return ()
        flags += ("ambiguous_date",) if days[0].ambiguous else ()
        return (Value(field="date_of_birth", value=days[0].value.isoformat(), flags=flags),)
    if dates:
        return (Value(field="date_of_birth", value=dates[0].value.isoformat()[:7], flags=(*flags, "month_only")),)
    year = _YEAR_ONLY.fullmatch(_ESTIMATED.sub("", text).strip(" .()"))
    if year is not None:
        return (Value(field="date_of_birth", value=year[1], flags=(*flags, "year_only")),)
    return _age(text, habits)


_UNIT = (
    r"(?P<unit>kilograms?|kilogrammes?|kilos?|kgs?|pounds?|lbs?|libras?|livres?|pfund|#|grams?|gramos?|grammes?|gramm|gr|g|"
    r"ounces?|oz)"
)
_AMOUNT = r"(?P<number>\d{1,4}(?:[.,'’]\d{1,3})*(?:[-\s]1/2|½)?)"
WEIGHT = re.compile(
    rf"{_AMOUNT}\s?{_UNIT}(?!\w|/)\.?(?:\s?(?P<ounces>\d{{1,2}}(?:\.\d+)?)\s?(?:oz|ounces?)\b)?", re.IGNORECASE
)
_BARE_WEIGHT = re.compile(rf"{_AMOUNT}(?![\w/]|\s?[-–]\s?\d)")
_FIRST_LETTERS = {"k": "kg", "p": "lb", "l": "lb", "#": "lb", "g": "g", "o": "oz"}


def canonical_unit(printed: str) -> str:
    """kg, lb, g or oz for any printed unit of weight."""
    return _FIRST_LETTERS[printed[0].lower()]


def _weight(text: str, habits: Habits) -> tuple[Value, ...]:
    text = re.sub(r"^(?:~|approx\.?|about|ca\.?|aprox\.?|env\.?)\s*", "", text, flags=re.IGNORECASE)
    if re.match(r"\d[\d.,]*\s?(?:[a-z#]+)?\s?[-–]\s?\d", text, re.IGNORECASE) and "1/2" not in text:
        return ()
    match = WEIGHT.match(text) or _BARE_WEIGHT.match(text)
    if match is None:
        return ()
    number, flags = read_number(match["number"], habits=habits)
    unit = canonical_unit(match["unit"]) if "unit" in match.groupdict() and match["unit"] else None
    if number <= 0:
        return ()
    if unit == "lb" and match.groupdict().get("ounces"):
        number = round(number + float(match["ounces"]) / 16, 4)
    if unit is None:
        if match.end() != len(text):
            return ()
        return (Value(field="weight", value=number, flags=(*flags, "no_unit")),)
    return (Value(field="weight", value=number, unit=unit, kg=round(number * KILOGRAMS[unit], 3), flags=flags),)


_HEIGHT = re.compile(
    r"(\d{1,3}(?:[.,]\d{1,2})?)\s?(cm|centimeters?|centimetres?|inches|inch|in|\"|”|m|hh|hands?)(?!\w)", re.IGNORECASE
)


def _height(text: str, habits: Habits) -> tuple[Value, ...]:
    match = _HEIGHT.match(text)
    if match is None or float(match[1].replace(",", ".")) == 0:
        return ()
    printed = match[2].lower()
    unit = "cm" if printed.startswith("c") else "m" if printed == "m" else "hh" if printed.startswith("h") else "in"
    return (Value(field="height", value=float(match[1].replace(",", ".")), unit=unit),)


_CHIP = re.compile(r"[0-9A-F](?:[ .\-*·]?[0-9A-F]){8,15}(?![0-9A-Za-z])", re.IGNORECASE)


def _microchip(text: str, habits: Habits) -> tuple[Value, ...]:
    if len(set(filter(str.isdigit, text))) < 2:
        return ()  # zeros or nines fill an empty form
    for match in _CHIP.finditer(text):
        code = identity.normalise_chip(match[0])
        if code is not None and not find_dates(match[0]):
            return (Value(field="microchip", value=code),)
    if sum(map(str.isdigit, text)) >= 6 and len(text) <= 24 and not find_dates(text) and " " not in text.strip():
        return (Value(field="microchip", value=text, flags=("unusual_chip",)),)
    return ()


_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_PHONE = re.compile(r"(?<![\w@./-])\+?\(?\d(?:(?:[\s().\-]{0,3}|/)\d){6,14}(?!\w)")


def _owner_email(text: str, habits: Habits) -> tuple[Value, ...]:
    return tuple(Value(field="owner_email", value=match[0]) for match in _EMAIL.finditer(text))


_REMARK = re.compile(r"\([^()]*[^\W\d_]{2}[^()]*\)")


def _owner_phone(text: str, habits: Habits) -> tuple[Value, ...]:
    found = (match[0].strip() for match in _PHONE.finditer(_REMARK.sub(" ", text)))
    return tuple(Value(field="owner_phone", value=phone) for phone in found if not find_dates(phone))


_INITIALS = re.compile(r"^(?:[A-ZÀ-Ý]\.? )+[^\W\d_]{2,}, ")  # "S. Roe, Ashcombe" names a town
_COURTESY = re.compile(r"^(?:Mrs?|Ms|Miss|Mx|Sra?|Srta|Mme|Mlle|Herrn?|Frau)\.?\s+(?=\S+\s+\S)", re.IGNORECASE)


def _owner(text: str, habits: Habits) -> tuple[Value, ...]:
    name = trim_name(_PHONE.split(text)[0])
    if "," in name and (any(map(str.isdigit, name)) or _COURTESY.match(name) or _INITIALS.match(name)):
        name = name.partition(",")[0].strip()  # "Hans Müller, Hauptstr. 5"
    count = len(_WORDS.findall(name))
    if not 1 <= count <= 6 or any(map(str.isdigit, name)) or ":" in name or "@" in name or not name[:1].isalpha():
        return ()
    if is_placeholder(name) or not identity.owner_parts(name):
        return ()
    return (Value(field="owner", value=name),)


def _owner_address(text: str, habits: Habits) -> tuple[Value, ...]:
    if len(text) < 6 or not any(map(str.isalpha, text)) or "@" in text:
        return ()
    if not any(map(str.isdigit, text)) and ("," not in text or not text[0].isupper()):
        return ()  # "declined, see licence" is none
    return (Value(field="owner_address", value=text),)


_DEPARTMENT = re.compile(r"\s+[–—]\s+.*$|\s*\([^)]*\)?$")


def _veterinarian(text: str, habits: Habits) -> tuple[Value, ...]:
    name = _DEPARTMENT.sub("", text).strip(" ,;:>")
    if not 1 <= len(_WORDS.findall(name)) <= 12 or any(map(str.isdigit, name)) or ":" in name or "@" in name:
        return ()
    return (Value(field="veterinarian", value=name),)


def _clinic(text: str, habits: Habits) -> tuple[Value, ...]:
    name = _DEPARTMENT.sub("", text).strip(" ,;:>")
    if not 1 <= len(_WORDS.findall(name)) <= 12 or ":" in name or "@" in name or not any(map(str.isalpha, name)):
        return ()
    return (Value(field="clinic", value=name),)


def _color(text: str, habits: Habits) -> tuple[Value, ...]:
    if any(map(str.isdigit, text)) or ":" in text:
        return ()
    return (Value(field="color", value=text),)


_READERS: dict[FactField, Callable[[str, Habits], tuple[Value, ...]]] = {
    "name": _name,
    "species": _species,
    "breed": _breed,
    "sex": _sex,
    "neutered": _neutered,
    "date_of_birth": _date_of_birth,
    "age": _age,
    "color": _color,
    "weight": _weight,
    "height": _height,
    "microchip": _microchip,
    "owner": _owner,
    "owner_phone": _owner_phone,
    "owner_email": _owner_email,
    "owner_address": _owner_address,
    "veterinarian": _veterinarian,
    "clinic": _clinic,
}
