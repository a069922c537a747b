"""How much a person, a clinic and all together may ask for, and whether one file more fits.

Of the limits set for one measure and scope the most particular counts. The limits of different scopes hold together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args
from uuid import UUID

Scope = Literal["user", "clinic", "global"]
Measure = Literal[
    "calls_per_hour",
    "lines_per_day",
    "pages_per_day",
    "tokens_per_day",
    "lines_per_upload",
    "pages_per_upload",
    "tokens_per_upload",
]
Unit = Literal["calls", "lines", "pages", "tokens"]

SCOPES: Final[tuple[Scope, ...]] = ("global", "clinic", "user")  # in the order in which they are locked
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
# What is added up over a sliding time. What is not in here is of one upload.
WINDOWS: Final[Mapping[Measure, timedelta]] = {
    "calls_per_hour": timedelta(hours=1),
    "lines_per_day": timedelta(hours=24),
    "pages_per_day": timedelta(hours=24),
    "tokens_per_day": timedelta(hours=24),
}
COARSE: Final = timedelta(minutes=15)  # of an hour a whole part


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """What one file takes, or several took. Calls and tokens as estimated before the start."""

    calls: int = 0
    lines: int = 0
    pages: int = 0
    tokens: int = 0

    def __add__(self, other: "Need") -> "Need":
        return Need(
            calls=self.calls + other.calls,
            lines=self.lines + other.lines,
            pages=self.pages + other.pages,
            tokens=self.tokens + other.tokens,
        )

    def of(self, unit: Unit) -> int:
        return {"calls": self.calls, "lines": self.lines, "pages": self.pages, "tokens": self.tokens}[unit]


# What is counted of a file that nobody has read yet: little, but not nothing, or files that are slow to read would be
# held to no limit.
UNREAD: Final = Need(calls=1, lines=1, pages=1, tokens=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetLimit:
    """A limit as somebody set it. No clinic: each; no user: each."""

    scope: Scope
    measure: Measure
    clinic: UUID | None
    user: UUID | None
    amount: int
    by_operator: bool = True  # else by the clinic's administrator


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A limit that holds for a caller."""

    scope: Scope
    measure: Measure
    amount: int

    @property
    def unit(self) -> Unit:
        return unit_of(self.measure)

    @property
    def window(self) -> timedelta | None:
        """The time over which use is added up; None: of one upload."""
        return WINDOWS.get(self.measure)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """A limit that a file does not fit under."""

    limit: Limit
    used: int
    needed: int
    resets_at: datetime | None  # from when on the file fits; None: never, it is too large by itself

    @property
    def left(self) -> int:
        return max(0, self.limit.amount - self.used)


def unit_of(measure: Measure) -> Unit:
    units: tuple[Unit, ...] = get_args(Unit)
    return next(unit for unit in units if measure.startswith(unit))


def choose_limits(
    set_limits: Iterable[SetLimit], *, clinic: UUID, user: UUID | None, default_calls_per_hour: int
) -> tuple[Limit, ...]:
    """The limits that hold for that user in that clinic, the globals first. With nothing set for users' calls, each
    user has the default; 0: no limit. What an administrator set for the clinic holds beside what operators did."""
    best: dict[tuple[Scope, Measure], SetLimit] = {}
    lowered: dict[tuple[Scope, Measure], int] = {}
    for each in set_limits:
        if each.clinic not in (None, clinic) or each.user not in (None, user):
            continue
        key = (each.scope, each.measure)
        if each.scope == "clinic" and not each.by_operator:
            lowered[key] = each.amount
        elif key not in best or _rank(each) > _rank(best[key]):
            best[key] = each
    chosen = {key: each.amount for key, each in best.items()}
    for key, amount in lowered.items():
        chosen[key] = min(amount, chosen.get(key, amount))
    if default_calls_per_hour:
        chosen.setdefault(("user", "calls_per_hour"), default_calls_per_hour)
    return tuple(
        Limit(scope=scope, measure=measure, amount=chosen[scope, measure])
        for scope in SCOPES
        for measure in MEASURES
        if (scope, measure) in chosen
    )


def _rank(limit: SetLimit) -> tuple[bool, bool]:
    """A user's own in the clinic, a user's own, the clinic's, everybody's."""
    return (limit.user is not None, limit.clinic is not None)


def fits_upload(limit: Limit, *, needed: int) -> bool:
    """Whether a limit of one upload lets this one through."""
    return needed <= limit.amount


def fits_window(limit: Limit, *, used: int, needed: int) -> bool:
    """Whether so much more may be used. Who has used nothing in the window may send one file of any size: else a record
    that needs more than the whole amount could never be sent."""
    if needed == 0 or used + needed <= limit.amount:
        return True
    return used == 0 and limit.amount > 0


def round_up(moment: datetime) -> datetime:
    """To a full COARSE."""
    over = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond) % COARSE
    return moment + (COARSE - over) if over else moment


def find_reset(
    limit: Limit, *, needed: int, uses: Iterable[tuple[datetime, int]], window: timedelta
) -> datetime | None:
    """From when on so much fits, if nothing more is used until then; None: never. `uses` are (when, how much)."""
    counted = sorted((when, amount) for when, amount in uses if amount)
    left = sum(amount for _, amount in counted)
    for when, amount in counted:
        left -= amount
        if fits_window(limit, used=left, needed=needed):
            return when + window
    return None
