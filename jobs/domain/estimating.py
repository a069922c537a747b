"""What the model would cost to read one file, before anything is asked. The figures are explained in docs/estimates.md.

    1. Calls: the windows that have no answer yet, and an allowance for questions about doubts: one for each group of
       beginnings that the rules are not sure of, at most three for four windows and two more.
    2. Input: what each call says besides its lines, and the lines, by their characters.
    3. Output: by the beginnings that the rules see in the lines shown, and what the model thinks.
    4. Time: full rounds of calls in flight, or what the limits per minute let through, whichever is longer.

No call that fails and is made again is in it, and no time spent in a queue.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

TOKENS_PER_CHARACTER: Final = 0.30  # of a record's lines; o200k_base: 0.28 to 0.33 on the samples
TOKENS_PER_PROMPT_CHARACTER: Final = 0.235  # of instructions and schema, which are English
TOKENS_PER_START: Final = 125  # of an answer: a beginning and the facts below it; 92 to 152 on the samples
LEAST_PER_LINE, MOST_PER_LINE = 3.0, 25.0  # tokens of answer for a line shown, whatever the rules see there
THINKING_SHARE: Final = 0.25  # of the answer, at low effort: assumed
SECONDS_TO_BEGIN: Final = 1.0  # of a call, until the answer begins: assumed
TOKENS_PER_SECOND: Final = 80.0  # of an answer as it comes: assumed
REASK_LINES: Final = 121  # that a question about a doubt shows
REASKS_PER_WINDOW: Final = 0.75
REASKS_MORE: Final = 2  # small files have doubts too
RULES_SECONDS_PER_LINE: Final = 0.0001


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What reading one file would take."""

    engine: Literal["rules", "openai"]
    model: str | None  # that would be asked; None for the rules
    windows: int
    known_windows: int  # of these, windows whose answer is kept: nothing is asked for them
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None  # None: the price is unknown, which is not 0
    seconds: float  # from the first call to the last answer

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Of a file what an estimate is made of."""

    lines: int
    words: int  # lines that are sent: neither blank nor noise
    starts: int  # beginnings that the rules see
    doubts: int  # groups of beginnings that they are not sure of, as one question would show them
    windows: int
    asked_lines: int  # lines that the windows show which have no answer yet, overlaps twice
    asked_characters: int  # of these lines, with their numbers
    asked_windows: int
    prompt_characters: int  # that each call says besides


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast calls may be made. None: no limit known."""

    concurrency: int
    calls_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Amounts:
    """Calls and tokens, as they are priced."""

    reasks: int
    calls: int
    input_tokens: int
    output_tokens: int


def estimate_amounts(shape: Shape) -> Amounts:
    """Calls, and tokens of input and output, of a file of that shape."""
    if shape.asked_windows == 0:
        return Amounts(reasks=0, calls=0, input_tokens=0, output_tokens=0)
    reasks = min(shape.doubts, math.ceil(REASKS_PER_WINDOW * shape.asked_windows) + REASKS_MORE)
    calls = shape.asked_windows + reasks
    mean = shape.asked_characters / shape.asked_lines
    reask_lines = reasks * min(REASK_LINES, shape.words)
    characters = shape.asked_characters + reask_lines * mean
    prompt = shape.prompt_characters * TOKENS_PER_PROMPT_CHARACTER
    a_line = min(MOST_PER_LINE, max(LEAST_PER_LINE, TOKENS_PER_START * shape.starts / max(1, shape.words)))
    answer = (shape.asked_lines + reask_lines) * a_line
    return Amounts(
        reasks=reasks,
        calls=calls,
        input_tokens=math.ceil(calls * prompt + characters * TOKENS_PER_CHARACTER),
        output_tokens=math.ceil(answer * (1 + THINKING_SHARE)),
    )


def estimate_seconds(amounts: Amounts, *, pace: Pace) -> float:
    """From the first call to the last answer, to a tenth. Doubts are asked about when all windows are answered."""
    if amounts.calls == 0:
        return 0.0
    windows = amounts.calls - amounts.reasks
    rounds = math.ceil(windows / pace.concurrency) + math.ceil(amounts.reasks / pace.concurrency)
    in_rounds = rounds * (SECONDS_TO_BEGIN + amounts.output_tokens / amounts.calls / TOKENS_PER_SECOND)
    by_calls = 60 * amounts.calls / pace.calls_per_minute if pace.calls_per_minute else 0.0
    tokens = amounts.input_tokens + amounts.output_tokens
    by_tokens = 60 * tokens / pace.tokens_per_minute if pace.tokens_per_minute else 0.0
    return round(max(in_rounds, by_calls, by_tokens), 1)


def estimate_for_rules(*, lines: int, windows: int) -> Estimate:
    """The rules ask nobody, and cost nothing."""
    return Estimate(
        engine="rules",
        model=None,
        windows=windows,
        known_windows=0,
        calls=0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=Decimal(0),
        seconds=round(lines * RULES_SECONDS_PER_LINE, 1),
    )
