"""Labels and words of the four languages, as lookups made once from documents/domain/vocabulary/*/facts.toml."""

import re
from functools import lru_cache
from typing import Final

from documents.domain.vocabulary import load
from patients.domain import identity

# What a label says about the value behind it: a fact field; "bare_*" where only the surroundings tell whose it is;
# "@owner", "@patient", "@other", "@animal" for the head of a block; "@stop" for a label that only ends another's value.
Role = str

ROLES: Final[dict[str, Role]] = {}
for _table in load("facts").values():
    for _key in _table["stops"]["other"]:
        ROLES[_key] = "@stop"
for _table in load("facts").values():
    for _context, _keys in _table["context"].items():
        ROLES.update(dict.fromkeys(_keys, f"@{_context}"))
for _table in load("facts").values():
    for _role, _keys in _table["labels"].items():
        ROLES.update(dict.fromkeys(_keys, _role))

# Labels that name their field beyond doubt even without a colon, alone on a line or in a table's head.
SOLO: Final = frozenset(
    key
    for key, role in ROLES.items()
    if role in ("species", "breed", "sex", "date_of_birth", "microchip", "color", "weight", "age")
    or (role in ("name", "owner") and " " in key)
) - {"born", "art", "identification", "chip", "ht", "wt", "bw", "m/c", "geb", "capa", "puce", "kennzeichnung", "coat"}
TABLE_HEADS: Final = SOLO | {"name", "patient", "pet", "animal", "owner", "client", "chip", "paciente", "propietario"}


def words(kind: str) -> frozenset[str]:
    """The words of one kind in all four languages."""
    return frozenset(word for table in load("facts").values() for word in table["words"].get(kind, ()))


PLACEHOLDERS: Final = words("placeholders")
TRUE: Final = words("true")
FALSE: Final = words("false")
NEUTERINGS: Final = words("neuterings")
SUBJECTS: Final = words("subjects")  # labels of what a letter is about: it may say who an animal is
DEPARTED: Final = words("departed")
ADOPTERS: Final = words("adopters")  # labels of an owner who took an animal over
_SURRENDERS: Final = tuple(sorted(words("surrenders")))
NEGATIONS: Final = words("negations")
BESIDE_NEGATION: Final = words("beside_negation")
NO_NAME: Final = words("no_name")
NOT_THIS_WEIGHT: Final = words("not_this_weight")
NOT_A_BODY: Final = words("not_a_body")  # on a line with these an amount of kilograms is food, a bill's or a rider's
CLINIC_WORDS: Final = tuple(sorted(words("clinic_words")))
MIXED: Final = words("mixed")  # behind a breed: one parent was of another
BREED_SIZES: Final = words("breed_sizes")  # behind a breed and a comma
COATS: Final = words("coats")  # of a coat's length and kind: no colour
BREED_AHEAD: Final = words("breed_ahead")
_COLORS: Final = words("colors")
JOIN_COLORS: Final = words("join_colors")
_SHORT_COLORS: Final[dict[str, str]] = {
    short: full for table in load("facts").values() for short, full in table["color_forms"].items()
}
PET_NAMES: Final = words("pet_names")  # folded; the commonest names of animals
PET_NAME_ENDS: Final = words("pet_name_ends")  # folded; what may stand behind one and be part of the name
SHELTERS: Final = words("shelters")  # who keeps animals that have no owner
OTHERS_PHONES: Final = words("others_phones")  # behind a telephone: at work, or of somebody of the family
CHIP_WORDS: Final = tuple(sorted(words("chip_words"), key=len, reverse=True))
URINE: Final = re.compile(r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, words("urine_words")))) + r")(?!\w)")
WEIGHT_HISTORY: Final = words("weight_history")

_PARTS_OF_COLOR: Final = re.compile(r"[\s/&,+-]+")


def is_surrender(text: str) -> bool:
    """Whether a text has a word of papers by which somebody gives an animal up."""
    lowered = text.lower()
    return any(word in lowered and re.search(rf"(?<!\w){re.escape(word)}", lowered) for word in _SURRENDERS)


def is_color(text: str) -> bool:
    """Whether `text` is made of words for colours alone: "black and tan", "gris atigrado"."""
    folded = text.casefold()
    parts = [part for part in _PARTS_OF_COLOR.split(folded) if part]
    if folded in _COLORS or " ".join(parts) in _COLORS:
        return True  # "b/w", "sal y pimienta"
    return any(part in _COLORS for part in parts) and all(part in _COLORS or part in JOIN_COLORS for part in parts)


def spell_color(text: str) -> str:
    """A coat's words in full, folded: "Brn tabby/wht" is "brown tabby white"."""
    parts = [part for part in _PARTS_OF_COLOR.split(text.casefold()) if part]
    return " ".join(_SHORT_COLORS.get(part.rstrip("."), part) for part in parts)


def _title_words() -> frozenset[str]:
    """Words that name a document or a section of one."""
    tables = [table["titles"] for table in load("documents").values()]
    phrases = (phrase for table in tables for kind in ("nouns", "weak_nouns", "not_titles") for phrase in table[kind])
    return frozenset(word for phrase in phrases for word in phrase.split() if len(word) > 3)


_TITLE_WORDS: Final = _title_words()


def is_of_title(text: str) -> bool:
    """Whether `text` holds a word of a title, or begins with a label: it names no animal then."""
    words_of = text.casefold().split()
    return not _TITLE_WORDS.isdisjoint(words_of) or words_of[0].strip(".:") in ROLES


SHORTEST_SCANNED = 5  # letters of a label from which a scanner's slips in it are forgiven
_SCANNED: Final[dict[str, str]] = {}
for _key in ROLES:
    if len(_key) >= SHORTEST_SCANNED:
        _SCANNED.setdefault(identity.fold_scanned(_key), _key)

_TRAILING = frozenset({"no", "number", "nr", "nº", "n°", "num", "id"})
_PARENTHESIS = re.compile(r"\s*\(\s*(kgs?|lbs?|g|oz|cm|in|optional|required|s|es|a)\s*\)", re.IGNORECASE)


def _first_words() -> frozenset[str]:
    """The first words of all labels, and what scanners make of them."""
    plain = {part.strip(_MARKS) for key in ROLES for part in key.replace("/", " ").split()[:1]}
    plain |= {part.strip(_MARKS) for key in ROLES for part in key.split()[:1]}
    return frozenset(plain) | {identity.fold_scanned(word) for word in plain if word}


_MARKS = ".#:*•>[]()-–_,;?"
_FIRST_WORDS: Final = _first_words()


@lru_cache(maxsize=16384)
def may_begin(word: str) -> bool:
    """Whether a label may begin with a printed word: a quick look before its words are put together."""
    plain = word.lower().replace("’", "'").strip(_MARKS)
    return (
        not plain
        or plain in _FIRST_WORDS
        or plain.partition("/")[0] in _FIRST_WORDS
        or identity.fold_scanned(plain).partition(" ")[0] in _FIRST_WORDS
    )


@lru_cache(maxsize=16384)
def canonical(label: str) -> str:
    """A printed label as it is looked up: lower case, no points, no "#" or "number" behind it, no unit in brackets.

    One that differs from a known label in glyphs only that scanners confuse is that label: "Spec1es", "0wner".
    """
    text = label.lower().replace("’", "'")
    if "(" in text:
        text = _PARENTHESIS.sub("", text)
    parts = [part.strip(_MARKS) if part not in ROLES else part for part in text.split()]
    parts = [part for part in parts if part]
    while len(parts) > 1 and parts[-1] in _TRAILING and " ".join(parts) not in ROLES:
        parts.pop()
    is_numbered = len(parts) > 1 and parts[-1].isdigit() and " ".join(parts) not in ROLES
    if is_numbered and ROLES.get(" ".join(parts[:-1])) == "name":
        parts.pop()  # "Tier 3097: Wotan"
    key = " ".join(parts)
    if key in ROLES or len(key) < SHORTEST_SCANNED:
        return key
    return _SCANNED.get(identity.fold_scanned(key), key)


def roles_of(key: str) -> tuple[Role, ...]:
    """The roles of a canonical label: one, several for "species/breed", none where it is unknown."""
    role = ROLES.get(key)
    if role is not None:
        return (role,)
    if "/" not in key:
        return ()
    roles = tuple(ROLES.get(part.strip(), "") for part in key.split("/"))
    return roles if all(roles) and not any(role.startswith("@") for role in roles) else ()
