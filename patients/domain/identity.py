"""Who a patient is: names, chips, phones and owners, normalised and compared. Pure; used to group a file's documents
and to match patients to the register."""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz

SAME_PERSON = 88.0  # rapidfuzz ratio of sorted name parts from which two printings are one person

_NOT_WORD = re.compile(r"[^\w\s]|_")
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "sr", "sra", "srta", "don", "dona", "mme", "mlle", "herr", "frau"}
    | {"familie", "family", "dvm", "vmd", "dacvim", "mrcvs"}
)
# Glyph pairs that scanners confuse, brought to one form.
_CONFUSED = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "5": "s", "8": "b", "6": "b", "c": "e"})


@lru_cache(maxsize=4096)
def fold_name(name: str) -> str:
    """A name as it is compared: no accents, no punctuation, lower case, single spaces."""
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join([character for character in plain if not unicodedata.combining(character)])
    return " ".join(_NOT_WORD.sub(" ", plain).split())


def fold_scanned(name: str) -> str:
    """`fold_name`, with the glyphs that scanners confuse made equal: "Penn1e" is "Pennie". Milo and Mila are two."""
    return fold_name(name).replace("rn", "m").replace("vv", "w").translate(_CONFUSED)


def is_slip_of(first: str, second: str) -> bool:
    """Whether one name may be a misreading of the other. It needs further proof (the same chip or birth date)."""
    return min(len(first), len(second)) >= 4 and fuzz.ratio(fold_name(first), fold_name(second)) >= 75.0


def drop_surname(name: str, *, owners: frozenset[str]) -> str:
    """The animal's own name of "Biscuit Dunleavy", where Dunleavy is part of an owner's printed name."""
    parts = name.replace(",", " ").split()
    surnames = _parts_of_all(owners)
    kept = [part for part in parts if fold_name(part) not in surnames]
    is_name = any(fold_name(part) not in _TITLES for part in kept)  # "Mr Tibbs" is not Mr
    return " ".join(kept) if is_name and len(kept) < len(parts) else name


@lru_cache(maxsize=2)  # a file's owners are asked about for each of its names
def _parts_of_all(owners: frozenset[str]) -> frozenset[str]:
    return frozenset(part for owner in owners for part in owner_parts(owner))


def owner_parts(name: str, *, initials: bool = False) -> frozenset[str]:
    """The parts of a person's name that tell: folded, without titles and, but for `initials`, without these."""
    return frozenset(part for part in fold_name(name).split() if (len(part) > 1 or initials) and part not in _TITLES)


def is_same_owner(first: str, second: str) -> bool:
    """Whether two printings are one person or one household: the same surname, a part of the name alone, or a slip."""
    left, right = owner_parts(first), owner_parts(second)
    if not left or not right or left <= right or right <= left:
        return True
    return bool(_surnames(first) & _surnames(second)) or is_same_person(first, second)


def _surnames(name: str) -> frozenset[str]:
    """What stands before the comma of "Dunleavy, Marguerite"; else all parts behind the first."""
    if "," in name:
        return owner_parts(name.partition(",")[0])
    return owner_parts(" ".join(part for part in name.split() if owner_parts(part)).partition(" ")[2])


def is_same_person(first: str, second: str) -> bool:
    """Whether two printings are one person: the same parts in any order, initials and titles left out, or a slip."""
    left, right = " ".join(sorted(owner_parts(first))), " ".join(sorted(owner_parts(second)))
    return bool(left) and (left == right or fuzz.ratio(left, right) >= SAME_PERSON)


def normalise_chip(raw: str) -> str | None:
    """A microchip's code without spaces and marks: 15 digits (ISO 11784), or 9 or 10 digits or hex digits (legacy)."""
    code = re.sub(r"[\s\-*.·]", "", raw).upper()
    if re.fullmatch(r"\d{15}|\d{9,10}|[0-9A-F]{10}", code):
        return code
    return None


def phone_digits(raw: str) -> str:
    """The digits of a phone number, by which it is compared; an extension is left out."""
    return re.sub(r"\D", "", re.split(r"(?i)\b(?:ext|x|poste|durchwahl)\b", raw)[0])
