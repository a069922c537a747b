"""What calls to the model came to, and why an upload was dear."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Literal

Grouping = Literal["document", "upload", "user", "clinic", "model", "day"]
GROUPINGS: Final[tuple[Grouping, ...]] = ("document", "upload", "user", "clinic", "model", "day")

CauseCode = Literal["many_lines", "asked_again", "failed", "truncated", "little_cached", "several_runs"]

_PLACES: Final = Decimal("0.00000001")
_LONG: Final = 2  # times the mean of the period's uploads
_LITTLE: Final = 0.5  # of the period's share of cached input


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What some calls came to. A cost that is not known is not 0: `uncertain_calls` counts what it may lack."""

    calls: int = 0
    failed_calls: int = 0  # that brought no answer of use, paid for or not
    uncertain_calls: int = 0  # that may have cost something that is not in `cost_usd`
    input_tokens: int = 0
    cached_input_tokens: int = 0  # of the input
    cache_write_tokens: int = 0  # of the input
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)  # what is known
    lines: int = 0  # of the uploads that were asked about, each once

    @property
    def tokens_per_1000_lines(self) -> float | None:
        """Input and output; None where no lines are known."""
        return round(1000 * (self.input_tokens + self.output_tokens) / self.lines, 1) if self.lines else None

    @property
    def cost_per_1000_lines(self) -> Decimal | None:
        """Of the known cost, in US dollars; None where no lines are known."""
        return round_usd(1000 * self.cost_usd / self.lines) if self.lines else None

    @property
    def cached_share(self) -> float:
        """Of the input, 0 to 1."""
        return self.cached_input_tokens / self.input_tokens if self.input_tokens else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Extra:
    """Calls of one kind within an upload's, and their known cost."""

    calls: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadCosts:
    """An upload's calls, and what of them was more than each line once."""

    figures: Figures
    asked_again: Extra = Extra()  # further questions about lines in doubt
    failed: Extra = Extra()  # billed, and of no use; truncated answers not counted
    truncated: Extra = Extra()
    later_runs: Extra = Extra()  # the calls of all runs but the first
    runs: int = 1  # that made calls


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """What the period's uploads are like, to compare one with."""

    lines: float  # of an upload, the mean
    cached_share: float  # of all input


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    code: CauseCode
    words: str  # a part of a sentence, with its figures
    cost_usd: Decimal | None  # what of the upload's cost is due to it; None where that cannot be told


def find_causes(*, costs: UploadCosts, usual: Usual) -> tuple[Cause, ...]:
    """Why the upload cost what it did, the dearest cause first; those without a cost of their own last."""
    told = [_of_extra(costs), _of_length(costs, usual=usual), _of_cache(costs, usual=usual)]
    causes = [cause for some in told for cause in some]
    return tuple(sorted(causes, key=lambda cause: -1 if cause.cost_usd is None else cause.cost_usd, reverse=True))


def explain(*, costs: UploadCosts, causes: Sequence[Cause]) -> str:
    """One sentence of figures."""
    figures = costs.figures
    beginning = f"{show_usd(figures.cost_usd)} for {figures.lines:,} lines in {_count(figures.calls, 'call')}"
    if figures.uncertain_calls:
        beginning += f" ({figures.uncertain_calls:,} of unknown cost)"
    reasons = "; ".join(cause.words for cause in causes) or "nothing out of the ordinary, its lines read once"
    return f"{beginning}: {reasons}."


def show_usd(amount: Decimal) -> str:
    """As people read it: cents, and of less than ten cents as many places as tell something."""
    return f"${amount:,.2f}" if amount >= Decimal("0.1") else f"${amount:.4f}"


def round_usd(amount: Decimal) -> Decimal:
    """To the places in which costs are kept."""
    return amount.quantize(_PLACES, rounding=ROUND_HALF_EVEN)


def _of_extra(costs: UploadCosts) -> list[Cause]:
    runs = _count(costs.runs, "run")
    parts: list[tuple[CauseCode, Extra, str]] = [
        ("several_runs", costs.later_runs, f"{runs}, all but the first made {_calls(costs.later_runs)}"),
        ("asked_again", costs.asked_again, f"{_calls(costs.asked_again)} asked again about lines in doubt"),
        ("truncated", costs.truncated, f"{_calls(costs.truncated)} brought truncated answers"),
        ("failed", costs.failed, f"{_calls(costs.failed)} brought nothing of use and were billed"),
    ]
    return [Cause(code=code, words=words, cost_usd=extra.cost_usd) for code, extra, words in parts if extra.calls]


def _of_length(costs: UploadCosts, *, usual: Usual) -> list[Cause]:
    lines = costs.figures.lines
    if not usual.lines or lines < _LONG * usual.lines:
        return []
    words = f"it is {lines / usual.lines:.1f} times as long as the mean upload ({usual.lines:,.0f} lines)"
    return [Cause(code="many_lines", words=words, cost_usd=None)]


def _of_cache(costs: UploadCosts, *, usual: Usual) -> list[Cause]:
    share = costs.figures.cached_share
    if not costs.figures.input_tokens or share >= _LITTLE * usual.cached_share:
        return []
    words = f"{share:.0%} of its input came from the cache, of all uploads' {usual.cached_share:.0%}"
    return [Cause(code="little_cached", words=words, cost_usd=None)]


def _calls(extra: Extra) -> str:
    return f"{_count(extra.calls, 'call')} ({show_usd(extra.cost_usd)})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
