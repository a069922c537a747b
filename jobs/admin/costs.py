"""The admin's page of costs: a clinic's to its administrators, all clinics' to operators, who see no name of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from documents.admin.tables import Table
from documents.models import Document, Upload
from jobs.cost_tables import HEADERS, NO_KEY, list_cells
from jobs.costs import Breakdown, DearUpload, break_down_costs, list_dearest, name_clinics
from jobs.domain.costs import GROUPINGS, Figures, Grouping, show_usd
from jobs.domain.periods import Period, UnfitPeriod, read_period
from pennie.accounts.admin_markup import NOTHING, link_to
from pennie.accounts.models import User
from pennie.accounts.principal import Principal
from pennie.accounts.staff import is_operator, principal_of_staff

_ROWS = 200
_DEAREST = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    by: Grouping
    period: Period


def show_costs(request: HttpRequest) -> HttpResponse:
    """Raises PermissionDenied for whoever is neither."""
    principal = _require_reader(request)
    clinic_id = principal.clinic_id if principal else None
    asked = _read(request, groupings=_offer(principal))
    breakdown = break_down_costs(by=asked.by, period=asked.period, clinic_id=clinic_id, limit=_ROWS)
    dearest = list_dearest(period=asked.period, clinic_id=clinic_id, limit=_DEAREST)
    context = {
        **admin.site.each_context(request),
        "title": "Costs",
        "asked": asked,
        "groupings": _offer(principal),
        "breakdown": breakdown,
        "total": breakdown.total,
        "cost": show_usd(breakdown.total.cost_usd),
        "per_1000": _say_per_1000(breakdown.total),
        "table": _tabulate(breakdown, names=_name_rows(breakdown, principal=principal)),
        "dearest": _tabulate_dearest(dearest, principal=principal),
    }
    return TemplateResponse(request, "pennie/costs.html", context)


def _require_reader(request: HttpRequest) -> Principal | None:
    """None for an operator, who reads all clinics' figures."""
    if is_operator(request):
        return None
    principal = principal_of_staff(request)
    if principal is None or not principal.may("usage:read"):
        raise PermissionDenied
    return principal


def _offer(principal: Principal | None) -> list[Grouping]:
    return [each for each in GROUPINGS if principal is None or each != "clinic"]


def _read(request: HttpRequest, *, groupings: Sequence[Grouping]) -> _Asked:
    said, today = request.GET, timezone.now().date()
    by = said.get("by") if said.get("by") in groupings else "day"
    try:
        period = read_period(since=said.get("since"), until=said.get("until"), today=today)
    except UnfitPeriod as unfit:
        messages.error(request, f"{unfit} This month is shown.")
        period = read_period(since=None, until=None, today=today)
    return _Asked(by=cast(Grouping, by), period=period)


def _name_rows(breakdown: Breakdown, *, principal: Principal | None) -> Mapping[str, SafeString | str]:
    """What the rows are called, by their keys, in one query at the most. Operators are told ids of what is of files."""
    ids = [UUID(row.key) for row in breakdown.rows if row.key and breakdown.by not in ("model", "day")]
    if breakdown.by == "clinic":
        return {str(pk): name for pk, name in name_clinics(ids).items()}
    if breakdown.by == "user":
        return {str(user.pk): str(user) for user in User.objects.filter(pk__in=ids)}
    if principal is not None and breakdown.by == "upload":
        return {str(row.pk): link_to(row) for row in Upload.objects.of(principal).filter(pk__in=ids)}
    if principal is not None and breakdown.by == "document":
        return {str(row.pk): link_to(row) for row in Document.objects.of(principal).filter(pk__in=ids)}
    return {}


def _tabulate(breakdown: Breakdown, *, names: Mapping[str, SafeString | str]) -> Table:
    rows = [
        [names.get(row.key) or row.key or NO_KEY.get(breakdown.by, NOTHING), *list_cells(row.figures)]
        for row in breakdown.rows
    ]
    return {"headers": [breakdown.by, *HEADERS], "rows": rows}


def _tabulate_dearest(uploads: Sequence[DearUpload], *, principal: Principal | None) -> Table:
    names: dict[UUID, Any] = {}
    clinics = {} if principal else name_clinics([each.clinic_id for each in uploads])
    if principal is not None:
        found = Upload.objects.of(principal).filter(pk__in=[each.upload_id for each in uploads])
        names = {row.pk: link_to(row) for row in found}
    rows = [
        [
            names.get(each.upload_id, str(each.upload_id)),
            *([] if principal else [clinics.get(each.clinic_id, NOTHING)]),
            show_usd(each.costs.figures.cost_usd),
            each.why,
        ]
        for each in uploads
    ]
    return {"headers": ["upload", *([] if principal else ["clinic"]), "cost", "why"], "rows": rows}


def _say_per_1000(figures: Figures) -> str:
    return NOTHING if figures.cost_per_1000_lines is None else show_usd(figures.cost_per_1000_lines)
