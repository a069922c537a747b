"""What a log of calls adds up to: calls, money's worth of tokens, and how much of the limits was used."""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, Final

from tests.fake_openai.calls import Call
from tests.fake_openai.limits import Limits

_MINUTE: Final = 60.0
_BILLED: Final = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens")


def add_up(*, calls: Iterable[Call], limits: Limits, since: float | None, now: float) -> dict[str, Any]:
    """Sums over the questions (POST) that began at `since` (Unix time; None: with the first) or later.

    `minutes` gives for each minute from then on the share of each limit that was charged, 0 to 1 where it is held; of
    the last, unfinished one beside as much of the limit as its seconds have.
    """
    asked = [call for call in calls if call.method == "POST" and (since is None or call.started_at >= since)]
    began = since if since is not None else min((call.started_at for call in asked), default=now)
    billed = [call for call in asked if call.billed]
    return {
        "since": began,
        "until": now,
        "calls": len(asked),
        "billed_calls": len(billed),
        "over_limit": sum(call.over_limit for call in asked),
        "answers_of_429": sum(call.status == 429 for call in asked),
        "lost_answers": sum(call.status is None for call in asked),
        "charged_requests": sum(call.charged_requests for call in asked),
        "charged_tokens": sum(call.charged_tokens for call in asked),
        **{name: sum(getattr(call, name) for call in billed) for name in _BILLED},
        "most_in_flight": max((call.in_flight for call in asked), default=0),
        "minutes": [*_share_minutes(asked, limits=limits, began=began, now=now)],
    }


def _share_minutes(asked: list[Call], *, limits: Limits, began: float, now: float) -> Iterable[Mapping[str, Any]]:
    for minute in range(ceil(max(0.0, now - began) / _MINUTE)):
        start = began + minute * _MINUTE
        seconds = min(_MINUTE, now - start)
        within = [call for call in asked if start <= call.started_at < start + _MINUTE]
        part = seconds / _MINUTE
        yield {
            "start": start,
            "seconds": seconds,
            "calls": len(within),
            "over_limit": sum(call.over_limit for call in within),
            "requests_share": sum(call.charged_requests for call in within) / (limits.requests_per_minute * part),
            "tokens_share": sum(call.charged_tokens for call in within) / (limits.tokens_per_minute * part),
        }
