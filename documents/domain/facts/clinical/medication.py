"""A medication: drug, strength, form, dose, route, frequency, duration, and the directions as printed."""

import re
from collections.abc import Iterator

from documents.domain.facts.clinical import words
from documents.domain.facts.clinical.found import Found, is_denied, widen
from documents.domain.facts.clinical.words import words as load_words
from documents.domain.facts.typed import Habits, Value

_ANY_FILE = Habits()  # while a claim is proposed, how its file writes is not known yet
FARTHEST = 40  # characters between a drug and the first word of its strength, dose or frequency
LONGEST_SIG = 200  # characters behind a drug that are read


def _of(kind: str) -> str:
    return words.any_of(load_words(kind, table="medication"))


_N = (
    r"(?:\d{1,4}(?:[.,]\d{1,4})?(?:\s?[-–]\s?\d{1,3}(?:[.,]\d+)?)?|\d\s\d/\d|\d/\d|[½¼¾]|one half|one|two|half"
    r"|un|una|une|ein|eine|medio|media|demi|halbe)"
)
_MASS = r"(?:mg|mcg|[µμ]g|ug|g|ml|iu|ui|ie|meq|units?|unidades|%)"
STRENGTH = re.compile(
    rf"(?<![\w.,/])\d{{1,5}}(?:[.,]\d{{1,4}})?(?:\s?/\s?\d{{1,4}}(?:[.,]\d+)?)?\s?{_MASS}"
    r"(?:\s?/\s?(?:\d{0,3}(?:[.,]\d)?\s?)?(?:ml|g|tab|tablet|kg|lb|cp|comp))?(?!\w)",
    re.IGNORECASE,
)
FORM = re.compile(rf"(?<!\w){_of('forms')}(?!\w)", re.IGNORECASE)
DOSE = re.compile(rf"(?<![\w.,/]){_N}\s?(?:\([½¼¾\d/.,]+\)\s?)?{_of('dose_words')}(?!\w|\s?/)", re.IGNORECASE)
ROUTE = re.compile(rf"(?<!\w){_of('routes')}(?!\w)", re.IGNORECASE)
_PERIOD = _of("periods")
_INTERVAL = rf"(?:{_of('every')}|q\.?)\s?\d{{1,2}}(?:\s?[-–]\s?\d{{1,2}})?\s?{_PERIOD}(?!\w)"
FREQUENCY = re.compile(rf"(?<!\w)(?:{_INTERVAL}|{_of('frequencies')}(?!\w))", re.IGNORECASE)
DURATION = re.compile(
    rf"(?<!\w)(?:(?:{_of('for_a_while')}\s?\d{{1,3}}(?:\s?[-–]\s?\d{{1,3}})?\s?{_PERIOD}(?!\w))|{_of('long_lasting')}(?!\w))",
    re.IGNORECASE,
)
_BY_WEIGHT = re.compile(r"/\s?(?:kg|lb)$", re.IGNORECASE)
_FURTHER = (("route", ROUTE), ("frequency", FREQUENCY), ("duration", DURATION))
_SENTENCE_END = re.compile(r"(?<!\b[A-Za-z])(?<!\btab)(?<!\bcap)(?<!tbl)(?<!tgl)(?<!comp)\.\s+(?=[A-ZÀ-Ý])|;\s")
_VOLUME = re.compile(r"[\d.,]+\s?(?:ml|units?|unidades|g)", re.IGNORECASE)
_NEXT_DRUG = re.compile(
    r"(?:,|\band|\by|\bet|\bund)\s+(?:and\s+)?[^\W\d_][\w-]{3,}\s+\d[\d.,]*\s?(?:mg|mcg|[µμ]g|iu|g)(?!\w)",
    re.IGNORECASE,
)
_ANOTHER = re.compile(r"\s(?:and|with|including|y|con|et|avec|und|mit)\s|/\d")
_BEGIN = rf"(?i:{_of('begin')}\s)"
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
        stop = _SENTENCE_END.search(line, end)
        limit = stop.start() if stop else len(line)
        strength = STRENGTH.match(line, end + 1)
        is_named_form = FORM.search(line, start, end) is not None
        if strength is None or (_VOLUME.fullmatch(strength[0]) and not is_named_form):
            continue
        if FREQUENCY.search(line, end, limit) or FORM.search(line, start, limit):
            yield start, end


def end_of_sig(line: str, *, start: int, limit: int, is_headed: bool) -> int | None:
    """The place behind the last word of what is said of a drug, from `start` to `limit`; None where nothing is.

    A frequency alone is enough where the drug heads its line or cell, not within a sentence.
    """
    limit = min(limit, start + LONGEST_SIG)
    stop = min(
        filter(None, (_SENTENCE_END.search(line, start, limit), _NEXT_DRUG.search(line, start, limit))),
        key=lambda match: match.start(),
        default=None,
    )
    end = stop.start() if stop else limit
    ends = [
        match.end()
        for pattern in (STRENGTH, DOSE, FREQUENCY, FORM, ROUTE, DURATION)
        for match in pattern.finditer(line, start, end)
    ]
    patterns = (STRENGTH, DOSE, FREQUENCY) if is_headed else (STRENGTH, DOSE)
    first = min((match.start() for p in patterns if (match := p.search(line, start, end))), default=None)
    if first is None or first - start > FARTHEST or _ANOTHER.search(line, start, first):
        return None
    strength = STRENGTH.search(line, start, end)
    is_solution = strength is not None and strength[0].endswith("%") and max(ends) == strength.end()
    return None if is_solution else _end_of_words(line, max(ends), end)


_TAIL = re.compile(r"(?: (?!(?:give|start|continue|recheck)\b)[^\s.,;:/|()\[\]-]+){1,5}(?=\s?[.,;/]|\s*$|\s{2})")


def _end_of_words(line: str, start: int, end: int) -> int:
    """The end of the few words that go on with directions: "every 8 hours [if in pain]", "matin et soir [7 jours]"."""
    tail = _TAIL.match(line, start, end)
    return tail.end() if tail is not None and not tail[0][1].isupper() else start


def read_medication(*, raw: str, habits: Habits) -> tuple[Value, ...]:
    """The medication that `raw` states: "Carprofen 75 mg tablets: give 1 tablet PO every 12 hours for 7 days"."""
    text = " ".join(raw.split())
    lowered = text.lower()
    hit = next(words.DRUGS.find(lowered), None) if len(lowered) == len(text) else None
    if hit is not None and hit.start <= 12:
        start, behind = hit.start, hit.end
        while (more := words.DRUGS.match(lowered, _skip_joint(text, behind))) and _skip_joint(text, behind) > behind:
            behind = more.end + (text[more.end : more.end + 1] == ")")
    else:
        shape = re.match(r"[^\d,;:(]{3,60}?(?=\s*(?:[,;:(]|\d|$))", text)
        if shape is None or not any(map(str.isalpha, shape[0])):
            return ()
        start, behind = 0, shape.end()
    parts: dict[str, str | float] = {"drug": text[start:behind].strip()}
    parts.update(_read_sig(text, behind))
    if len(parts) == 1:
        return ()
    return (Value(field="medication", value=text[start:].strip(" ,;:.-"), parts=parts),)


_JOINT = re.compile(r"\s?[/+]\s?|\s?\(")


def _skip_joint(text: str, place: int) -> int:
    """The place behind a mark that joins two drugs of one product: "amoxicillin / clavulanic acid"."""
    joint = _JOINT.match(text, place)
    return joint.end() if joint else place


def _read_sig(text: str, start: int) -> Iterator[tuple[str, str]]:
    """The parts behind a drug that ends at `start`. Directions stand behind the dose, else behind strength or form."""
    strength, form = STRENGTH.search(text, start), FORM.search(text, start)
    if strength is not None and _BY_WEIGHT.search(strength[0]):
        dose: re.Match[str] | None = strength
    else:
        dose = _find_dose(text, start, strength)
        if strength is not None:
            yield "strength", strength[0]
    if dose is not None:
        yield "dose", dose[0]
    further = (("form", form), *((part, pattern.search(text, start)) for part, pattern in _FURTHER))
    for part, match in further:
        if match is not None:
            yield part, match[0]
    behind = dose or max(filter(None, (strength, form)), key=lambda match: match.end(), default=None)
    directions = text[behind.end() if behind else start :].strip(" ,;.:()-")
    if any(pattern.search(directions) for pattern in (ROUTE, FREQUENCY, DURATION)):
        yield "directions", directions


def _find_dose(text: str, start: int, strength: re.Match[str] | None) -> re.Match[str] | None:
    """The last amount ahead of how and how often it is given, for a package's size may stand ahead of it."""
    amounts = [match for match in DOSE.finditer(text, start) if strength is None or match.start() >= strength.end()]
    sig = [match.start() for pattern in (ROUTE, FREQUENCY) for match in pattern.finditer(text, start)]
    first = min((place for place in sig if not amounts or place >= amounts[0].end()), default=len(text))
    ahead = [match for match in amounts if match.start() < first]
    if first == len(text):  # nothing says how it is given: an amount may be a package's
        ahead = [match for match in ahead if not _VOLUME.fullmatch(match[0])]
    return ahead[-1] if ahead else None


_PRICE = re.compile(r"(?<!\s)\s{2,}(?:[$€£]\s?)?\d{1,5}[.,]\d\d\s?(?:[$€£])?\s*$|[$€£]\s?\d|\d\s?[€£]")
_LEVEL = re.compile(
    r"\s*(?:level|levels|serum|conc|concentration|test|resistant|sensitive|susceptib|spiegel|allerg|intoxic|toxic)",
    re.IGNORECASE,
)
_ALLERGIC = re.compile(
    r"(?:allergic|sensitive|alérgic[oa]|allergique|allergisch|reacts|reaction|reacción|réaction|unverträglich)\s?(?:to|a|al|à|aux|gegen|auf|with)?\s?(?:the\s|la\s|el\s)?$"
)


def find_medication(line: str, lowered: str) -> Iterator[Found]:
    """The medication that a line states, a claim for each drug."""
    if _PRICE.search(line):
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
        raw = line[start:last].strip()
        if read_medication(raw=raw, habits=_ANY_FILE):
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
