"""How to reach an owner, where no label says so: telephones, mailboxes and addresses beside a name or below it."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from documents.domain.dates import find_dates
from documents.domain.facts import labels
from documents.domain.facts.marks import GAP, Mark
from documents.domain.findings import FactField
from documents.domain.vocabulary import load
from patients.domain import identity

LONGEST_ADDRESS = 90
SHORTEST_HOUSE = 4  # letters of a word for a house or a street that needs no number: "Dr" is a doctor, too
_NUMBER = r"\+?\(?\d(?:[\s().\-]{0,2}\d){6,13}"
_REMARK = r"(?:\s?\(([^()\d]{1,24})\))?"
_AHEAD = (
    r"(?:(?:home|cell|mobile|mob|phone|ph|tel|tfno|tlf|telf|cel|fono|m[oó]v(?:il)?|t[eé]l|port|mobil|handy|h|c|m)\b"
    r"[.:]?\s{0,2})?"
)
_PHONES = re.compile(rf"{_AHEAD}({_NUMBER}){_REMARK}(?:\s?/\s?{_AHEAD}({_NUMBER}){_REMARK})?", re.IGNORECASE)
_LAST_PHONE = re.compile(rf"[\s,;]+({_NUMBER})$")
_PHONE_WORD = re.compile(r"[\s,.;]+(?:tel|ph|phone|mob|mobile|tél|telf|tfno|telefon)\b\.?:?$", re.IGNORECASE)
_MAIL_BEHIND = re.compile(r"\s?[/,]?\s?\S+@\S+$")

_STREETS: Final = frozenset(word for table in load("pseudonyms").values() for word in table["streets"]) | labels.words(
    "streets"
)
_HEADS: Final = labels.words("address_heads")  # what an address may begin with: "PO Box 7", "C/ del Pozo 14"
_SMALL_WORDS: Final = labels.words("address_words")  # that an address prints in small letters
_STREET_BEHIND: Final = re.compile(
    r"[^\W\d_]{3,}(?:str\.?|straße|strasse|weg|platz|allee|gasse|ring|damm|ufer) \d", re.IGNORECASE
)
_ABBREVIATED: Final[dict[str, str]] = {
    short: full for table in load("facts").values() for short, full in table["street_forms"].items()
}
_NUMBER_AHEAD: Final = re.compile(r"\d{1,5}(?:[A-Za-z]|/\d{1,5}|-\d{1,4})?,? [A-ZÀ-Ý]")
_WORD: Final = re.compile(r"[^\W_][\w'’.-]*/?")


def is_address(text: str) -> bool:
    """Whether a text is written as a postal address: a number or a head, a word for a street or a second part."""
    if not 8 <= len(text) <= LONGEST_ADDRESS or "@" in text or ":" in text or find_dates(text):
        return False
    printed = _WORD.findall(text)
    plain = [word.casefold().rstrip(".") for word in printed]
    if any(word in labels.NO_NAME for word in plain[:2] if len(word) > 2):
        return False
    if not all(word[:1].isupper() or word[:1].isdigit() or word in _SMALL_WORDS for word in printed):
        return False
    streets = _STREETS.intersection(plain)
    has_street = bool(streets) or _STREET_BEHIND.search(text) is not None
    if _NUMBER_AHEAD.match(text):
        return has_street or "," in text
    if not any(map(str.isdigit, text)):
        return "," in text and any(len(word) >= SHORTEST_HOUSE for word in streets)
    is_headed = not _HEADS.isdisjoint((printed[0].casefold(), plain[0], " ".join(plain[:2])))
    return is_headed or (has_street and "," in text)


def split_person(raw: str) -> tuple[str, str] | None:
    """Of "Tam Roe, Upper Farm, by Ashcombe, 01632 960175" who, and the address; None where no address stands behind.

    A single word ahead of the first comma is a surname: "Roe, Jane, 4 Mill Lane".
    """
    parts = _cut_contacts(raw).split(", ")
    count = 1 if len(parts[0].split()) > 1 else 2
    if len(parts) <= count or any(map(str.isdigit, "".join(parts[:count]))):
        return None
    address = ", ".join(parts[count:])
    return (", ".join(parts[:count]), address) if is_address(address) else None


def cut_address(text: str) -> str:
    """Of a line from an address on the address: its cell without telephone and mailbox behind it."""
    gap = GAP.search(text)
    return _cut_contacts(text[: gap.start()] if gap else text)


def _cut_contacts(text: str) -> str:
    text = _MAIL_BEHIND.sub("", text.strip()).rstrip(" ,;")
    while (phone := _LAST_PHONE.search(text)) is not None:
        text = text[: phone.start()].rstrip(" ,;")
    return _PHONE_WORD.sub("", text).strip(" ,;.")


def find_in_cells(cells: Sequence[str]) -> Iterator[tuple[FactField, str]]:
    """The telephones and addresses that fill a cell each, up to the first cell that is neither.

    A mailbox may stand behind a telephone. Of "555-0122 (work)" the owner is not reached; an address has two parts.
    """
    for cell in cells:
        text = cell.strip(" ,;*•·|")
        label, _, rest = text.partition(" ")
        if labels.ROLES.get(labels.canonical(label)) == "bare_address":
            text = rest.strip()
        phones = _PHONES.fullmatch(_MAIL_BEHIND.sub("", text))
        if phones is not None and not find_dates(text):
            for number, remark in (phones.group(1, 2), phones.group(3, 4)):
                if number and not _is_of_another(remark):
                    yield "owner_phone", number
        elif is_address(text):
            if "," in text:
                yield "owner_address", text
        elif "@" not in text:
            return


def _is_of_another(remark: str | None) -> bool:
    """Whether a remark behind a telephone says that somebody else answers it, or the owner at work."""
    return remark is not None and not labels.OTHERS_PHONES.isdisjoint(map(str.casefold, _WORD.findall(remark)))


def list_unlabelled(*, cells: Sequence[tuple[int, str]], marks: Sequence[Mark], behind: int) -> list[str]:
    """The cells of a line at the place `behind` or later, up to the first that a label other than an owner's claims."""
    kept = []
    for place, (start, cell) in enumerate(cells):
        begin = start + len(cell) - len(cell.lstrip())
        if begin < behind:
            continue
        above = [mark for mark in marks if mark.start <= begin]
        is_free = not above or (above[-1].roles[0] == "owner" and begin >= above[-1].value_end)
        is_others = place > 0 and labels.ROLES.get(labels.canonical(cells[place - 1][1]), "").startswith("@")
        if not is_free or is_others:
            break
        kept.append(cell)
    return kept


def list_parts(address: str) -> tuple[str, ...]:
    """The words of an address as they are compared, words for streets in one form: "12 Mill Rd." is "12 Mill Road"."""
    return tuple(_ABBREVIATED.get(word, word) for word in identity.fold_name(address).split())


def begins_address(shorter: str, longer: str) -> bool:
    """Whether a folded address is the beginning of another one, which tells the town, too."""
    less, more = shorter.split(), longer.split()
    return len(less) < len(more) and more[: len(less)] == less
