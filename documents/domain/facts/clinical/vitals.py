"""Temperature, heart and respiratory rate, body condition: from their words to number and unit."""

import math
import re
from collections.abc import Iterator

from documents.domain.facts.clinical import words
from documents.domain.facts.clinical.found import Found, is_of_another
from documents.domain.facts.numbers import DOUBTFUL_DIGIT, NUMBER, is_doubtful, read_measure
from documents.domain.facts.typed import Habits, Value
from documents.domain.findings import VITALS, FactField

_ANY_FILE = Habits()  # while a claim is proposed, how its file writes is not known yet
# Outside of these a value is flagged, for any animal that a practice sees; never dropped.
_LIKELY = {"temperature": (30.0, 43.5), "heart_rate": (15.0, 450.0), "respiratory_rate": (4.0, 250.0)}
_FAHRENHEIT_FROM = 80.0  # without a unit, what is at least this is in Fahrenheit: no animal lives at 80 °C
_TRIPLE = re.compile(r"(\d{2,3}(?:[.,]\d{1,2})?)\s?(°?\s?[FfCc])?\s?[/,]\s?(\d{1,3})\s?[/,]\s?(\d{1,3})(?![\d/])")
_AMOUNT = re.compile(
    r"(?<![\w.,])[\dOoIlSB|]{1,4}(?:[.,][\dOoIlSB|]{1,2})?(?!\w|[.,]\d)|\d{1,3}(?:[.,]\d{1,2})?(?=\s?[°FfCc])"
)
_UNIT = re.compile(r"(?:°|º|deg\.?|degrees)?\s?(f|c|fahrenheit|celsius)(?![a-z])")
_NOTED_SCALE = re.compile(
    r"\((?:(?:out )?of|1\s?[-–]|/|von|sobre|sur|aus)\s?(\d)\)\s?:?\s?(\d(?:[.,]\d{1,2})?)(?![\d/])"
)
_RANGE = re.compile(r"\d\s?(?:-|–|to|bis|a|à)\s?\d")
_BOUND = re.compile(r"[<>≤≥]\s?\d")
_BRACKETED = re.compile(r"\([^)]*\)")
_SCORE = re.compile(r"(?<![\d.,/])([1-9](?:[.,]\d)?)(?![\d.,/]*\d)")
_SCALE = re.compile(
    r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,2})?(?:\s?[-–]\s?\d(?:[.,]\d)?)?)"
    r"\s?(?:/|out of|of|de|sur|von|aus)\s?(\d{1,2})(?![\d/])"
)


def read_vital(*, field: FactField, raw: str, habits: Habits) -> tuple[Value, ...]:
    """The measure that `raw` states, with or without its label; none where it is a range or a bound."""
    text = " ".join(raw.split())
    if field == "body_condition":
        return _read_condition(text, habits)
    triple = _TRIPLE.search(text)
    if triple is not None:
        return _read_triple(field, triple, habits)
    if _RANGE.search(text) or _BOUND.search(text):
        return ()
    amount = next((match for match in _AMOUNT.finditer(text) if any(map(str.isdigit, match[0]))), None)
    if amount is None:
        return ()
    if is_doubtful(amount[0]):
        return (Value(field=field, value=amount[0], flags=(DOUBTFUL_DIGIT,)),)
    number, flags = read_measure(amount[0], habits=habits)
    if number <= 0:
        return ()
    if field == "temperature":
        unit = _UNIT.search(text.lower(), amount.end()) or _UNIT.search(text.lower().partition(amount[0])[0])
        return (_temperature(number, unit[1][0].upper() if unit else None, flags),)
    return (_rate(field, number, flags),)


def _read_triple(field: FactField, triple: re.Match[str], habits: Habits) -> tuple[Value, ...]:
    """Of "101.5/120/24" the temperature, the pulse or the respiration."""
    if field == "temperature":
        number, flags = read_measure(triple[1], habits=habits)
        return (_temperature(number, triple[2].strip("° ").upper() if triple[2] else None, flags),)
    return (_rate(field, float(triple[3 if field == "heart_rate" else 4]), ()),)


def _temperature(number: float, unit: str | None, flags: tuple[str, ...]) -> Value:
    if unit is None:
        unit, flags = ("F" if number >= _FAHRENHEIT_FROM else "C"), (*flags, "no_unit")
    celsius = round((number - 32) / 1.8, 1) if unit == "F" else number
    return Value(
        field="temperature",
        value=number,
        unit=unit,
        flags=(*flags, *_doubt("temperature", celsius)),
        parts={"celsius": celsius},
    )


def _rate(field: FactField, number: float, flags: tuple[str, ...]) -> Value:
    return Value(field=field, value=number, unit="/min", flags=(*flags, *_doubt(field, number)))


def _doubt(field: FactField, number: float) -> tuple[str, ...]:
    low, high = _LIKELY[field]
    return () if low <= number <= high else ("implausible",)


def _scored(number: float, of: int) -> Value:
    flags = () if of in (5, 9) and 1 <= number <= of else ("implausible",)
    return Value(field="body_condition", value=number, unit=f"/{of}", flags=flags, parts={"of": float(of)})


def _read_condition(text: str, habits: Habits) -> tuple[Value, ...]:
    scale = _SCALE.search(text)
    noted = _NOTED_SCALE.search(text)
    if noted is not None:
        number, of = read_measure(noted[2], habits=habits)[0], int(noted[1])
        return (_scored(number, of),)
    if scale is not None:
        if re.search(r"[-–]", scale[1]):
            low, high = (float(part.replace(",", ".")) for part in re.split(r"[-–]", scale[1].replace(" ", "")))
            if not 0 <= high - low <= 1:
                return ()  # "1-9/9" is a scale, "4-5/9" a score between
            number = (low + high) / 2
        else:
            number, _ = read_measure(scale[1], habits=habits)
        return (_scored(number, int(scale[2])),)
    text = _BRACKETED.sub("", text)
    amount = _SCORE.search(text)
    if amount is None or _RANGE.search(text):
        return ()
    number, _ = read_measure(amount[1], habits=habits)
    return (Value(field="body_condition", value=number, flags=("no_scale",)),)


_JOINT = r"(?:[:=.]|\bis\b|\bwas\b|\bde\b|\bof\b|\bà\b|-(?=\s))?\s{0,4}[:=]?\s{0,4}"
_PER_MINUTE = (
    r"(?:bpm|brpm|rpm|lpm|ppm|/\s?min\w*|x?\s?/'|per min\w*|beats\s?/\s?min\w*|batt?\.?\s?/\s?min\w*"
    r"|schläge\s?/\s?min\w*|mpm|cpm|p/m|l/min|r/min|x/min|pm)(?!\w)"
)
_VALUE_BEHIND = re.compile(
    rf"(?:\s?\((?P<note>[^)]{{1,14}})\))?\s{{0,2}}{_JOINT}"
    rf"(?P<value>[\dOoIlSB|]{{1,4}}(?:[.,][\dOoIlSB|]{{1,2}})?|{NUMBER})"
    rf"(?P<unit>\s?(?:°|º|deg\.?|degrees)?\s?[fc](?!\w|\.\w)|\s?{_PER_MINUTE}|\s?[°º])?"
    r"(?!\w|[.,]\d|\s?[-–]\s?\d|/\d|:\d|\s?(?:kg|kilo|lbs?|mg|ml|%)(?!\w))",
    re.IGNORECASE,
)
_SCORE_BEHIND = re.compile(
    rf"(?:\s?\((?P<note>[^)]{{1,24}})\))?\s{{0,3}}{_JOINT}"
    r"(?P<value>\d(?:[.,]\d{1,2})?(?:\s?[-–]\s?\d(?:[.,]\d)?)?\s?(?:/|out of|of|sur|von|aus|de)\s?\d{1,2}(?![\d/])"
    r"|[1-9](?:[.,]\d)?(?![\d.,/]*\d|\w|\s?[-–%]))"
)
_WORD_AHEAD = re.compile(r"(?<![^\W_])(?<!/)([^\W\d_]+)\s{1,2}$")
_TPR = re.compile(
    r"(?<!\w)t\s?[/,]?\s?p\s?[/,]?\s?r\s{0,3}[:=]?\s{0,3}"
    r"(\d{2,3}(?:[.,]\d{1,2})?(?:\s?°?\s?[fc])?\s?[/,]\s?\d{1,3}\s?[/,]\s?\d{1,3})(?![\d/])"
)
_SCORED_BY_SCALE = frozenset({"corporel", "cc", "c.c.", "ez", "icc", "nec", "body score"})
_IN_TRIPLE: tuple[FactField, ...] = ("temperature", "heart_rate", "respiratory_rate")
_FIELDS: dict[str, FactField] = {field: field for field in sorted(VITALS)}
_LETTERS = tuple(
    (re.compile(rf"(?<![\w/]){letter}(?=[\s:=]{{1,3}}\d)"), _FIELDS[field])
    for letter, field in sorted(words.VITAL_LETTERS.items())
)
# "RR 158" is a blood pressure in German.
_SHORT = {"t": (30.0, 110.0), "tr": (30.0, 110.0), "kt": (30.0, 110.0), "rr": (0.0, 100.0)}
_HOURS_AHEAD = re.compile(r"(?<![\d.,])\d{1,2}\s$")


def find_vitals(line: str, lowered: str) -> Iterator[Found]:
    """The vitals that a line states behind their words."""
    triple = _TPR.search(lowered) if "pr" in lowered or "p/" in lowered else None
    if triple is not None:
        for field in _IN_TRIPLE:
            raw = line[triple.start(1) : triple.end(1)]
            yield Found(field=field, raw=raw, quote=line[triple.start() : triple.end(1)])
        return
    seen = False
    for hit in words.VITAL_LABELS.find(lowered):
        found = _find_vital(line, lowered, hit.start, hit.end, _FIELDS[hit.key])
        if found is not None:
            seen = True
            yield found
    for pattern, field in _LETTERS if seen else ():
        for match in pattern.finditer(lowered):
            found = _find_vital(line, lowered, match.start(), match.end(), field)
            if found is not None:
                yield found


def _find_vital(line: str, lowered: str, start: int, end: int, field: FactField) -> Found | None:
    label = lowered[start:end]
    if lowered[max(0, start - 1) : start] in ("-", "/", "_") or (label == "t" and start and line[start] == "t"):
        return None
    if label == "hr" and line[start] == "h" and _HOURS_AHEAD.search(line, max(0, start - 4), start):
        return None  # "bile acids, 2 hr 13.9"
    before = _WORD_AHEAD.search(lowered, max(0, start - 20), start)
    if (before is not None and before[1] in words.NOT_FOUND) or is_of_another(lowered, start):
        return None
    pattern = _SCORE_BEHIND if field == "body_condition" else _VALUE_BEHIND
    value = pattern.match(lowered, end)
    if value is None or not any(map(str.isdigit, value["value"])):
        return None
    raw = _raw_of(line, start, value, is_score=field == "body_condition")
    if field == "body_condition" and label in _SCORED_BY_SCALE and re.search(r"\d\s?/\s?\d", raw) is None:
        return None
    values = read_vital(field=field, raw=raw, habits=_ANY_FILE)
    if not values:
        return None
    number = values[0].value
    low, high = _SHORT.get(label, (0.0, math.inf))
    if isinstance(number, float) and not low <= number <= high:
        return None
    return Found(field=field, raw=raw, quote=line[start : value.end()].rstrip())


def _raw_of(line: str, start: int, value: re.Match[str], *, is_score: bool) -> str:
    """The number with its unit; with its label, too, where the unit or scale stands in brackets behind that."""
    printed = line[value.start("value") : value.end()].strip()
    note = value["note"] or ""
    tells = "/" not in printed if is_score else note.strip("°º ") in ("f", "c") and not value["unit"]
    return line[start : value.end()].strip() if note and tells else printed
