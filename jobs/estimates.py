"""What reading a file would cost, by the settings: nothing is asked, nothing is kept."""

import json
import math
from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Literal

from django.conf import settings

from documents.domain import prompts
from documents.domain.stitching import SAME_QUESTION
from documents.domain.windows import LINE_LENGTH, MARK_COST, Window
from jobs.domain.estimating import (
    Estimate,
    Pace,
    Shape,
    estimate_amounts,
    estimate_for_rules,
    estimate_seconds,
)
from jobs.domain.pricing import price_call
from jobs.llm.configured import find_own_price
from jobs.llm.dialects import OPENAI_BASE_URL
from jobs.pipeline import PreparedFile

_CENTS = Decimal("1e-8")  # as costs are kept


def estimate_file(
    *,
    prepared: PreparedFile,
    engine: Literal["rules", "openai"],
    now: datetime,
    known: Collection[int] = (),
) -> Estimate:
    """What reading it with `engine` would take; `known` are the indices of windows whose answers are kept."""
    if engine == "rules":
        return estimate_for_rules(lines=len(prepared.text.lines), windows=len(prepared.windows))
    shape = _measure(prepared, known=known)
    amounts = estimate_amounts(shape)
    return Estimate(
        engine="openai",
        model=settings.OPENAI_MODEL,
        windows=shape.windows,
        known_windows=shape.windows - shape.asked_windows,
        calls=amounts.calls,
        input_tokens=amounts.input_tokens,
        output_tokens=amounts.output_tokens,
        cost_usd=price_calls(
            calls=amounts.calls, input_tokens=amounts.input_tokens, output_tokens=amounts.output_tokens, now=now
        ),
        seconds=estimate_seconds(amounts, pace=_find_pace()),
    )


def price_calls(
    *,
    calls: int,
    input_tokens: int,
    output_tokens: int,
    now: datetime,
    cached_input_tokens: int = 0,
    cache_write_tokens: int = 0,
) -> Decimal | None:
    """Of so many calls that are alike, by the model and prices of today; None: unknown.

    Tokens read from the cache and written to it are of the input. Some models are dearer from a length of one call on.
    """
    if not calls:
        return Decimal(0)
    one = price_call(
        model=settings.OPENAI_MODEL,
        base_url=settings.OPENAI_BASE_URL or OPENAI_BASE_URL,
        input_tokens=math.ceil(input_tokens / calls),
        cached_input_tokens=cached_input_tokens // calls,
        cache_write_tokens=cache_write_tokens // calls,
        output_tokens=math.ceil(output_tokens / calls),
        at=now,
        own_price=find_own_price(),
    )
    return None if one is None else (one * calls).quantize(_CENTS)


def _measure(prepared: PreparedFile, *, known: Collection[int]) -> Shape:
    asked = [window for window in prepared.windows if window.index not in known]
    return Shape(
        lines=len(prepared.text.lines),
        words=len(prepared.reading.words),
        starts=len(prepared.reading.starts),
        doubts=_count_doubts(prepared),
        windows=len(prepared.windows),
        asked_lines=sum(len(window.shown) for window in asked),
        asked_characters=sum(_lengths(asked, prepared=prepared)),
        asked_windows=len(asked),
        prompt_characters=_measure_prompt(),
    )


def _lengths(windows: list[Window], *, prepared: PreparedFile) -> Iterator[int]:
    for window in windows:
        for number in window.shown:
            yield min(len(prepared.text.lines[number - 1]), LINE_LENGTH) + MARK_COST


def _count_doubts(prepared: PreparedFile) -> int:
    """Beginnings that the rules are not sure of, those near each other once."""
    count, last = 0, -SAME_QUESTION
    for start in prepared.reading.starts[1:]:  # the first begins a document whoever names it
        if not start.sure and start.line - last > SAME_QUESTION:
            count, last = count + 1, start.line
    return count


@cache
def _measure_prompt() -> int:
    return len(prompts.instructions()) + len(json.dumps(prompts.schema(), separators=(",", ":")))


def _find_pace() -> Pace:
    return Pace(
        concurrency=settings.OPENAI_CONCURRENCY,
        calls_per_minute=settings.OPENAI_REQUESTS_PER_MINUTE,
        tokens_per_minute=settings.OPENAI_TOKENS_PER_MINUTE,
    )
