"""What reading files again is expected to take: by what their calls came to before, else by the estimate of a new file.

1. Windows whose answer is kept are asked about no more.
2. For each other window as many calls and tokens as the file came to for a window so far, further questions, failed
   calls and what was read from the provider's cache included.
3. A file that no model has read yet: its estimate (jobs.domain.estimating), which is rather too high.
4. Where only some of the files were looked at, the others like these, by their lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from jobs.domain.costs import round_usd
from jobs.domain.estimating import Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What the calls about one file came to so far."""

    window_calls: int  # about windows; the others are further questions
    calls: int
    input_tokens: int
    cached_input_tokens: int  # of the input
    cache_write_tokens: int  # of the input
    output_tokens: int
    cost_usd: Decimal  # as it was, at the prices of then


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What one file, or several, would take."""

    windows: int = 0
    known_windows: int = 0  # of these, windows whose answer is kept
    calls: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0  # of the input
    cache_write_tokens: int = 0  # of the input
    output_tokens: int = 0
    cost_usd: Decimal | None = Decimal(0)  # None: the price is unknown, which is not 0

    def __add__(self, other: "Expected") -> "Expected":
        costs = (self.cost_usd, other.cost_usd)
        return Expected(
            windows=self.windows + other.windows,
            known_windows=self.known_windows + other.known_windows,
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=None if costs[0] is None or costs[1] is None else costs[0] + costs[1],
        )

    def scale(self, share: float) -> "Expected":
        """`share` times as much, above 0."""
        return Expected(
            windows=round(self.windows * share),
            known_windows=round(self.known_windows * share),
            calls=round(self.calls * share),
            input_tokens=round(self.input_tokens * share),
            cached_input_tokens=round(self.cached_input_tokens * share),
            cache_write_tokens=round(self.cache_write_tokens * share),
            output_tokens=round(self.output_tokens * share),
            cost_usd=None if self.cost_usd is None else round_usd(self.cost_usd * Decimal(share)),
        )


def expect_reading(*, estimate: Estimate, past: Past | None) -> Expected:
    """Of one file, its cost left out: whoever knows the prices adds it."""
    if past is None or past.window_calls == 0 or estimate.calls == 0:
        return Expected(
            windows=estimate.windows,
            known_windows=estimate.known_windows,
            calls=estimate.calls,
            input_tokens=estimate.input_tokens,
            output_tokens=estimate.output_tokens,
        )
    asked = estimate.windows - estimate.known_windows
    a_window = asked / past.window_calls
    return Expected(
        windows=estimate.windows,
        known_windows=estimate.known_windows,
        calls=round(past.calls * a_window),
        input_tokens=round(past.input_tokens * a_window),
        cached_input_tokens=round(past.cached_input_tokens * a_window),
        cache_write_tokens=round(past.cache_write_tokens * a_window),
        output_tokens=round(past.output_tokens * a_window),
    )


def add_up(parts: Iterable[Expected]) -> Expected:
    return sum(parts, Expected())
