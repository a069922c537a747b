"""Which files of a clinic a backfill reads again: by the last run over each, whether or not it is the current one.

Files that are archived or purged, and files that no run has read, are left out. So is what was sent or read after the
backfill was begun, so that it comes to an end.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from documents.domain import prompts, stitching
from documents.domain.rules.model import packaged_model
from documents.models import Document, Segmentation, Upload
from jobs.domain.backfills import OTHER, RULES, Criteria

OLDER: Final = "older"  # as people say it: any version but that of today


def name_versions(criteria: Criteria) -> Criteria:
    """With each `older` as "not the one of today", so that the criteria mean the same after the next release."""
    rules = f"{stitching.VERSION}/{packaged_model().version}"
    return replace(
        criteria,
        prompt_versions=_name(criteria.prompt_versions, today=prompts.VERSION),
        models=_name(criteria.models, today=settings.OPENAI_MODEL),
        stitching_versions=_name(criteria.stitching_versions, today=rules),
    )


def find_uploads(*, clinic_id: UUID, criteria: Criteria, before: datetime) -> QuerySet[Upload]:
    """In the order of their ids."""
    runs = Segmentation.objects.filter(upload=OuterRef("upload")).order_by("-number")
    last = Segmentation.objects.filter(
        _meets(criteria), upload=OuterRef("pk"), pk=Subquery(runs.values("pk")[:1]), created_at__lt=before
    )
    rows = Upload.objects.filter(
        Exists(last),
        _within("received_at", criteria.received_since, criteria.received_until),
        clinic_id=clinic_id,
        archived_at=None,
        purged_at=None,
        received_at__lt=before,
    )
    if criteria.document_types:
        found = Document.objects.filter(segmentation=OuterRef("current_segmentation"), type__in=criteria.document_types)
        rows = rows.filter(Exists(found))
    return rows.order_by("id")


def _meets(criteria: Criteria) -> Q:
    """Of a run."""
    meets = _within("created_at", criteria.read_since, criteria.read_until)
    if criteria.prompt_versions:
        meets &= _any_of("prompt_version", criteria.prompt_versions) & ~Q(engine=RULES)
    if criteria.models:
        by_rules = Q(engine=RULES) if RULES in criteria.models else Q(pk=None)
        named = [each for each in criteria.models if each != RULES]
        meets &= by_rules | (_any_of("model", named) & ~Q(engine=RULES))
    if criteria.stitching_versions:
        meets &= _any_of("stitching_version", criteria.stitching_versions)
    if criteria.spares_model_reads:
        meets &= Q(engine=RULES)
    return meets


def _any_of(column: str, values: Sequence[str]) -> Q:
    meets = Q(**{f"{column}__in": [each for each in values if not each.startswith(OTHER)]})
    for each in values:
        if each.startswith(OTHER):
            meets |= ~Q(**{column: each.removeprefix(OTHER)})
    return meets


def _within(column: str, since: date | None, until: date | None) -> Q:
    meets = Q()
    if since:
        meets &= Q(**{f"{column}__gte": _begin(since)})
    if until:
        meets &= Q(**{f"{column}__lt": _begin(until)})
    return meets


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _name(values: Sequence[str], *, today: str) -> tuple[str, ...]:
    return tuple(f"{OTHER}{today}" if each == OLDER else each for each in values)
