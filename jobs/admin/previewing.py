"""What files would take, as the form for sending them tells it before anything is stored."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from documents.admin.tables import Table
from jobs.admin.sending import RefusedFile
from jobs.domain.estimating import Estimate
from jobs.domain.use_limits import Need
from jobs.operations.previewing import Preview, preview
from pennie.accounts.admin_markup import NOTHING, label, link_to, say_refusal
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal

_HEADERS = ["file", "lines", "pages", "parts", "calls", "tokens in", "tokens out", "cost", "time", ""]


def preview_files(
    *, principal: Principal, said: dict[str, Any], now: datetime
) -> tuple[list[Preview], list[RefusedFile]]:
    """As `send_files` would take or refuse each, in this order. Nothing is kept."""
    seen: list[Preview] = []
    refused: list[RefusedFile] = []
    besides = Need()
    for file in said["records"]:
        try:
            each = preview(
                principal=principal,
                file=file,
                name=file.name,
                engine=said["engine"],
                patient_id=said["patient"].pk if said["patient"] else None,
                besides=besides,
                now=now,
            )
        except Refusal as refusal:
            refused.append(RefusedFile(name=file.name, told=say_refusal(refusal)))
        except Missing as missing:
            refused.append(RefusedFile(name=file.name, told=f"{missing} Choose another one."))
        else:
            seen.append(each)
            if each.refusal is None:
                besides += each.need
            else:
                refused.append(RefusedFile(name=file.name, told=say_refusal(each.refusal)))
    return seen, refused


def tabulate_previews(previews: list[Preview]) -> Table:
    rows = [
        [
            each.name,
            _number(each.line_count),
            _number(each.page_count),
            *_tell_estimate(each.estimate),
            _tell_outcome(each),
        ]
        for each in previews
    ]
    return {"headers": _HEADERS, "rows": rows}


def _tell_estimate(estimate: Estimate | None) -> list[str]:
    if estimate is None:
        return [NOTHING] * 6
    return [
        f"{estimate.windows:,}",
        f"{estimate.calls:,}",
        f"{estimate.input_tokens:,}",
        f"{estimate.output_tokens:,}",
        _money(estimate.cost_usd),
        f"{estimate.seconds:,.0f} s",
    ]


def _tell_outcome(each: Preview) -> Any:
    if each.upload is not None:
        return link_to(each.upload, "here already: no call")
    if each.refusal is not None:
        return label("would be refused", "danger")
    return label("takes long to read", "warning") if each.estimate is None else label("would be taken", "success")


def _number(said: int | None) -> str:
    return NOTHING if said is None else f"{said:,}"


def _money(cost: Decimal | None) -> str:
    return "unknown" if cost is None else f"${cost:.4f}"
