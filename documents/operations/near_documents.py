"""Which documents of a clinic are so alike that they are worth comparing: found by sketch, few for each.

Looked up are the documents of the same days, patients and files, and those of the same numbered report; of them the
sketches alone are read, and only what shares enough with one that is asked about is read in full.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Q

from documents.domain.likeness.fingerprints import VERSION, unpack_sketch
from documents.domain.likeness.verdicts import LEAST_RESEMBLANCE
from documents.models import Document
from documents.operations.fingerprinting import Known, find_known
from documents.queries import is_current

MOST_NEAR = 6  # documents for each, the most alike first
MOST_SHARING = (
    100  # of the asked documents: what more of them have in common is their letterhead or form, and tells none
)


def find_near(*, clinic_id: UUID, asked: Sequence[Known]) -> dict[UUID, list[Known]]:
    """For each of `asked` by its id, the first documents that may be near it or of its report, the most alike first."""
    index = _Index(asked)
    near: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for which in _reach(asked):
        firsts = Document.objects.filter(which, is_current(), clinic_id=clinic_id, same_as=None)
        rows = firsts.filter(fingerprint__version=VERSION, fingerprint__clinic=clinic_id).order_by()
        for pk, day, reference, packed in rows.values_list(
            "pk", "date", "fingerprint__reference", "fingerprint__sketch"
        ):
            for one, shared in index.compare(day=day, reference=reference, sketch=unpack_sketch(bytes(packed))):
                if one.id != pk:
                    near[one.id][pk] = shared
    chosen = {one: _choose(shared) for one, shared in near.items()}
    ids = {pk for each in chosen.values() for pk in each}
    known = {each.id: each for each in find_known(clinic_id=clinic_id, which=Q(pk__in=ids))} if ids else {}
    return {one: [known[pk] for pk in each if pk in known] for one, each in chosen.items()}


def _choose(shared: dict[UUID, int]) -> list[UUID]:
    return sorted(shared, key=lambda pk: (-shared[pk], pk))[:MOST_NEAR]


def _reach(asked: Sequence[Known]) -> Iterator[Q]:
    """Apart, for each has its index."""
    papers = [each.paper for each in asked]
    patients = {paper.patient for paper in papers if paper.patient}
    yield Q(date__in={paper.date for paper in papers if paper.date})
    yield Q(patient__in=patients)
    yield Q(subject__proposed_patient__in=patients)
    yield Q(segmentation__in={each.segmentation_id for each in asked})
    yield Q(fingerprint__reference__in={paper.fingerprint.reference for paper in papers if paper.fingerprint.reference})


class _Index:
    """The asked documents by the hashes of their sketches."""

    def __init__(self, asked: Sequence[Known]) -> None:
        self._asked = asked
        by_hash: defaultdict[int, list[int]] = defaultdict(list)
        by_reference: defaultdict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(asked):
            for hashed in one.paper.fingerprint.sketch:
                by_hash[hashed].append(place)
            if one.paper.fingerprint.reference:
                by_reference[one.paper.fingerprint.reference].append(place)
        # Without these each of a thousand certificates of one form would be compared with all the others.
        self._common = frozenset(hashed for hashed, places in by_hash.items() if len(places) > MOST_SHARING)
        self._by_hash = {hashed: places for hashed, places in by_hash.items() if hashed not in self._common}
        self._by_reference = {told: places for told, places in by_reference.items() if len(places) <= MOST_SHARING}
        self._hashes = frozenset(self._by_hash)
        self._sizes = [self._count_telling(one.paper.fingerprint.sketch) for one in asked]

    def _count_telling(self, sketch: tuple[int, ...]) -> int:
        return len(sketch) - len(self._common.intersection(sketch))

    def compare(self, *, day: date | None, reference: str, sketch: tuple[int, ...]) -> Iterator[tuple[Known, int]]:
        """Those of the asked that may be near it, each with the number of telling hashes that both have."""
        hits = self._hashes.intersection(sketch)
        size = self._count_telling(sketch)
        of_report = self._by_reference.get(reference, ()) if reference else ()
        if not of_report and (not hits or len(hits) < LEAST_RESEMBLANCE * size):
            return
        shared = Counter(place for hashed in hits for place in self._by_hash[hashed])
        for place in {*shared, *of_report}:
            one = self._asked[place]
            # Two sketches that resemble each other so much have at least that share of the longer one in common.
            is_alike = shared[place] >= LEAST_RESEMBLANCE * max(size, self._sizes[place])
            is_of_day = day is None or one.paper.date is None or day == one.paper.date
            if place in of_report or (is_alike and is_of_day):
                yield one, shared[place]
