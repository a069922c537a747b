"""Weights that stand anywhere in a line: taken where a weight that is surely one comes near them."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from documents.domain.facts import labels
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.values import WEIGHT, canonical_unit, normalise

NEAR = 0.12  # share by which a sure weight of the file may differ
SAME = 0.015  # share by which a conversion may: "64.6 lb (29.3 kg)"

_AMOUNT = re.compile(r"(?<![\w.,/–-])(?<!\d )(?=\d)")
_WORDS_AHEAD = re.compile(r"[^\W\d_]+(?=[^\w]*$)")
_PLAIN_WORD = re.compile(r"[^\s,;:().]+")
_WORD_BEHIND = re.compile(
    r"\s?[-–/x×]\s?\d|\s?[/+]|\s{1,3}(?:over\w*|under\w*|above|below|loss|lost|gain\w*|less|more|heavier|lighter"
    r"|too much|dogs?|cats?|horses?|bags?|de más|menos|más|por|pro|per)\b"
)
_PRICED = re.compile(r"\s\d{1,5}[.,]\d\d\s?[$€£]?\s*$|[$€£]")
_FORMER = frozenset(
    {"was", "from", "era", "war", "était", "pesaba", "pesait", "previously", "before", "antes", "vorher"}
)
_DAY_BEHIND = re.compile(r"\s(?:on|el|am|le)\s\d")
_CONVERTED = re.compile(r"\s?[(/=]\s?(?=\d)")


def find_loose_weights(line: str, lowered: str) -> Iterator[str]:
    """Amounts of kilograms or pounds in a line that no word beside them makes something else's."""
    if not labels.NOT_A_BODY.isdisjoint(_PLAIN_WORD.findall(lowered)) or _PRICED.search(line) is not None:
        return
    for place in _AMOUNT.finditer(line):
        amount = WEIGHT.match(line, place.end())
        if amount is None or amount["unit"] == "#" or canonical_unit(amount["unit"]) not in ("kg", "lb"):
            continue
        end = amount.end() - amount[0].endswith(".")
        if "k" in amount["unit"].lower() and len(amount["number"]) < 3 and amount["number"].isdigit():
            continue  # "Metacam 17 kg once daily" is a dose: scales print tenths
        ahead = _WORDS_AHEAD.search(lowered, max(0, place.end() - 24), place.end())
        word = ahead[0] if ahead is not None else ""
        is_former = word in _FORMER and not _DAY_BEHIND.match(lowered, end)
        if word not in labels.NOT_THIS_WEIGHT and not is_former and not _WORD_BEHIND.match(lowered, end):
            yield line[amount.start() : end]


def find_conversion(line: str, raw: str) -> str | None:
    """Of "64.6 lb (29.3 kg)" the second amount, where it is the first one in the other unit."""
    behind = _CONVERTED.match(line, line.find(raw) + len(raw))
    amount = WEIGHT.match(line, behind.end()) if behind is not None else None
    if amount is None:
        return None
    first, second = _kilograms(raw), _kilograms(amount[0])
    is_same = first is not None and second is not None and abs(first - second) <= SAME * first
    return amount[0].rstrip(".") if is_same else None


def keep_near(*, loose: Sequence[LocatedClaim], sure: Sequence[LocatedClaim]) -> Iterator[LocatedClaim]:
    """Those of the loose weights to which a sure one of the file comes near, on another line."""
    known = sorted((kg, claim.line) for claim in sure if claim.field == "weight" and (kg := _kilograms(claim.raw)))
    for claim in loose:
        kg = _kilograms(claim.raw)
        if kg is None:
            continue
        first = bisect_left(known, (kg * (1 - NEAR), 0))
        last = bisect_left(known, (kg * (1 + NEAR), 0))
        if any(line != claim.line for _, line in known[first:last]):
            yield claim


def _kilograms(raw: str) -> float | None:
    values = normalise(field="weight", raw=raw)
    return values[0].kg if values else None
