"""Shapes that tell what they are without a label: codes of sex, ages, weights beside their word, chips, mailboxes."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from documents.domain.dates import find_dates
from documents.domain.facts import labels
from documents.domain.facts.typed import Value
from documents.domain.facts.values import AGE, WEIGHT, canonical_unit, read_sex
from documents.domain.findings import FactField
from patients.domain import species

_CREDENTIAL = re.compile(r"(?i)\b(?:dr|dra|dre|drs|dvm|vmd|bvsc|bvms|mrcvs|frcvs|dacv\w+|lic|mvz|med\. ?vet)\b")
_PARTICLES = frozenset(
    {"de", "del", "la", "las", "los", "van", "von", "der", "den", "du", "le", "da", "dos", "di", "y", "e", "zu", "zur"}
    | {"and", "&", "bin", "al", "el", "st"}
)


_OF_CLINIC = frozenset(
    {
        "vet",
        "vets",
        "vs",
        "vc",
        "veterinary",
        "clinic",
        "hospital",
        "surgery",
        "laboratory",
        "clínica",
        "clinique",
        "tierklinik",
    }
)


def is_person(name: str, *, needs_credential: bool) -> bool:
    """Whether `name` is written as a person: every part capitalised, but for particles. A lone word needs a title."""
    if _CREDENTIAL.search(name):
        return len(name) <= 80 and not is_sentence(name)
    parts = [part.strip(".,()&") for part in name.split()]
    plain = [part for part in parts if part]
    if not plain or not all(part[:1].isupper() or part.casefold() in _PARTICLES for part in plain):
        return False
    return len(plain) >= 2 if needs_credential else len(plain) >= 2 or len(plain[0]) >= 3


def has_credential(text: str) -> bool:
    """Whether a text names a veterinarian by title or degree."""
    return _CREDENTIAL.search(text) is not None


_TITLED = re.compile(r"(?:Mrs?|Ms|Miss|Mx|Sra?|Srta|Mme|M|Mlle|Herrn?|Frau|Familie|D|Dña)\.? (?=[A-ZÀ-Ý])")


def is_titled_person(text: str) -> bool:
    """Whether `text` is a person with a courtesy title and nothing else: "Mrs Eleanor Whitcombe"."""
    title = _TITLED.match(text)
    return title is not None and len(text.split()) <= 5 and is_person(text[title.end() :], needs_credential=False)


_OWNER_AHEAD = re.compile(
    r"([A-Z][a-zà-ÿ]+)\s((?:(?:[A-ZÀ-Ý][a-z]{0,3}\.|[A-ZÀ-Ý][\w'’-]*)\s?){2,5})(?=[.,;(]|\s{2}|$)"
)


def find_titled_owner(text: str) -> tuple[str, str] | None:
    """Of "Owner Mr Marcus Oyelaran. Boxer, FN" the owner and the quote: a label without a mark, a person behind it."""
    match = _OWNER_AHEAD.match(text)
    if match is None or labels.ROLES.get(match[1].casefold()) != "owner":
        return None
    name = match[2].strip().rstrip(".")
    if labels.is_of_title(name):
        return None
    is_owner = is_titled_person(name) or (len(name.split()) >= 2 and is_person(name, needs_credential=True))
    return (name, match[0].rstrip().rstrip(".")) if is_owner else None


def is_sentence(text: str) -> bool:
    """Whether several words of `text` are plain words of prose."""
    return sum(word.strip(".,;").casefold() in labels.NO_NAME for word in text.split()) >= 2 or len(text.split()) > 12


_INITIAL_LAST = re.compile(r"(?:^|[\s.,-])[A-ZÀ-Ý]\.$")  # "Osei, G.", "Roe, J. B."
# Letters of the other case or digits within a word: a scanner saw them, nobody wrote them ("BRlNDLE", "bIanco").
_MISREAD = re.compile(r"[A-ZÀ-Ý][l0-9][A-ZÀ-Ý]|[A-ZÀ-Ý]{2}l\b|[a-zà-ÿ][I0-9][a-zà-ÿ]|\b[a-z]I[a-z]|\brn[a-z]")


def is_likely(target: FactField, raw: str, values: Sequence[Value]) -> bool:
    """Whether the words look like such a value: names are no sentences, persons are written as persons."""
    value = str(values[0].value)
    if target in ("name", "owner", "veterinarian"):
        words = [word.strip(".,").casefold() for word in value.split()]
        if target == "name" and 2 < len(words) < 5 and words[1] in _PARTICLES:
            words = [word for word in words if word not in _PARTICLES]  # "Ouragan du Marais"
        is_person_of = target != "name"
        told = [word for word in words if len(word) > 1 or not is_person_of]  # of "Mr I. Roe" the I is an initial
        is_open = value.endswith(".") and not (is_person_of and _INITIAL_LAST.search(value))
        if any(word in labels.NO_NAME for word in told[: 3 if target == "name" else None]) or is_open:
            return False
        if target == "name":
            return (value[:1].isupper() or len(words) == 1) and not names_only_a_sex(value)
        if target == "owner" and not (_OF_CLINIC | labels.SHELTERS).isdisjoint(words):
            return False
        return is_person(value, needs_credential=target == "veterinarian")
    if target in ("breed", "color") and _MISREAD.search(raw):
        return False
    if target == "color":
        return not labels.COATS.issuperset(value.casefold().split())
    if target == "breed":
        is_open = any(word.endswith(".") and not species.is_abbreviation(word) for word in value.split()[:-1])
        return not is_open and not is_sentence(value) and not _names_kinds_alone(value)
    if target == "clinic":
        return value[:1].isupper() and not is_sentence(value)
    return True


def _names_kinds_alone(text: str) -> bool:
    """Whether what stands between slashes are kinds and boxes to tick: "Dog/Cat/Other" is a form's label."""
    parts = [part.strip().casefold() for part in text.split("/")]
    return len(parts) > 1 and all(part in labels.PLACEHOLDERS or species.is_species(part) for part in parts)


def trim_weight(raw: str) -> str:
    """The amount and unit at the head of `raw`, without what is said about them."""
    amount = WEIGHT.match(raw)
    return amount[0].rstrip(".") if amount else raw


def is_body_weight(text: str) -> bool:
    """Whether `text` is a weight in kg or lb and nothing else."""
    amount = WEIGHT.fullmatch(text)
    return amount is not None and canonical_unit(amount["unit"]) in ("kg", "lb")


def is_title(text: str) -> bool:
    """Whether all the longer words of `text` begin with a capital, and there are at most eight."""
    parts = text.split()
    return len(parts) <= 8 and all(part[:1].isupper() or len(part) <= 3 for part in parts)


@lru_cache(maxsize=16384)
def is_animal_name(text: str) -> bool:
    """Whether `text` may name an animal in a heading: one or two capitalised words that are no label and no kind."""
    parts = text.strip("\"'“”").split()
    if not 1 <= len(parts) <= 2 or not all(part[:1].isupper() and part.strip(".'’-").isalpha() for part in parts):
        return False
    folded = text.casefold()
    return not (
        folded in labels.ROLES or folded in labels.NO_NAME or species.find_species(text) or species.find_breed(text)
    )


@lru_cache(maxsize=16384)
def classify(piece: str) -> tuple[tuple[FactField, str], ...]:
    """What a piece of a signalment surely is: kind of animal, breed, sex, age or weight; nothing where it is unsure."""
    text = piece.strip(" .,;")
    if not text or len(text) > 40 or not any(map(str.isalpha, text)):
        return ()
    for separator in ("/", " - "):
        head, found, rest = text.partition(separator)
        if found and _are_breeds(head, rest):
            return (("breed", text),)  # "Pit Bull / Boxer Mix"
        if found and species.find_species(head) and len(head.split()) <= 2 and not species.find_breed(head):
            kind: tuple[tuple[FactField, str], ...] = (("species", head.strip()),)
            return (*kind, ("breed", rest.strip())) if _is_breed(rest.strip()) else kind
    age = AGE.match(text)
    if age is not None:
        rest = text[age.end() :].strip(" ,")
        return (("age", age[0].strip()), *(classify(rest) if rest else ()))
    if is_body_weight(text):
        return (("weight", text),)
    if species.find_breed(text):
        return (("breed", text),)
    if names_only_a_sex(text):
        return (("sex", text),)
    if len(text.split()) <= 2 and species.find_species(text) and text[:1].isupper():
        return (("species", text),)
    head, _, rest = text.partition(" ")
    if rest and head.isupper() and names_only_a_sex(head) and len(head) > 1 and (behind := classify(rest)):
        return (("sex", head), *behind)
    return ()


def _are_breeds(first: str, second: str) -> bool:
    """Whether two parents' breeds are told, perhaps with a word for a cross behind."""
    plain = [" ".join(word for word in part.split() if word.casefold() not in labels.MIXED) for part in (first, second)]
    return all(part and species.find_breed(part) is not None for part in plain)


def _is_breed(text: str) -> bool:
    return bool(text) and text[0].isalpha() and not any(map(str.isdigit, text)) and not names_only_a_sex(text)


_SEX_LETTERS = re.compile(r"[A-Za-zÀ-ÿ/(). ,-]{1,24}")


def names_only_a_sex(text: str) -> bool:
    """Whether `text` is a sex, a neuter status or both, and nothing else."""
    if _SEX_LETTERS.fullmatch(text) is None or (len(text) <= 3 and not text.isupper()):
        return False
    found = read_sex(text)
    words = re.findall(r"[A-Za-zÀ-ÿ]+", text)
    known = all(read_sex(word) not in (None, (None, None)) for word in words if len(word) > 2)
    return found is not None and found != (None, None) and known and len(words) <= 3


_WEIGHT_WORD = re.compile(
    r"(?:body\s?weight|weight|wt|bw|weighed|weighs|peso|poids|pds|gewicht|kgw|gew|tape)\b\.?"
    r"(?:\s?\((?:kgs?|lbs?|g)\)"
    r"|\s(?:by tape|on table|on scale|on arrival|there|here|tape|today|actual|heute|hoy|actuel|ruban|balance))?"
    r"\s{0,4}(?:[:=.–-]|is|was|de)?\s{0,4}(?:[:=])?\s{0,4}(?=\d)"
)
_WORD_BEFORE = re.compile(r"([\w'’-]+)[\s:,]*$")
_WORD_AFTER = re.compile(
    r"\s?[-–/]\s?\d|"
    r"\s{0,3}(?:/|per\b|over\b|above\b|below\b|lost\b|loss\b|gain|less\b|more\b|heavier|último|last\b|ideal)"
)
_SIGNALMENT = re.compile(
    r"\b\d{1,2}(?:\.\d)?\s?(?:y|yr|yrs|yo|y/o|mo|year|years)(?:[ -]old)?,? "
    r"(?:MN|FS|MI|FI|M/N|F/S|MC|M/C|FN|NM|SF)\b[^.;:\d]{2,40}(?=\d)"
)


_SUBJECTS = frozenset(
    (
        "he",
        "she",
        "it",
        "patient",
        "animal",
        "dog",
        "cat",
        "horse",
        "mare",
        "gelding",
        "rabbit",
        "bird",
        "puppy",
        "kitten",
    )
)


def _subject(word: str, before: str) -> str | None:
    """Whose weight a word in prose tells: a name, the patient's (empty), or something's that is none (None)."""
    if before.endswith(("'s", "’s")):
        return before[:-2]
    if not word.startswith("weigh") or word.startswith("weight") or not before or before.casefold() in _SUBJECTS:
        return ""
    return before if before[:1].isupper() else None


_AMOUNT_OF_MASS = re.compile(r"[\d½]\s?[klpgo#]")


def may_hold_weight(lowered: str) -> bool:
    """Whether a lower-case line has a number with what may begin a unit of weight: a quick look before a long one."""
    return _AMOUNT_OF_MASS.search(lowered) is not None


def find_weights(line: str, lowered: str) -> Iterator[tuple[str, str, str]]:
    """Weights with a unit directly behind their word ("Wt 29.4 kg"): subject, raw, quote.

    The subject is empty where it can only be the patient; "Rex weighs" counts for Rex alone. Targets, ranges: none.
    """
    for head in _SIGNALMENT.finditer(line):
        amount = WEIGHT.match(line, head.end())
        if amount is not None and is_body_weight(amount[0]):
            yield "", amount[0], line[head.start() : amount.end()]
    if not ("w" in lowered or "p" in lowered):
        return
    for word in _WEIGHT_WORD.finditer(lowered):
        if len(lowered) != len(line) or (
            word.start() and (lowered[word.start() - 1].isalnum() or lowered[word.start() - 1] in "-/")
        ):
            continue
        before = _WORD_BEFORE.search(lowered, max(0, word.start() - 24), word.start())
        if before is not None and before[1] in labels.NOT_THIS_WEIGHT:
            continue
        amount = WEIGHT.match(line, word.end())
        if amount is None or (not amount[0].endswith(".") and _WORD_AFTER.match(lowered, amount.end())):
            continue
        subject = _subject(word[0], line[before.start(1) : before.end(1)] if before is not None else "")
        if subject is not None:
            yield subject, line[amount.start() : amount.end()], line[word.start() : amount.end()]


_CHIP_AFTER = re.compile(
    r"(?<!\w)(?:" + "|".join(map(re.escape, labels.CHIP_WORDS)) + r")[^\d\n]{0,40}(\d(?:[ .-]?\d){14})(?!\d)"
)
_BIRTH_WORD = re.compile(
    r"(?<!owner )(?<!client )(?<!\w)"
    r"(?:dob|d\.o\.b\.?|date of birth|fecha de nacimiento|née? le|geb\.|geboren am|nacid[oa] el|born|foaled)"
    r"[\s:.]{0,4}(?=[\w])"
)


_HOUR_BEHIND = re.compile(r",?\s\d{1,2}[.:]\d\d(?!\d)")
_CODE_WORD = re.compile("chip|transpon|puce|icad|dob|d\\.o\\.b|birth|naci[md]|né|geb|born|foaled")


def may_hold_code(lowered: str) -> bool:
    """Whether a lower-case line has a word for a chip or a birth: a quick look before a long one."""
    return _CODE_WORD.search(lowered) is not None


def find_codes(line: str, lowered: str) -> Iterator[tuple[FactField, str, str]]:
    """A 15-digit chip beside a chip's word, and a birth date beside its word: field, raw, quote."""
    if len(lowered) == len(line):
        for match in _CHIP_AFTER.finditer(lowered):
            yield "microchip", line[match.start(1) : match.end(1)], line[match.start() : match.end()]
        for match in _BIRTH_WORD.finditer(lowered):
            date = next(iter(find_dates(line[match.end() : match.end() + 30])), None)
            end = match.end() + (date.end if date is not None else 0)
            is_litter = _HOUR_BEHIND.match(lowered, end) is not None  # "Queen Pudding   born 22.11.23 03.00-05.20"
            if date is not None and date.start == 0 and date.precision == "day" and not is_litter:
                yield "date_of_birth", line[match.end() : end], line[match.start() : end]


_TELEPHONE = re.compile(
    r"(?<!\w)(?:tel|tél|telf|telefon|telephone|teléfono|téléphone|ph|phone|mob|mobile|mobil|cell?|tlf|tfno|móvil|móv|handy)\b\.?:?\s{0,3}"
    r"(\+?\(?\d(?:[\s().\-/]{0,2}\d){6,14})(?!\w)",
    re.IGNORECASE,
)


def find_telephones(line: str) -> Iterator[tuple[str, str]]:
    """Telephone numbers directly behind a telephone's word: number, quote."""
    for match in _TELEPHONE.finditer(line):
        ahead = _WORD_BEFORE.search(line, max(0, match.start() - 24), match.start())
        if ahead is None or labels.ROLES.get(ahead[1].casefold()) != "@other":  # "Spouse cell (207) 555-0117"
            yield match[1], match[0]


_MAILBOX = re.compile(
    r"((?:[A-ZÀ-Ý][\w'’.-]+ ){1,3}[A-ZÀ-Ý][\w'’-]+)\"?\s?[(<\[]\s?"
    r"(?:mailto:)?([\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)\s?[)>\]]"
)


def find_mailboxes(line: str) -> Iterator[tuple[str, str, str]]:
    """Of "Jane Smith <jane@example.org>": person, address, quote."""
    for match in _MAILBOX.finditer(line):
        yield match[1], match[2], match[0]


_TALE = re.compile(
    r"\b([A-Z][\w'’-]{1,20}) (?:is|was) an? "
    r"(?:(?:\w+ ){0,2}?)(\d{1,2}(?:\.\d)?[- ](?:years?|yrs?|months?|mos?|weeks?|wks?)[- ]old),? "
    r"((?:[A-Za-z/-]+,? ){0,3}?(?:[Ff]emale|[Mm]ale|FS|MN|FI|MI|F/S|M/N|SF|MC|M/C|NM|CM)"
    r"(?: (?:spayed|neutered|intact))?)"
    r"(?: ([A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,3}))?"
)
_NO_SUBJECT = frozenset({"he", "she", "it", "this", "patient", "there", "here", "who", "owner", "that"})


def read_tale(line: str) -> tuple[str, list[tuple[FactField, str]], str] | None:
    """Of "Bella is a 4-year-old spayed female Labrador": her name, the values with their words, the quote."""
    match = _TALE.search(line)
    if match is None or match[1].casefold() in _NO_SUBJECT:
        return None
    pairs: list[tuple[FactField, str]] = [("name", match[1]), ("age", match[2]), ("sex", match[3])]
    if match[4]:
        pairs.append(("breed", match[4]))
        if species.find_species(match[4]):
            pairs[-1] = ("species", match[4])
    return match[1], pairs, match[0]


_NAME_OF_OWNER = re.compile(
    r"(?<!\w)(?<![A-Z] )(?<![A-Z]\. )(?:([A-Z][\w'’-]{1,20}) (?:\+|&|and|y|et|und) )?"
    r"([A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{1,20})?) \(([A-Z][\w'’-]{2,30})\)"
)
_NAMED_WEIGHT = re.compile(r"(?:^|[.;]\s+)([A-Z][\w'’-]{1,20})(?: [A-Z][\w'’.-]{0,20})? (?=\d)")
# A part of a line between marks or wide gaps that begins with a number, and what may stand behind a weight in it.
_PLAIN_WORD = re.compile(r"[^\s,;:().]+")
_PRICED = re.compile(r"\s\d{1,5}[.,]\d\d\s?[$€£]?\s*$|[$€£]")
_CLAUSE = re.compile(r"(?:^\s*|[.,;:|/>]\s+|\s{2,}|\t|(?<!\d)\s[-–]\s)(?=\d)")
_CLAUSE_END = re.compile(
    r"\s*$|\s{2,}|\t|\s?[.,;|!](?=\s|$)|\s?[-–]\s|\s\("
    r"|\s(?:tª?|t°|temp|fc|hr|hf|fr|rr|af|bcs|cc|nec|ez|p|r|asa|pa|bp|pas|pe)(?![\w/])"
)


def find_names_of_owners(line: str) -> Iterator[tuple[str, str, str]]:
    """Of "RUFUS + MISO (Whitcombe)" for each animal: its name, the owner, the quote. The owner must be known."""
    for match in _NAME_OF_OWNER.finditer(line):
        for animal in filter(None, match.group(1, 2)):
            yield animal, match[3], match[0]


def find_named_weights(line: str) -> Iterator[tuple[str, str, str]]:
    """Of "Rufus 8.0 kg.": a name, the weight, the quote."""
    for match in _NAMED_WEIGHT.finditer(line):
        amount = WEIGHT.match(line, match.end())
        if amount is not None and is_body_weight(amount[0].rstrip(".")):
            yield match[1], amount[0].rstrip("."), line[match.start(1) : amount.end()].rstrip(".")


_DATED_NAME = re.compile(r"\W*\d[\d./-]*\s+([A-ZÀ-Ý][a-zà-ÿ'’-]{2,20}(?: [A-ZÀ-Ý][a-zà-ÿ'’-]{2,20})?)\s*")


def find_dated_name(ahead: str) -> str | None:
    """Of "1/19 Slinky  " the name: a day and a lone word ahead of a weight say whose it is."""
    match = _DATED_NAME.fullmatch(ahead)
    return match[1] if match is not None else None


def find_clause_weights(line: str, lowered: str) -> Iterator[str]:
    """The weights that are a part of their line and nothing else: "8.2 kg. Premed ...", "21,9 kg   T 38,6"."""
    if not labels.NOT_A_BODY.isdisjoint(_PLAIN_WORD.findall(lowered)) or _PRICED.search(line) is not None:
        return
    for head in _CLAUSE.finditer(line):
        amount = WEIGHT.match(line, head.end())
        if amount is None or canonical_unit(amount["unit"]) not in ("kg", "lb") or amount["unit"] == "#":
            continue
        end = amount.end() - amount[0].endswith(".")
        if _CLAUSE_END.match(lowered, end):
            yield line[amount.start() : end]


def dated_weight(line: str) -> str | None:
    """The weight of a line that holds a date and a weight and nothing else of note: a row of a weight history."""
    weights = list(WEIGHT.finditer(line))
    if len(weights) != 1 or len(find_dates(line)) != 1 or len(line.split()) > 6:
        return None
    return weights[0][0]
