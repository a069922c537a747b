"""Claims to facts, facts to documents, documents to patients."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import get_args

from documents.domain.date_orders import DateOrders
from documents.domain.dates import DateMention, DateOrder, find_dates, infer_order
from documents.domain.facts.ages import born_between
from documents.domain.facts.breeds import spell_out_breeds
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.clinical.dosing import dangles
from documents.domain.facts.context import is_stated, read_in_line
from documents.domain.facts.directory import Directory
from documents.domain.facts.identities import build_directory
from documents.domain.facts.measure_days import MeasureDays, years_between
from documents.domain.facts.neutering import is_neutering_told
from documents.domain.facts.observed import Observation
from documents.domain.facts.people import list_fuller
from documents.domain.facts.records import PatientRecord, build_record
from documents.domain.facts.sharing import Shares, share_out
from documents.domain.facts.typed import Habits, Parts, Value
from documents.domain.facts.values import normalise
from documents.domain.findings import CLINICAL, SERIES, FactField
from documents.domain.lines import SourceText, fold
from documents.domain.segmentation import Segmentation
from patients.domain import species

LARGE_KG = 250.0  # an animal that may weigh this much is one whose "1,200 kg" has a thousand in it
MOST_LEFT = 3  # words that may stand between a claim's and the end of a line that goes on
_ENDED = re.compile(r"[.;:!?)\]|]")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
_WORDED: frozenset[FactField] = frozenset({"medication", "problem", "allergy", "alert"})
_DATED_BY_LINE = (CLINICAL | {"age"}) - {"vaccine"}
SHOWN_LINES = 5  # lines that a warning names


_DECIMAL_POINT = re.compile(r"(?<![\d.,/:-])\d{1,5}\.\d{1,2}(?![\d.,/:-]|\.\d)")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,/:-])\d{1,5},\d{1,2}(?![\d.,/:-]|,\d)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """The patients of a file with their facts, and whose each document is.

    The last patient has no name where facts belong to nobody known. `patient_of_document` holds positions in
    `patients`, None for a document that must be reviewed.
    """

    patients: tuple[PatientRecord, ...]
    patient_of_document: tuple[int | None, ...]
    warnings: tuple[str, ...] = ()


def file_facts(*, claims: Sequence[LocatedClaim], segmentation: Segmentation, text: SourceText) -> Filing:
    """The facts that the claims state, on the records of the patients that they are about.

    1. Values are read; a claim without one is counted, never guessed.
    2. Each claim goes to the document that holds its line.
    3. Names, chips, kinds and owners make the file's patients (`identities.build_directory`).
    4. Each observation goes to the patient of its place, each document to its patient.
    5. Each patient's observations become facts: repeated ones folded, conflicts kept and flagged.

    The result does not depend on the order of `claims` (I2).
    """
    warnings: list[str] = []
    document_of_line = _index_documents(segmentation, text)
    ordered = sorted(set(claims), key=lambda claim: (claim.line, claim.field, claim.raw, claim.quote))
    observations = _observe(ordered, segmentation, text, document_of_line, warnings)
    ranges = [(document.start_line, document.end_line) for document in segmentation.documents]
    directory = build_directory(observations=observations, lines=text.lines, ranges=ranges)
    fuller = list_fuller(observations=observations, lines=text.lines, document_of_line=document_of_line)
    shares = share_out(observations=observations, directory=directory, fuller=fuller, lines=text.lines)
    records = [
        build_record(
            name=name,
            observations=spell_out_breeds(
                observations=shares[index],
                lines=text.lines,
                papers={document: ranges[document] for document in directory.list_own(index)},
            ),
            may_be_neutered=is_neutering_told(
                observations=shares[index], lines=text.lines, ranges=_papers_of(index, shares, directory, ranges)
            ),
        )
        for index, name in enumerate(directory.names)
    ]
    for record in records:
        warnings.extend(f"{record.name}: {conflict.describe()}" for conflict in record.conflicts)
    if shares.get(None):
        told = is_neutering_told(observations=shares[None], lines=text.lines, ranges=ranges)
        records.append(build_record(name=None, observations=shares[None], may_be_neutered=told))
        count = len(records[-1].facts)
        belong = "1 fact belongs" if count == 1 else f"{count} facts belong"
        warnings.append(f"{belong} to no known patient ({_lines_of(shares[None])})")
    warnings.extend(directory.warnings)
    return Filing(patients=tuple(records), patient_of_document=directory.patient_of_document, warnings=tuple(warnings))


def _index_documents(segmentation: Segmentation, text: SourceText) -> list[int | None]:
    """0-based document of each line, at the place of the line's number; None in a gap."""
    index: list[int | None] = [None] * (len(text.lines) + 1)
    for position, document in enumerate(segmentation.documents):
        for line in range(document.start_line, min(document.end_line, len(text.lines)) + 1):
            index[line] = position
    return index


def _observe(
    claims: Sequence[LocatedClaim],
    segmentation: Segmentation,
    text: SourceText,
    document_of_line: Sequence[int | None],
    warnings: list[str],
) -> list[Observation]:
    file_orders = DateOrders(text)
    habits = _read_habits(claims, text, file_orders)
    if "mixed" in file_orders.all:
        warnings.append(
            "dates are written day first in some places and month first in others; check those with both below 13"
        )
    births = frozenset((claim.line, claim.raw) for claim in claims if claim.field == "date_of_birth")
    days = MeasureDays(text=text, births=births, years=years_between(segmentation.documents))
    writing = {
        order: replace(
            habits, order=order, comma_is_decimal=order == "DMY" if len(text.parts) > 1 else habits.comma_is_decimal
        )
        for order in get_args(DateOrder)
    }
    orders: dict[int | None, DateOrder] = {}
    observations: list[Observation] = []
    unread: list[int] = []
    for claim in _keep_stated(claims, text, unread):
        document = document_of_line[claim.line]
        order = file_orders.of(claim.line)
        if order == "mixed":
            if document not in orders:
                orders[document] = _order_within(segmentation, text, document)
            order = orders[document]
        own = writing[order]
        values = normalise(field=claim.field, raw=claim.raw, habits=own)
        if not values:
            unread.append(claim.line)
        if claim.field in SERIES:
            piece = segmentation.documents[document] if document is not None else None
            date = days.find(claim, document=piece, order=own.order)
        else:
            date = _date_of(claim, segmentation, text, document, own.order, births)
        is_quoted = text.lines[claim.line - 1].lstrip().startswith(">")
        if claim.field in _WORDED and _goes_on(claim, text):
            values = tuple(replace(value, flags=(*value.flags, "goes_on")) for value in values)
        observations.extend(
            Observation(
                claim=claim,
                value=value,
                document=document,
                date=date,
                parts=_parts_of(claim, value, date),
                source=_source(segmentation, document),
                is_quoted=is_quoted,
            )
            for value in values
        )
    if unread:
        counted = "1 claim states" if len(unread) == 1 else f"{len(unread)} claims state"
        warnings.append(f"{counted} no value that can be read ({_list_lines(unread)})")
    return observations


def _keep_stated(claims: Iterable[LocatedClaim], text: SourceText, unread: list[int]) -> Iterator[LocatedClaim]:
    """The claims that their lines state, as their lines mean them; the lines of the others go to `unread`."""
    for claim in claims:
        stated = read_in_line(claim=claim, line=text.lines[claim.line - 1]) if _stands(claim, text) else None
        if stated is None:
            unread.append(min(max(claim.line, 1), max(len(text.lines), 1)))
        else:
            yield stated


def _stands(claim: LocatedClaim, text: SourceText) -> bool:
    """I4 at the last gate, wherever the claim comes from: its quote stands in its line, its raw value whole."""
    if not 1 <= claim.line <= len(text.lines) or not claim.quote:
        return False
    line = text.lines[claim.line - 1]
    return claim.quote in line and is_stated(field=claim.field, raw=fold(claim.raw), line=fold(line))


def _read_habits(claims: Sequence[LocatedClaim], text: SourceText, file_orders: DateOrders) -> Habits:
    order = next(iter(file_orders.all)) if len(text.parts) < 2 else infer_order(lines=text.lines)
    if order == "mixed":
        order = _order_of(text.lines)
    kinds = {
        str(value.value)
        for claim in claims
        if claim.field == "species"
        for value in normalise(field="species", raw=claim.raw)
    }
    large = bool(kinds) and all(species.is_plausible_weight(species=kind, kg=LARGE_KG) for kind in kinds)
    commas = order == "DMY" and not _writes_points(text)
    return Habits(order=order, comma_is_decimal=commas, large_animals=large)


def _writes_points(text: SourceText) -> bool:
    """Whether the file writes decimal points more than decimal commas: British papers do, with the day first."""
    points = sum(len(_DECIMAL_POINT.findall(line)) for line in text.lines if "." in line)
    return points > sum(len(_DECIMAL_COMMA.findall(line)) for line in text.lines if "," in line)


def _order_within(segmentation: Segmentation, text: SourceText, document: int | None) -> DateOrder:
    if document is None:
        return "unknown"
    piece = segmentation.documents[document]
    order = _order_of(text.lines[piece.start_line - 1 : piece.end_line])
    return order if order in ("DMY", "MDY") else _order_of(text.lines)


def _order_of(lines: Sequence[str]) -> DateOrder:
    """The order of day and month; where it is mixed, that of the lines without a clock: a fax machine has its own."""
    order = infer_order(lines=lines)
    return infer_order(lines=[line for line in lines if not _CLOCK.search(line)]) if order == "mixed" else order


def _date_of(
    claim: LocatedClaim,
    segmentation: Segmentation,
    text: SourceText,
    document: int | None,
    order: DateOrder,
    births: Container[tuple[int, str]],
) -> str | None:
    """A measure's own day where one date stands ahead of it in its line, no birth date; else its document's day."""
    if claim.field in _DATED_BY_LINE:
        line = text.lines[claim.line - 1]
        dates = [mention for mention in _days_in(line, order) if (claim.line, mention.raw) not in births]
        place = line.find(claim.raw)
        if len(dates) == 1 and 0 <= dates[0].end <= place and not _is_aside(line, dates[0].start, place):
            return dates[0].value.isoformat()
    return segmentation.documents[document].date if document is not None else None


@lru_cache(maxsize=8)  # a line that states several measures is looked at for each of them
def _days_in(line: str, order: DateOrder) -> tuple[DateMention, ...]:
    return tuple(mention for mention in find_dates(line, order=order) if mention.precision == "day")


def _is_aside(line: str, start: int, place: int) -> bool:
    """Whether a date stands in brackets that close ahead of a place: "34.6 lbs (last 31.2 on 8/19/21). T 101.1"."""
    opened = line.rfind("(", 0, start)
    return opened >= 0 and 0 <= line.find(")", opened) < place and ")" not in line[opened:start]


def _goes_on(claim: LocatedClaim, text: SourceText) -> bool:
    """Whether the words seem to go on in the next line: nothing ends them, and that line begins in mid-sentence."""
    rest = text.lines[claim.line - 1].rpartition(claim.raw)[2].strip()
    following = text.lines[claim.line].lstrip(" \t>|") if claim.line < len(text.lines) else ""
    is_open = len(rest.split()) <= MOST_LEFT and not _ENDED.search(rest or claim.raw[-1:])
    is_cut = claim.field == "medication" and not rest and dangles(claim.raw)  # a noun of German begins with a capital
    return is_open and bool(following) and (is_cut or following[:1].islower() or following[:1].isdigit())


def _parts_of(claim: LocatedClaim, value: Value, date: str | None) -> Parts:
    """What the day adds: the birth dates that an age leaves possible, and the day of a vaccine that was given.

    Not where a date stands beside the vaccine that is neither the day given nor the day due: it is a lot's.
    """
    born = born_between(age=str(value.value), on=date) if value.field == "age" and date else None
    if born is not None:
        return {"born_from": born[0], "born_to": born[1]}
    if value.field == "vaccine" and date and not (value.parts.keys() & {"date", "due"} or find_dates(claim.raw)):
        return {**value.parts, "date": date}
    return value.parts


def _source(segmentation: Segmentation, document: int | None) -> str:
    return segmentation.documents[document].type if document is not None else ""


def _papers_of(
    index: int, shares: Shares, directory: Directory, ranges: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """First and last lines of the documents that are a patient's, or tell something of it."""
    told = {one.document for one in shares[index]}
    return [
        bounds
        for document, bounds in enumerate(ranges)
        if document in told or directory.patient_of_document[document] == index
    ]


def _lines_of(observations: Iterable[Observation]) -> str:
    return _list_lines([observation.claim.line for observation in observations])


def _list_lines(lines: Sequence[int]) -> str:
    shown = [str(line) for line in sorted(Counter(lines))]
    more = ", ..." if len(shown) > SHOWN_LINES else ""
    return ("line " if len(shown) == 1 else "lines ") + ", ".join(shown[:SHOWN_LINES]) + more
