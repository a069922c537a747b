"""Budgets as arithmetic: periods in UTC, what is left, when to warn. Money is in US dollars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Final, Literal, get_args

Scope = Literal["global", "clinic", "user", "upload"]
Period = Literal["day", "month", "ever"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
PERIODS: Final[tuple[Period, ...]] = get_args(Period)

FULL: Final = 100
WARN_AT: Final = (50, 80, FULL)  # percent that is spent or held back; full is also what has no room for a call

_SMALLEST: Final = Decimal("0.00000001")  # what the tables keep


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetState:
    """How much of a budget is gone, in the period that was asked about."""

    amount_usd: Decimal
    spent_usd: Decimal
    reserved_usd: Decimal  # by calls under way, and by those of which nobody knows what they cost
    resets_at: datetime | None  # None: never

    @property
    def used_usd(self) -> Decimal:
        return self.spent_usd + self.reserved_usd

    @property
    def left_usd(self) -> Decimal:
        """Not below 0, though a call may have cost more than was expected of it."""
        return max(Decimal(0), self.amount_usd - self.used_usd)

    @property
    def percent(self) -> int:
        """Of the amount that is used, rounded down. A budget of nothing is used up."""
        return int(100 * self.used_usd / self.amount_usd) if self.amount_usd else 100

    def has_room_for(self, amount_usd: Decimal) -> bool:
        return self.used_usd + amount_usd <= self.amount_usd


def day_of(moment: datetime) -> date:
    """The day in UTC: a call belongs to that on which it was begun."""
    return moment.astimezone(UTC).date()


def first_day_of(*, period: Period, day: date) -> date:
    """Of the period that `day` is in; the day itself for what has no end."""
    return day.replace(day=1) if period == "month" else day


def next_period(*, period: Period, day: date) -> date | None:
    """The first day of the period after that of `day`; None: there is none."""
    if period == "ever":
        return None
    if period == "day":
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def find_reset(*, period: Period, day: date) -> datetime | None:
    """When the budget of a period with `day` in it is whole again; None: never."""
    first = next_period(period=period, day=day)
    return None if first is None else datetime.combine(first, time(), tzinfo=UTC)


def find_latest_reset(resets: Iterable[datetime | None]) -> datetime | None:
    """When all of them have passed; None where one never does."""
    moments = list(resets)
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def find_warning(*, percent: int, told: int) -> int | None:
    """The highest of WARN_AT that is reached, if it is higher than what was told."""
    reached = max((level for level in WARN_AT if percent >= level), default=0)
    return reached if reached > told else None


def round_reserved(amount_usd: Decimal) -> Decimal:
    """As the tables keep it; rather too much than too little."""
    return amount_usd.quantize(_SMALLEST, rounding=ROUND_UP)


def round_cost(cost_usd: Decimal) -> Decimal:
    return cost_usd.quantize(_SMALLEST, rounding=ROUND_HALF_UP)


def find_misfits(*, scope: Scope, period: Period, has_clinic: bool, has_user: bool) -> Mapping[str, str]:
    """What cannot be in a budget of that scope: the member, and what to do about it."""
    misfits = {}
    if scope == "global" and has_clinic:
        misfits["clinic"] = "A budget for all clinics together names none. Leave it out."
    if scope != "global" and not has_clinic:
        misfits["clinic"] = "Say which clinic the budget is for."
    if scope == "user" and not has_user:
        misfits["user"] = "Say which user of the clinic the budget is for."
    if scope != "user" and has_user:
        misfits["user"] = "Only a budget of scope user names one. Leave it out."
    if scope == "upload" and period != "ever":
        misfits["period"] = "A budget for each upload is for its whole life. Send ever."
    if scope != "upload" and period == "ever":
        misfits["period"] = "Only a budget for each upload is for ever. Send day or month."
    return misfits
