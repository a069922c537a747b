"""One dimension of a limit: requests per minute, or tokens per minute. See `pennie.lib.windowed_limit`."""

from dataclasses import dataclass
from typing import Final

BURST_SECONDS: Final = 5.0
UNKNOWN: Final = -1  # not yet told
NONE: Final = 0  # no limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """What was thought of one dimension just after a call was let in."""

    granted: int  # ever, this call with it
    by_reserve: float  # left at the provider, if it charges what was reserved
    by_usage: float  # if it gives back what was not used


@dataclass(slots=True)
class Levels:
    """Requests, or tokens: what is known of the limit, what was charged, what is left."""

    start: int
    most: int  # 0: no bound by the settings
    told: int = UNKNOWN
    misses: int = 0
    used: int = 0  # in the live slots
    granted: int = 0
    level: float = 0.0  # of the bucket that bounds bursts; below 0 after a call that is larger than it
    by_reserve: float = 0.0
    by_usage: float = 0.0

    @property
    def theirs(self) -> int:
        """The provider's limit, as far as known; 0: none."""
        return self.start if self.told == UNKNOWN else self.told

    @property
    def limit(self) -> int:
        """What is kept to; 0: none."""
        if self.theirs == NONE or self.most == 0:
            return self.theirs or self.most
        return min(self.theirs, self.most)

    @property
    def burst(self) -> float:
        return max(1.0, self.limit * BURST_SECONDS / 60)

    def fill(self) -> None:
        self.level = self.burst
        self.by_reserve = self.by_usage = float(self.theirs)

    def refill(self, elapsed: float) -> None:
        self.add(level=elapsed * (self.limit / 60), theirs=elapsed * (self.theirs / 60))

    def add(self, *, level: float, theirs: float) -> None:
        self.level = min(self.burst, self.level + level)
        self.by_reserve = min(float(self.theirs), self.by_reserve + theirs)
        self.by_usage = min(float(self.theirs), self.by_usage + theirs)

    def charge(self, amount: int) -> None:
        self.used += amount
        self.granted += amount
        self.add(level=-amount, theirs=-amount)

    def learn(self, told: int) -> None:
        had_limit, had_theirs, had_burst = self.limit, self.theirs, self.burst
        self.told = told
        if had_theirs == NONE:
            self.by_reserve = self.by_usage = float(self.theirs - self.used)
        else:
            self.by_reserve += self.theirs - had_theirs
            self.by_usage += self.theirs - had_theirs
        if had_limit == NONE:
            self.level = float(max(0, self.limit - self.used))
        else:
            self.level += self.burst - had_burst
        self.add(level=0, theirs=0)

    def belief(self) -> Belief:
        return Belief(granted=self.granted, by_reserve=self.by_reserve, by_usage=self.by_usage)
