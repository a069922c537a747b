"""Corrections of one upload made at the same moment: one after the other, each on what the one before left."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from documents import queries
from documents.domain.partition import NotCorrectable
from documents.models import Correction, Segmentation
from documents.operations import correcting
from documents.operations.editing import Stale
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing
from tests.integration.documents.conftest import at

pytestmark = pytest.mark.django_db(transaction=True)


def correct(principal: Principal, document_id: UUID, *, merge: bool) -> str:
    """Merges the document with the next or marks it as a gap, in a connection of its own."""
    operation = correcting.merge_next if merge else correcting.mark_gap
    try:
        operation(principal=principal, document_id=document_id, now=timezone.now())
    except (Missing, NotCorrectable):  # gone, or nothing left to merge with
        return "refused"
    finally:
        connection.close()
    return "done"


def test_corrections_at_once_keep_every_line(segmentation: Segmentation, principal: Principal) -> None:
    first, second, _ = segmentation.documents.order_by("start_line").values_list("pk", flat=True)
    asked = [(first, True), (second, True), (second, False), (first, True)]
    with ThreadPoolExecutor(max_workers=4) as pool:
        outcomes = list(pool.map(lambda each: correct(principal, each[0], merge=each[1]), asked))
    assert "done" in outcomes
    segmentation.upload.refresh_from_db()
    expected = 1
    for piece in queries.list_pieces(upload=segmentation.upload):
        assert piece.start_line == expected
        expected = piece.end_line + 1
    assert expected == 11
    assert segmentation.facts.count() == 3
    segmentation.refresh_from_db()
    assert segmentation.revision == 1 + Correction.objects.count() == 1 + outcomes.count("done")


def test_of_two_who_saw_the_same_document_one_is_told(segmentation: Segmentation, principal: Principal) -> None:
    visit = at(segmentation, 5)
    known = {queries.version_of(visit)}

    def retitle(title: str) -> str:
        try:
            correcting.describe(
                principal=principal,
                document_id=visit.pk,
                description={"title": title},
                versions=known,
                now=timezone.now(),
            )
        except Stale:
            return "stale"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = sorted(pool.map(retitle, ["Phone call", "E-mail"]))
    assert outcomes == ["done", "stale"]
