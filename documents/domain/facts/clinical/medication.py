"""A medication: drug, strength, form, dose, route, frequency, duration, and the directions as printed."""

import re
from collections.abc import Iterator
from functools import lru_cache

from documents.domain.facts.clinical import words
from documents.domain.facts.clinical.dosing import FORM, FREQUENCY, SENTENCE_END, STRENGTH, VOLUME, end_of_sig, read_sig
from documents.domain.facts.clinical.found import Found, is_denied, is_priced, widen
from documents.domain.facts.typed import Value

_BEGIN = rf"(?i:{words.any_of(words.words('begin', table='medication'))}\s)"
_HEAD = r"(?:^\s*(?:[-•*·>]\s?|\d{1,2}[.)]\s?)?|:\s+|[.;]\s+)"
_WORDS_BEHIND = r"(?:[ /+-][A-Za-zÀ-ÿ®™][\w+-]{2,}){0,3})\s+(?=\d)"
_SHAPE = re.compile(
    rf"{_HEAD}(?:{_BEGIN}(?P<begun>[^\W\d_][\w+®™-]{{2,}}{_WORDS_BEHIND}"
    rf"|(?!{_BEGIN})(?P<drug>[A-ZÀ-Ý][\w+®™-]{{2,}}{_WORDS_BEHIND})"
)


def find_drugs(line: str, lowered: str, *, shape: bool) -> Iterator[tuple[int, int]]:
    """Where a drug is named: a known one anywhere; by its shape, "Name 75 mg ... BID", at a head."""
    found = list(words.DRUGS.find(lowered))
    for hit in found:
        yield hit.start, hit.end
    if found or not shape:
        return
    for head in _SHAPE.finditer(line):
        start, end = head.span("begun" if head["begun"] else "drug")
        stop = SENTENCE_END.search(line, end)
        limit = stop.start() if stop else len(line)
        strength = STRENGTH.match(line, end + 1)
        is_named_form = FORM.search(line, start, end) is not None
        if strength is None or "/kg" in strength[0].lower() or (VOLUME.fullmatch(strength[0]) and not is_named_form):
            continue
        if FREQUENCY.search(line, end, limit) or FORM.search(line, start, limit):
            yield start, end


def read_medication(*, raw: str) -> tuple[Value, ...]:
    """The medication that `raw` states: "Carprofen 75 mg tablets: give 1 tablet PO every 12 hours for 7 days"."""
    return _read(raw)


@lru_cache(maxsize=2048)  # a claim is read where it is proposed, and where it is filed
def _read(raw: str) -> tuple[Value, ...]:
    text = " ".join(raw.split())
    lowered = text.lower()
    hit = next(words.DRUGS.find(lowered), None) if len(lowered) == len(text) else None
    if hit is not None and hit.start <= 12:
        start, behind = _start_of_product(text, hit.start), hit.end
        while (more := words.DRUGS.match(lowered, _skip_joint(text, behind))) and _skip_joint(text, behind) > behind:
            behind = more.end + (text[more.end : more.end + 1] == ")")
    else:
        shape = re.match(r"[^\d,;:(]{3,60}?(?=\s*(?:[,;:(]|\d|$))", text)
        if shape is None or not any(map(str.isalpha, shape[0])):
            return ()
        start, behind = 0, shape.end()
    drug = text[start:behind].strip()
    parts: dict[str, str | float] = {"drug": drug if ")" not in drug or "(" in drug else drug.replace(")", "")}
    parts.update(read_sig(text, behind))
    if len(parts) == 1:
        return ()
    return (Value(field="medication", value=_as_value(text[start:]), parts=parts),)


def _as_value(text: str) -> str:
    """The words without marks around them, and without the second half of brackets that open ahead of them."""
    closed, opened = text.find(")"), text.find("(")
    plain = text[:closed] + text[closed + 1 :] if closed >= 0 and not 0 <= opened < closed else text
    return plain.strip(" ,;:.-")


_TIED = re.compile(r"[^\W\d_]{5,}[/+]$")


def _start_of_product(text: str, start: int) -> int:
    """Where a product begins whose second drug begins at `start`: of "paracetamol/codeine" at its first letter."""
    tied = _TIED.search(text, 0, start)
    return tied.start() if tied is not None else start


_JOINT = re.compile(r"\s?[/+]\s?|\s?\(")


def _skip_joint(text: str, place: int) -> int:
    """The place behind a mark that joins two drugs of one product: "amoxicillin / clavulanic acid"."""
    joint = _JOINT.match(text, place)
    return joint.end() if joint else place


_LEVEL = re.compile(
    r"\s*(?:level|levels|serum|conc|concentration|test|resistant|sensitive|susceptib|spiegel|allerg|intoxic|toxic)",
    re.IGNORECASE,
)
_ALLERGIC = re.compile(
    r"(?:allergic|sensitive|alérgic[oa]|allergique|allergisch|reacts|reaction|reacción|réaction|unverträglich)\s?(?:to|a|al|à|aux|gegen|auf|with)?\s?(?:the\s|la\s|el\s)?$"
)


def find_medication(line: str, lowered: str) -> Iterator[Found]:
    """The medication that a line states, a claim for each drug."""
    if is_priced(line):
        return  # an invoice's line tells what was sold
    places = list(_merge(line, find_drugs(line, lowered, shape=True)))
    for position, (start, end) in enumerate(places):
        limit = places[position + 1][0] if position + 1 < len(places) else len(line)
        if _LEVEL.match(line, end) or _ALLERGIC.search(lowered, max(0, start - 40), start):
            continue
        if is_denied(lowered, start, end):
            continue
        is_headed = not line[:start].strip(" \t-•*·>|") or line[:start].rstrip().endswith((":", "|"))
        last = end_of_sig(line, start=end, limit=limit, is_headed=is_headed)
        if last is None:
            continue
        sig = set(lowered[end:last].replace(",", " ").split())
        if not words.STOPPED.isdisjoint(sig):
            continue
        raw = line[_start_of_product(line, start) : last].strip(" +-–")
        if read_medication(raw=raw):
            yield Found(field="medication", raw=raw, quote=widen(line, raw))


def _merge(line: str, places: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Drugs joined by "/" or "+", or one in brackets behind the other ("Rimadyl (carprofen)"), are one product."""
    held: tuple[int, int] | None = None
    for start, end in places:
        if held is not None and re.fullmatch(r"\s?[/+(]\s?|\s\(|\s", line[held[1] : start]):
            closing = line[end : end + 1] == ")"
            held = (held[0], end + closing)
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held
