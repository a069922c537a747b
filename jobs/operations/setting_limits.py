"""Who may set which limit of use: an administrator those of their clinic's users, and may lower what an operator gave
the clinic."""

from typing import Final
from uuid import UUID

from django.db.models import F, Q

from jobs.models import UseLimit
from pennie.lib.refusals import Refusal

ALL: Final = ("global",)  # scopes that are an operator's alone


class LimitUnfit(Refusal):
    def __init__(self, *, detail: str, pointer: str) -> None:
        super().__init__(
            "limit_unfit",
            title="This limit cannot be set",
            detail=detail,
            status=422,
            extra={"pointer": pointer},
        )


def check_setting(
    *, clinic_id: UUID | None, scope: str, measure: str, names_clinic: bool, names_user: bool, amount: int
) -> None:
    """`clinic_id` is the administrator's clinic; None: an operator sets it. Raises LimitUnfit."""
    if scope == "global" and names_clinic:
        raise LimitUnfit(detail="What holds for all together names no clinic.", pointer="/clinic")
    if scope in ("global", "clinic") and names_user:
        raise LimitUnfit(detail="Choose “each user” as its scope, or leave the user empty.", pointer="/user")
    if clinic_id is None:
        return
    if scope in ALL:
        raise LimitUnfit(detail="Only an operator sets what holds for all clinics together.", pointer="/scope")
    most = _find_most(clinic_id=clinic_id, measure=measure) if scope == "clinic" else None
    if most is not None and amount > most:
        raise LimitUnfit(
            detail=f"An operator gave the clinic {most:,}. Lower it here; only an operator raises it.",
            pointer="/amount",
        )


def _find_most(*, clinic_id: UUID, measure: str) -> int | None:
    """What the clinic may use as things stand; None: it is not limited."""
    rows = UseLimit.objects.filter(Q(clinic=clinic_id) | Q(clinic=None), scope="clinic", measure=measure)
    return rows.order_by(F("clinic").asc(nulls_last=True)).values_list("amount", flat=True).first()
