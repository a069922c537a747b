"""What the model cost, added up from the ledger: from the rows of Attempt, which stay when files are purged.

A call counts on the day, in UTC, on which it was begun. A document's cost is its upload's, spread over the documents of
the upload's current segmentation by their share of those documents' lines: one call reads several, so no bill says it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Aggregate, Avg, Count, F, Q, QuerySet, Sum

from documents.models import Upload
from jobs.domain.costs import (
    Cause,
    Extra,
    Figures,
    Grouping,
    UploadCosts,
    Usual,
    explain,
    find_causes,
    round_usd,
)
from jobs.domain.periods import Period
from jobs.domain.retries import PERHAPS_BILLED
from jobs.models import Attempt
from jobs.queries import is_uncertain
from pennie.accounts.models import Clinic

# A part is what one upload's calls came to within a group, so that each group counts the upload's lines once.
# `uncertain` is jobs.queries.is_uncertain.
_SUM = """
WITH part AS (
    SELECT
        CASE %(by)s
            WHEN 'upload' THEN job.upload_id::text
            WHEN 'user' THEN coalesce(job.created_by_id::text, '')
            WHEN 'clinic' THEN attempt.clinic_id::text
            WHEN 'model' THEN attempt.model
            WHEN 'day' THEN to_char(attempt.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
            ELSE ''
        END AS key,
        attempt.clinic_id,
        job.upload_id,
        count(*) AS calls,
        count(*) FILTER (WHERE attempt.failure <> '') AS failed,
        count(*) FILTER (
            WHERE attempt.state = 'sent'
               OR attempt.state = 'settled' AND attempt.cost_usd IS NULL
               OR attempt.state = 'failed' AND attempt.failure = ANY(%(perhaps_billed)s)
        ) AS uncertain,
        coalesce(sum(attempt.input_tokens), 0) AS input,
        coalesce(sum(attempt.cached_input_tokens), 0) AS cached,
        coalesce(sum(attempt.cache_write_tokens), 0) AS written,
        coalesce(sum(attempt.output_tokens), 0) AS output,
        coalesce(sum(attempt.cost_usd), 0) AS cost
    FROM jobs_attempt AS attempt
    JOIN jobs_job AS job ON job.id = attempt.job_id
    WHERE attempt.started_at >= %(begin)s AND attempt.started_at < %(end)s
      AND (%(clinic)s::uuid IS NULL OR attempt.clinic_id = %(clinic)s::uuid)
    GROUP BY 1, 2, 3
), piece AS (
    SELECT
        document.id,
        document.upload_id,
        document.end_line - document.start_line + 1 AS lines,
        (document.end_line - document.start_line + 1)::numeric
            / sum(document.end_line - document.start_line + 1) OVER (PARTITION BY document.segmentation_id) AS share
    FROM documents_document AS document
    JOIN documents_upload AS upload ON upload.current_segmentation_id = document.segmentation_id
    WHERE %(by)s = 'document' AND upload.id IN (SELECT upload_id FROM part)
), total AS (
    SELECT
        '' AS key,
        NULL AS clinic,
        0::bigint AS groups,
        coalesce(sum(calls), 0) AS calls,
        coalesce(sum(failed), 0) AS failed,
        coalesce(sum(uncertain), 0) AS uncertain,
        coalesce(sum(input), 0) AS input,
        coalesce(sum(cached), 0) AS cached,
        coalesce(sum(written), 0) AS written,
        coalesce(sum(output), 0) AS output,
        coalesce(sum(cost), 0) AS cost,
        (SELECT sum(line_count) FROM documents_upload WHERE id IN (SELECT upload_id FROM part)) AS lines
    FROM part
)
SELECT * FROM total
UNION ALL
(SELECT
    CASE WHEN %(by)s = 'document' THEN coalesce(piece.id::text, '') ELSE part.key END AS key,
    CASE WHEN min(part.clinic_id::text) = max(part.clinic_id::text) THEN min(part.clinic_id::text) END AS clinic,
    count(*) OVER () AS groups,
    sum(part.calls) AS calls,
    sum(part.failed) AS failed,
    sum(part.uncertain) AS uncertain,
    round(sum(part.input * coalesce(piece.share, 1))) AS input,
    round(sum(part.cached * coalesce(piece.share, 1))) AS cached,
    round(sum(part.written * coalesce(piece.share, 1))) AS written,
    round(sum(part.output * coalesce(piece.share, 1))) AS output,
    sum(part.cost * coalesce(piece.share, 1)) AS cost,
    sum(coalesce(piece.lines, upload.line_count, 0)) AS lines
FROM part
JOIN documents_upload AS upload ON upload.id = part.upload_id
LEFT JOIN piece ON piece.upload_id = part.upload_id
GROUP BY 1
ORDER BY cost DESC, input DESC, key
LIMIT %(limit)s)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One group's figures."""

    key: str  # an id, a model's name or a day; empty: calls of no document, of nobody, or of a model that was not told
    clinic_id: UUID | None  # None where they are of several clinics
    figures: Figures


@dataclass(frozen=True, kw_only=True, slots=True)
class Breakdown:
    """What a period cost: in all, and by group."""

    period: Period
    by: Grouping
    total: Figures  # of all groups, those not among `rows` too
    rows: tuple[Row, ...]  # the dearest first; days in their order
    groups: int  # how many there are


@dataclass(frozen=True, kw_only=True, slots=True)
class DearUpload:
    upload_id: UUID
    clinic_id: UUID
    costs: UploadCosts
    causes: tuple[Cause, ...]
    why: str  # one sentence


def break_down_costs(*, by: Grouping, period: Period, clinic_id: UUID | None, limit: int) -> Breakdown:
    """Of one clinic or, with None, of all, in one query. Calls of a document are those of its upload: they are not
    spread, so over documents they add up to more than the total.
    """
    (total, *found) = _sum_up(by=by, period=period, clinic_id=clinic_id, limit=limit)
    rows = sorted(found, key=lambda row: str(row["key"])) if by == "day" else found
    return Breakdown(
        period=period,
        by=by,
        total=_read_figures(total),
        rows=tuple(_read_row(each) for each in rows),
        groups=found[0]["groups"] if found else 0,
    )


def list_dearest(*, period: Period, clinic_id: UUID | None, limit: int) -> tuple[DearUpload, ...]:
    """The uploads on which most was spent in the period, and why; in four queries. One call may have several causes."""
    calls = _calls_of(period=period, clinic_id=clinic_id)
    uploads = _sum_up_uploads(calls, limit=limit)
    runs = _list_runs(calls, upload_ids=[row["upload"] for row in uploads])
    usual = _find_usual(calls)
    return tuple(_tell(row, runs=runs[row["upload"]], usual=usual) for row in uploads)


def name_clinics(ids: Sequence[UUID | None]) -> Mapping[UUID, str]:
    """In one query."""
    return dict(Clinic.objects.filter(pk__in={each for each in ids if each}).values_list("pk", "name"))


def _sum_up(*, by: Grouping, period: Period, clinic_id: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The total, then the groups, the dearest first."""
    given: dict[str, Any] = {
        "by": by,
        "begin": period.begin,
        "end": period.end,
        "clinic": clinic_id,
        "perhaps_billed": sorted(PERHAPS_BILLED),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUM, given)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _read_row(row: Mapping[str, Any]) -> Row:
    return Row(key=row["key"], clinic_id=UUID(row["clinic"]) if row["clinic"] else None, figures=_read_figures(row))


def _read_figures(row: Mapping[str, Any]) -> Figures:
    return Figures(
        calls=int(row["calls"]),
        failed_calls=int(row["failed"]),
        uncertain_calls=int(row["uncertain"]),
        input_tokens=int(row["input"]),
        cached_input_tokens=int(row["cached"]),
        cache_write_tokens=int(row["written"]),
        output_tokens=int(row["output"]),
        cost_usd=round_usd(row["cost"]),
        lines=int(row["lines"] or 0),
    )


def _calls_of(*, period: Period, clinic_id: UUID | None) -> QuerySet[Attempt]:
    calls = Attempt.objects.filter(started_at__gte=period.begin, started_at__lt=period.end).order_by()
    return calls if clinic_id is None else calls.filter(clinic_id=clinic_id)


def _sum_up_uploads(calls: QuerySet[Attempt], *, limit: int) -> list[dict[str, Any]]:
    """The dearest first, with what of their calls was out of the ordinary."""
    extras = {
        "again": ~Q(purpose="window"),
        "truncated": Q(failure="truncated"),
        "billed": ~Q(failure__in=["", "truncated"]) & Q(cost_usd__gt=0),
    }
    sums: dict[str, Aggregate] = {
        "calls": Count("pk"),
        "failed": Count("pk", filter=~Q(failure="")),
        "uncertain": Count("pk", filter=is_uncertain()),
        "input": Sum("input_tokens", default=0),
        "cached": Sum("cached_input_tokens", default=0),
        "written": Sum("cache_write_tokens", default=0),
        "output": Sum("output_tokens", default=0),
        "cost": Sum("cost_usd", default=Decimal(0)),
    }
    for name, condition in extras.items():
        sums[f"{name}_calls"] = Count("pk", filter=condition)
        sums[f"{name}_cost"] = Sum("cost_usd", filter=condition, default=Decimal(0))
    groups = {"upload": F("job__upload_id"), "lines": F("job__upload__line_count")}
    grouped: Any = calls.values("clinic_id", **groups)  # its rows have no type
    return list(grouped.annotate(**sums).order_by("-cost", "-input", "upload")[:limit])


def _list_runs(calls: QuerySet[Attempt], *, upload_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Extra]]:
    """What each run came to, by upload, in the order in which they were asked for."""
    grouped = calls.filter(job__upload__in=upload_ids).values("job_id", upload=F("job__upload_id"))
    runs: dict[UUID, list[Extra]] = {each: [] for each in upload_ids}
    for row in grouped.annotate(calls=Count("pk"), cost=Sum("cost_usd", default=Decimal(0))).order_by("job_id"):
        runs[row["upload"]].append(Extra(calls=row["calls"], cost_usd=row["cost"]))
    return runs


def _find_usual(calls: QuerySet[Attempt]) -> Usual:
    asked = Upload.objects.filter(pk__in=calls.values("job__upload_id"))
    tokens = calls.aggregate(
        input=Sum("input_tokens", default=0),
        cached=Sum("cached_input_tokens", default=0),
    )
    return Usual(
        lines=asked.aggregate(mean=Avg("line_count", default=0.0))["mean"],
        cached_share=tokens["cached"] / tokens["input"] if tokens["input"] else 0.0,
    )


def _tell(row: Mapping[str, Any], *, runs: Sequence[Extra], usual: Usual) -> DearUpload:
    later = runs[1:]
    costs = UploadCosts(
        figures=_read_figures(row),
        asked_again=_read_extra(row, "again"),
        truncated=_read_extra(row, "truncated"),
        failed=_read_extra(row, "billed"),
        later_runs=Extra(
            calls=sum(run.calls for run in later), cost_usd=sum((run.cost_usd for run in later), start=Decimal(0))
        ),
        runs=len(runs),
    )
    causes = find_causes(costs=costs, usual=usual)
    return DearUpload(
        upload_id=row["upload"],
        clinic_id=row["clinic_id"],
        costs=costs,
        causes=causes,
        why=explain(costs=costs, causes=causes),
    )


def _read_extra(row: Mapping[str, Any], name: str) -> Extra:
    return Extra(calls=row[f"{name}_calls"], cost_usd=row[f"{name}_cost"])
