"""Which documents of a clinic are one, or amend one another: looked for by fingerprint, judged by the domain.

A lookup is of the whole clinic by digest, by day and by the number of a report, and of a patient's and a file's own
documents; never of all documents one by one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db.models import Q

from documents.domain.likeness.changes import Comparison, compare_wordings
from documents.domain.likeness.verdicts import Verdict, is_telling, judge
from documents.models import DocumentLink
from documents.operations.fingerprinting import Known, Wordings, find_any, find_known
from documents.operations.near_documents import find_near

MOST_OF_WORDING = 200  # documents of one wording, the first ones, that each is compared with
LONGEST = 10_000  # words up to which documents are compared: a comparison takes up to 25 MB then

Pair = frozenset[UUID]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """`document` is the later one of the two, or the one that supersedes the other."""

    document: Known
    first: Known
    verdict: Verdict


class Groups:
    """Which documents are one, by links in force, and which pairs staff told apart."""

    def __init__(self, links: Iterable[DocumentLink]) -> None:
        self._above: dict[UUID, UUID] = {}
        self._apart: list[tuple[UUID, UUID]] = []
        self.pairs: set[Pair] = set()
        for link in links:
            self.pairs.add(frozenset((link.document_id, link.first_id)))
            if link.kind == DocumentLink.Kind.SAME and link.state == DocumentLink.State.REJECTED:
                self._apart.append((link.document_id, link.first_id))
            elif link.kind == DocumentLink.Kind.SAME and link.state in DocumentLink.IN_FORCE:
                self.join(link.document_id, link.first_id)

    def join(self, one: UUID, other: UUID) -> None:
        self._above[self.find(one)] = self.find(other)

    def find(self, one: UUID) -> UUID:
        while one in self._above and self._above[one] != one:
            one = self._above[one]
        return one

    def are_one(self, one: UUID, other: UUID) -> bool:
        return self.find(one) == self.find(other)

    def are_apart(self, one: UUID, other: UUID) -> bool:
        """Whether to join them would join two that staff told apart."""
        joined = {self.find(one), self.find(other)}
        return any({self.find(first), self.find(second)} == joined for first, second in self._apart)


def find_same_wording(*, clinic_id: UUID, asked: Sequence[Known]) -> list[Found]:
    """For each of `asked` the first document of the clinic with the same wording, where it has none yet."""
    telling = {each.paper.fingerprint.digest for each in asked if is_telling(each.paper)}
    patients = {each.paper.patient for each in asked if each.paper.patient and not is_telling(each.paper)}
    digests = {each.paper.fingerprint.digest for each in asked if is_telling(each.paper) or each.paper.patient}
    of_patients = Q(patient__in=patients) | Q(subject__proposed_patient__in=patients)
    which = Q(fingerprint__digest__in=digests) & (Q(fingerprint__digest__in=telling) | of_patients)
    by_digest: defaultdict[str, list[Known]] = defaultdict(list)
    for known in find_known(clinic_id=clinic_id, which=which):
        by_digest[known.paper.fingerprint.digest].append(known)
    several = [sorted(each, key=lambda known: known.key) for each in by_digest.values() if len(each) > 1]
    groups = Groups(find_links(known.id for each in several for known in each))
    wanted = {each.id for each in asked}
    return [found for each in several for found in _link_group(each, wanted=wanted, groups=groups)]


def _link_group(group: Sequence[Known], *, wanted: Collection[UUID], groups: Groups) -> Iterator[Found]:
    """`group`: of one wording, in order. Each that is wanted is linked to the first of the others that it may be."""
    for one in group:
        if one.id not in wanted:
            continue
        for other in islice(group, MOST_OF_WORDING):
            if other is one or frozenset((one.id, other.id)) in groups.pairs or groups.are_apart(one.id, other.id):
                continue
            if groups.are_one(one.id, other.id):
                break
            first, later = sorted((one, other), key=lambda known: known.key)
            verdict = judge(first.paper, later.paper, compare=_never)
            if verdict is not None:
                groups.pairs.add(frozenset((one.id, other.id)))
                if verdict.is_sure:
                    groups.join(one.id, other.id)
                yield Found(document=later, first=first, verdict=verdict)
                break


def _never() -> Comparison:
    raise AssertionError("the same digest is the same wording")


def find_holders(*, clinic_id: UUID, segmentation_id: UUID) -> dict[UUID, UUID]:
    """Subject of the segmentation, to the patient on whose record most of its documents stand already, word for word.

    Only wordings that are no coincidence count, and only patients who are not archived.
    """
    own = find_any(clinic_id=clinic_id, which=Q(segmentation=segmentation_id) & ~Q(subject=None))
    telling = [each for each in own if is_telling(each.paper)]
    of_patients = Q(patient__isnull=False, patient__archived_at=None)
    which = of_patients & Q(fingerprint__digest__in={each.paper.fingerprint.digest for each in telling})
    # Of one wording each patient once, as each of its files names it: a form may stand on a record a thousand times.
    by_digest: defaultdict[str, dict[Hashable, Known]] = defaultdict(dict)
    for other in find_known(clinic_id=clinic_id, which=which & ~Q(segmentation=segmentation_id)):
        paper = other.paper
        as_judged = (other.patient_id, paper.patient, paper.animal, paper.date)
        by_digest[paper.fingerprint.digest].setdefault(as_judged, other)
    counts: defaultdict[UUID, Counter[UUID]] = defaultdict(Counter)
    for each in telling:
        others = by_digest[each.paper.fingerprint.digest].values()
        patients = {other.patient_id for other in others if judge(other.paper, each.paper, compare=_never) is not None}
        if each.subject_id is not None:
            counts[each.subject_id].update(patient for patient in patients if patient is not None)
    return {
        subject: min(found, key=lambda patient: (-found[patient], patient))
        for subject, found in counts.items()
        if found
    }


def find_alike(*, clinic_id: UUID, asked: Sequence[Known]) -> list[Found]:
    """For each of `asked`, none of them a copy: the most alike that it may be a copy of, and one that it may amend or
    be amended by. What is linked in whatever way is left out.
    """
    if not asked:
        return []
    near = find_near(clinic_id=clinic_id, asked=asked)
    linked = Groups(find_links(each.id for each in asked)).pairs
    wordings = Wordings()
    found: list[Found] = []
    for one in sorted(asked, key=lambda known: known.key):
        best: dict[str, Found] = {}
        for other in near.get(one.id, ()):
            pair = frozenset((one.id, other.id))
            if pair in linked or one.paper.fingerprint.digest == other.paper.fingerprint.digest:
                continue
            seen = _judge(one, other, wordings=wordings)
            if seen and (seen.verdict.kind not in best or seen.verdict.alike > best[seen.verdict.kind].verdict.alike):
                best[seen.verdict.kind] = seen
        for each in best.values():
            linked.add(frozenset((each.document.id, each.first.id)))
            found.append(each)
    return found


def _judge(one: Known, other: Known, *, wordings: Wordings) -> Found | None:
    first, later = sorted((one, other), key=lambda known: known.key)
    verdict = judge_known(first, later, wordings=wordings)
    if verdict is None:
        return None
    if verdict.kind == "supersedes" and not verdict.second_is_newer:
        first, later = later, first
    return Found(document=later, first=first, verdict=verdict)


def judge_known(first: Known, second: Known, *, wordings: Wordings) -> Verdict | None:
    """What they are to each other. What is too long to be compared, or has no text, is two documents."""

    def compare() -> Comparison:
        one, other = wordings.read(first), wordings.read(second)
        if one is None or other is None or max(len(one.words), len(other.words)) > LONGEST:
            return Comparison(changes=(), alike=0.0, number_count=0)
        return compare_wordings(one, other)

    return judge(first.paper, second.paper, compare=compare)


def find_links(documents: Iterable[UUID]) -> list[DocumentLink]:
    """All links of these documents."""
    ids = set(documents)
    return list(DocumentLink.objects.filter(Q(document__in=ids) | Q(first__in=ids))) if ids else []
