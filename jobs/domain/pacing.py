"""How fast jobs are submitted by what submits many: so many a minute, and so many at once.

Policy only: it tells how long to hold on and why, and the caller waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

HoldReason = Literal["rate", "at_most", "use_limit"]
HOLD_WORDS: Final[Mapping[HoldReason, str]] = MappingProxyType(
    {
        "rate": "waiting, to keep to the rate",
        "at_most": "waiting for jobs that are under way",
        "use_limit": "waiting for a limit of use",
    }
)
LOOK_AGAIN_SECONDS: Final = 1.0  # at jobs under way: nobody tells when one ends


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """None: no bound. Raises ValueError for one that lets nothing through."""

    per_minute: float | None = None  # jobs submitted, evenly spread
    at_most: int | None = None  # jobs under way at once: that were submitted and have not ended, parked ones too

    def __post_init__(self) -> None:
        if self.per_minute is not None and not self.per_minute > 0:
            raise ValueError("a rate is above 0")
        if self.at_most is not None and self.at_most < 1:
            raise ValueError("at least 1 job must be possible")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Nothing is submitted now."""

    why: HoldReason
    seconds: float  # until to look again


def find_hold(*, pace: Pace, due_at: datetime | None, under_way: int, now: datetime) -> Hold | None:
    """Why the next is not submitted now, if it is not. `due_at` is what `next_due` told after the last one."""
    if pace.at_most is not None and under_way >= pace.at_most:
        return Hold(why="at_most", seconds=LOOK_AGAIN_SECONDS)
    if pace.per_minute is not None and due_at is not None and now < due_at:
        return Hold(why="rate", seconds=(due_at - now).total_seconds())
    return None


def next_due(*, pace: Pace, now: datetime) -> datetime:
    """When the one after may be submitted: whoever was held up catches nothing up."""
    return now if pace.per_minute is None else now + timedelta(seconds=60 / pace.per_minute)
