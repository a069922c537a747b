"""A vaccination: product, what it is against, the day it was given and the day the next is due."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.domain.dates import DateMention, find_dates
from documents.domain.facts import labels
from documents.domain.facts.clinical import words
from documents.domain.facts.clinical.found import Found, is_others, is_priced, widen
from documents.domain.facts.clinical.words import Hit
from documents.domain.facts.typed import Habits, Value

_ANY_FILE = Habits()  # while a claim is proposed, how its file writes is not known yet
_BESIDE = 24  # characters ahead of a date in which its label stands


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Products that share their dates: text[start:end], the products in it, the dates behind them."""

    products: tuple[Hit, ...]
    start: int
    end: int


def find_products(text: str) -> list[Hit]:
    """The vaccines that a text names; a name and its brand in brackets behind it are one: "Rabies (Imrab 3)"."""
    lowered = text.lower()
    if len(lowered) != len(text):
        return []
    found: list[Hit] = []
    for hit in words.VACCINES.find(lowered):
        joined = _join(text, found[-1], hit) if found else None
        if joined is None:
            found.append(hit)
        else:
            found[-1] = joined
    return found


def _join(text: str, before: Hit, hit: Hit) -> Hit | None:
    """The two as one product: a name and its brand, a name and its components in brackets, names tied by a mark."""
    between = text[before.end : hit.start]
    within = text[before.start : hit.start]
    if between in ("+", "/", "-", "&"):
        key = before.key if before.key == hit.key else f"{before.key} + {hit.key}"
        return Hit(start=before.start, end=hit.end, key=key)
    is_bracketed = within.count("(") > within.count(")") and len(between) <= 24
    if is_bracketed or (before.key == hit.key and len(between) <= 3 and not re.search(r"[,;&+]", between)):
        closing = text[hit.end : hit.end + 1] == ")" and "(" in within
        return Hit(start=before.start, end=hit.end + closing, key=before.key)
    return None


def group_products(text: str, *, dates: Sequence[DateMention]) -> list[Group]:
    """Products in a row with no date between them share the dates behind them, up to the next product."""
    groups: list[list[Hit]] = []
    for hit in find_products(text):
        if groups and not any(groups[-1][-1].end <= date.start < hit.start for date in dates):
            groups[-1].append(hit)
        else:
            groups.append([hit])
    found = []
    for position, group in enumerate(groups):
        start = 0 if position == 0 else group[0].start
        end = groups[position + 1][0].start if position + 1 < len(groups) else len(text)
        found.append(Group(products=tuple(group), start=start, end=end))
    return found


def read_vaccines(*, raw: str, habits: Habits) -> tuple[Value, ...]:
    """The vaccinations that `raw` states: "Rabies (Imrab 3) 03/14/2019, due 03/14/2022"; one for each product."""
    text = " ".join(raw.split())
    dates = [mention for mention in find_dates(text, order=habits.order) if mention.precision == "day"]
    values: list[Value] = []
    for group in group_products(text, dates=dates):
        given, due, flags = _sort_dates(text, group, dates)
        for hit in group.products:
            parts: dict[str, str | float] = {"product": text[hit.start : hit.end].strip(), "against": hit.key}
            if given:
                parts["date"] = given
            if due:
                parts["due"] = due
            values.append(Value(field="vaccine", value=str(parts["product"]), flags=flags, parts=parts))
    return tuple(values)


def _sort_dates(text: str, group: Group, dates: Sequence[DateMention]) -> tuple[str, str, tuple[str, ...]]:
    """The day given and the day due, empty where none is told. Days of a lot's expiry are neither."""
    lowered = text.lower()
    plain: list[DateMention] = []
    due: list[DateMention] = []
    floor = group.start
    for date in (date for date in dates if group.start <= date.start < group.end):
        ahead = lowered[max(floor, date.start - _BESIDE) : date.start]
        floor = date.end
        label = _label_of(ahead)
        if label != "lot":
            (due if label == "due" else plain).append(date)
    if not due and len(plain) > 1 and plain[-1].value > plain[0].value:
        due = [plain[-1]]
    if len({date.value for date in plain}) > 1 and not due:
        plain = []
    told = [*plain[:1], *due[:1]]
    flags = ("ambiguous_date",) if any(date.ambiguous for date in told) else ()
    return (plain[0].value.isoformat() if plain else "", due[0].value.isoformat() if due else "", flags)


def _label_of(ahead: str) -> str:
    """What the words ahead of a date make it: "due", the expiry of a "lot", or neither. The nearest word decides."""
    lot = max((hit.start for hit in words.LOT.find(ahead)), default=-1)
    due = list(words.DUE.find(ahead))
    nearest = due[-1] if due else None
    if nearest is None:
        return "lot" if lot >= 0 else ""
    is_expiry = ahead[nearest.start : nearest.end].startswith(("exp", "bis", "verf"))
    return "lot" if lot > nearest.start or (is_expiry and lot >= 0) else "due"


def is_given(text: str) -> bool:
    """Whether a text says that a vaccine was given."""
    return next(words.GIVEN.find(text.lower()), None) is not None


_WEAK = frozenset(
    {"pi", "tt", "rv", "kc", "l4", "tc", "tet", "bord", "flu", "corona", "herpes", "puppy", "cachorro", "parvo", "lyme"}
)
_SENTENCE_END = re.compile(r"(?<=[^\W\d_][^\W\d_])[.;]\s+(?=[A-ZÀ-Ý])")
_OTHER_PRODUCT = re.compile(r"/[^\W\d_]{3,}")  # "fip/meth" is a drug against fleas
_ROUTE = re.compile(
    r"\s?,?\s(s\.?c\.?|s\.?q\.?|i\.?m\.?|i\.?n\.?|subq|subcut\w*|intranasal\w*|per os|p\.?o\.?)(?![\w.])"
)
_LAST_WORD = re.compile(r"([^\W\d_]+)\.?(?:\s?[:–-])?\s(?:\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\s)?$")
_ROW_END = re.compile(r"(?:\s|[-–:;,.()/|#*☑☒\[\]xX✓])+")


def find_vaccines(line: str, lowered: str, *, under_given: bool) -> Iterator[Found]:
    """The vaccinations that a line states. `under_given`: it stands under a heading that says that they were given."""
    products = [hit for hit in find_products(line) if not _is_part(lowered, hit)]
    if not products:
        return
    tokens = lowered.replace(",", " ").replace("(", " ").replace(")", " ").replace(":", " ").split()
    if not words.NO_VACCINE.isdisjoint(tokens) or is_others(lowered):
        return
    first, last = products[0].start, products[-1].end
    dates = [date for date in find_dates(line) if date.precision == "day"]
    ahead = _ROW_END.sub(" ", line[:first]).strip()
    verb = next(words.GIVEN.find(lowered), None) or _route_behind(lowered, last)
    noun = _noun_ahead(lowered, first) if dates and not is_priced(line) else None  # without a day it may be a title
    verb = verb or noun
    is_due = next(words.DUE.find(lowered), None) is not None
    is_denied = not (words.NEGATIONS.isdisjoint(tokens) and words.PLANNED.isdisjoint(tokens))
    begins = not ahead or (len(dates) > 0 and dates[0].start < first and not _letters(line, dates[0].raw, first))
    begins = begins or labels.canonical(line[:first].partition(":")[0]) in words.HEADS
    if is_denied or (not dates and not verb and not under_given):
        return
    if not (verb or under_given or (dates and begins) or (is_due and dates)):
        return
    if all(lowered[hit.start : hit.end] in _WEAK for hit in products) and not (
        (begins or noun) and (dates or verb or under_given)
    ):
        return
    starts = [first, *(date.start for date in dates if date.start < first and first - date.end < 24)]
    stop = _SENTENCE_END.search(line, last)
    limit = stop.start() if stop else len(line)
    ends = [last, *(date.end for date in dates if first <= date.start < limit)]
    if verb and verb.start > last and verb.start - last < 40:
        ends.append(verb.end)
    raw = line[min(starts) : max(ends)].strip()
    if raw and read_vaccines(raw=raw, habits=_ANY_FILE):
        yield Found(field="vaccine", raw=raw, quote=widen(line, raw))


def _is_part(lowered: str, hit: Hit) -> bool:
    """Whether a name of few letters is a part of something else: a typist's "/tt", a product's other half."""
    if len(lowered[hit.start : hit.end]) > 3:
        return False
    return lowered[hit.start - 1 : hit.start] == "/" or (
        _OTHER_PRODUCT.match(lowered, hit.end) is not None and words.VACCINES.match(lowered, hit.end + 1) is None
    )


def _route_behind(lowered: str, end: int) -> Hit | None:
    """The route directly behind a product: "SHPL s.c. rechts" was given."""
    match = _ROUTE.match(lowered, end)
    return Hit(start=match.start(1), end=match.end(1), key="given") if match else None


def _noun_ahead(lowered: str, start: int) -> Hit | None:
    """The word directly ahead of a product that says what was done: of "Impfung SHPPi+L" the first."""
    match = _LAST_WORD.search(lowered, 0, start)
    is_noun = match is not None and match[1] in words.ACTS_OF_VACCINATION
    return Hit(start=match.start(1), end=match.end(1), key="given") if match is not None and is_noun else None


def _letters(line: str, date: str, first: int) -> bool:
    """Whether words stand ahead of the first product besides a date."""
    return any(map(str.isalpha, line[:first].replace(date, "", 1)))
