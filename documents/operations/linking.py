"""The same document in two uploads, or twice in one, is linked to the first.

Links say which documents are one; by them each document of a current segmentation is the first of its kind or
`same_as` the first. All of this is done under the lock of the clinic's register (`lock_register`), which is taken after
that of an upload and before any document's: two files that are filed at the same moment see each other. Documents of
other uploads are changed by it, and a row that changes twice in a transaction has its foreign keys looked at: an
upload's row is therefore locked with `no_key`, or whoever holds it and waits for the register would be waited for.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from documents.models import Document, DocumentLink, Segmentation
from documents.operations.fingerprinting import Known, Wordings, find_known
from documents.operations.link_search import (
    Found,
    Groups,
    find_alike,
    find_links,
    find_same_wording,
    judge_known,
)
from documents.queries import is_current

_BATCH = 500
_SAME, _IN_FORCE = DocumentLink.Kind.SAME, DocumentLink.IN_FORCE


def renew_links(*, clinic_id: UUID, documents: Iterable[UUID], reworded: Collection[UUID] = (), now: datetime) -> None:
    """Looks anew for what is the same as these documents, within the caller's transaction; the register is locked.

    1. What was found or proposed before, of them and nobody decided, is forgotten; what staff decided is kept (I6).
       Of `reworded`, whose lines staff changed, what was confirmed is kept only where it still may be.
    2. Documents with the same wording are linked to the first; of the others what is nearly the same is proposed.
    3. Each document is a first one or the copy of a first one again.

    A document that is not of a current segmentation, or of an archived upload, is a copy of none.
    """
    asked = set(documents)
    if not asked:
        return
    touched = asked | find_neighbours(asked)
    before = _forget_undecided(asked)
    known = {each.id: each for each in find_known(clinic_id=clinic_id, which=Q(pk__in=touched))}
    if reworded:
        _forget_unlike(known, reworded=reworded)
    found = find_same_wording(clinic_id=clinic_id, asked=list(known.values()))
    _write(found, before=before, clinic_id=clinic_id, now=now)
    copies = _settle(touched | {each.first.id for each in found} | {each.document.id for each in found}, now=now)
    firsts = [each for each in known.values() if each.id not in copies]
    alike = find_alike(clinic_id=clinic_id, asked=firsts)
    _write(alike, before=before, clinic_id=clinic_id, now=now)
    lost = before.keys() - {(each.document.id, each.first.id) for each in (*found, *alike)}
    _mark_changed({end for pair in lost for end in pair}, now=now)


def renew_links_of_runs(current: Segmentation, previous: Segmentation | None, *, now: datetime) -> None:
    """After `current` took the place of `previous`; the register is locked."""
    runs = [run.pk for run in (current, previous) if run is not None]
    documents = Document.objects.filter(segmentation__in=runs).values_list("pk", flat=True)
    renew_links(clinic_id=current.clinic_id, documents=documents, now=now)


def find_neighbours(documents: Collection[UUID]) -> set[UUID]:
    """Documents that are linked to these, in whatever way."""
    ids = set(documents)
    linked = {end for link in find_links(ids) for end in (link.document_id, link.first_id)}
    copies = Document.objects.filter(Q(same_as__in=ids) | Q(pk__in=ids, same_as__isnull=False))
    return (linked | {end for pair in copies.values_list("pk", "same_as") for end in pair if end}) - ids


def bequeath(documents: Collection[UUID], *, now: datetime) -> None:
    """Before these are erased: what staff confirmed to be the same as one of them is the same as each other."""
    heirs: defaultdict[UUID, dict[UUID, DocumentLink]] = defaultdict(dict)
    for link in find_links(documents):
        if link.kind == _SAME and link.state == DocumentLink.State.CONFIRMED:
            gone, heir = link.document_id, link.first_id
            if gone not in documents:
                gone, heir = heir, gone
            if heir not in documents:
                heirs[gone][heir] = link
    kept = Document.objects.filter(pk__in={each for links in heirs.values() for each in links})
    keys = {pk: (upload, line) for pk, upload, line in kept.values_list("pk", "upload_id", "start_line")}
    known = Groups(find_links(keys)).pairs
    made = []
    for each in heirs.values():
        first, *others = sorted(each, key=lambda heir: keys[heir])
        for other in others:
            pair = frozenset((first, other))
            if pair not in known:
                known.add(pair)
                made.append(_inherit(each[other], document=other, first=first))
    DocumentLink.objects.bulk_create(made, batch_size=_BATCH)


def hand_links_over(heirs: Mapping[UUID, UUID]) -> None:
    """What staff decided about a document's links is decided about its heir's. `heirs`: document to heir."""
    decided = [link for link in find_links(heirs) if link.state in DocumentLink.DECIDED]
    known = Groups(find_links(heirs.values())).pairs
    made = []
    for link in decided:
        document, first = heirs.get(link.document_id, link.document_id), heirs.get(link.first_id, link.first_id)
        if frozenset((document, first)) not in known:
            known.add(frozenset((document, first)))
            made.append(_inherit(link, document=document, first=first))
    DocumentLink.objects.bulk_create(made, batch_size=_BATCH)


def _inherit(link: DocumentLink, *, document: UUID, first: UUID) -> DocumentLink:
    return DocumentLink(
        clinic_id=link.clinic_id,
        document_id=document,
        first_id=first,
        kind=link.kind,
        state=link.state,
        alike=link.alike,
        found_at=link.found_at,
        decided_by_id=link.decided_by_id,
        decided_at=link.decided_at,
    )


def _forget_undecided(documents: set[UUID]) -> dict[tuple[UUID, UUID], DocumentLink]:
    """Deletes what nobody decided, and gives it by later and first document."""
    undecided = [link for link in find_links(documents) if link.state not in DocumentLink.DECIDED]
    DocumentLink.objects.filter(pk__in=[link.pk for link in undecided]).delete()
    return {(link.document_id, link.first_id): link for link in undecided}


def _forget_unlike(known: dict[UUID, Known], *, reworded: Collection[UUID]) -> None:
    """Deletes what was confirmed of documents that are not alike any more."""
    wordings = Wordings()
    gone = []
    for link in find_links(reworded):
        first, second = known.get(link.first_id), known.get(link.document_id)
        if link.state == DocumentLink.State.CONFIRMED and first and second:
            verdict = judge_known(first, second, wordings=wordings)
            if verdict is None or verdict.kind != link.kind:
                gone.append(link.pk)
    DocumentLink.objects.filter(pk__in=gone).delete()


def _write(
    found: Collection[Found], *, before: Mapping[tuple[UUID, UUID], DocumentLink], clinic_id: UUID, now: datetime
) -> None:
    """What was there before, and is found again, is the link that it was; its documents did not change."""
    made, changed = [], set[UUID]()
    for each in found:
        state = DocumentLink.State.FOUND if each.verdict.is_sure else DocumentLink.State.PROPOSED
        link = DocumentLink(
            clinic_id=clinic_id,
            document_id=each.document.id,
            first_id=each.first.id,
            kind=each.verdict.kind,
            state=state,
            alike=each.verdict.alike,
            found_at=now,
        )
        old = before.get((each.document.id, each.first.id))
        if old is not None and (old.kind, old.state, old.alike) == (link.kind, link.state, link.alike):
            link.id, link.found_at = old.pk, old.found_at
        else:
            changed |= {each.document.id, each.first.id}
        made.append(link)
    DocumentLink.objects.bulk_create(made, batch_size=_BATCH)
    _mark_changed(changed, now=now)


def _mark_changed(documents: Collection[UUID], *, now: datetime) -> None:
    """Whoever asks for what changed must see them."""
    if documents:
        Document.objects.filter(pk__in=documents).update(updated_at=now)


def _settle(documents: set[UUID], *, now: datetime) -> set[UUID]:
    """Sets `same_as` of these and of all that links in force join to them; gives which are copies."""
    links = _follow(documents)
    groups = Groups(links)
    members = documents | {end for link in links for end in (link.document_id, link.first_id)}
    rows = Document.objects.filter(pk__in=members).annotate(counts=is_current()).order_by()
    before: dict[UUID, UUID | None] = {}
    keys: dict[UUID, tuple[UUID, int]] = {}
    for pk, same_as, counts, upload, line in rows.values_list("pk", "same_as", "counts", "upload_id", "start_line"):
        before[pk] = same_as
        if counts:
            keys[pk] = (upload, line)
    firsts: dict[UUID, UUID] = {}
    for pk in sorted(keys, key=lambda each: keys[each]):
        firsts.setdefault(groups.find(pk), pk)
    after = {pk: firsts[groups.find(pk)] if pk in keys else None for pk in before}
    after = {pk: None if first == pk else first for pk, first in after.items()}
    changed = [pk for pk in before if before[pk] != after[pk]]
    if changed:
        _mark_changed({*changed, *(first for pk in changed for first in (before[pk], after[pk]) if first)}, now=now)
        moved = [Document(pk=pk, same_as_id=after[pk]) for pk in changed]
        Document.objects.bulk_update(moved, ["same_as"], batch_size=_BATCH)
    return {pk for pk, first in after.items() if first is not None}


def _follow(documents: set[UUID]) -> list[DocumentLink]:
    """The links by which these documents are one with others, and those with others still."""
    links: dict[UUID, DocumentLink] = {}
    seen: set[UUID] = set()
    front = set(documents)
    while front:
        seen |= front
        reached = [link for link in find_links(front) if link.kind == _SAME and link.state in _IN_FORCE]
        links.update({link.pk: link for link in reached})
        front = {end for link in reached for end in (link.document_id, link.first_id)} - seen
    return list(links.values())
