"""Rate limits as a reply's headers tell them: OpenAI's names, which Azure and most other servers use too.

https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
"""

import math
import re
from collections.abc import Mapping
from typing import Final

from jobs.llm.client import ToldLimits

_MOST: Final = 1_000_000_000  # a minute: who tells more means none
_UNITS: Final = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000_001, "µs": 0.000_001}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|us|µs|d|h|m|s)")
_DURATION: Final = re.compile(rf"(?:{_PART.pattern})+")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def read_limits(headers: Mapping[str, str]) -> ToldLimits:
    """What is told; nonsense counts as not told, and a limit that cannot be one (0, -1, beyond 10^9) as none.

    `headers` are looked up by names in small letters.
    """
    return ToldLimits(
        requests_per_minute=_read_limit(headers.get("x-ratelimit-limit-requests")),
        tokens_per_minute=_read_limit(headers.get("x-ratelimit-limit-tokens")),
        remaining_requests=_read_count(headers.get("x-ratelimit-remaining-requests")),
        remaining_tokens=_read_count(headers.get("x-ratelimit-remaining-tokens")),
        reset_requests_seconds=read_duration(headers.get("x-ratelimit-reset-requests")),
        reset_tokens_seconds=read_duration(headers.get("x-ratelimit-reset-tokens")),
    )


def read_duration(said: str | None) -> float | None:
    """Seconds of "6m0s", "12ms", "1h2m3.5s" or a plain number; None where it is none of these or longer than a day."""
    said = (said or "").strip().lower()
    if _NUMBER.fullmatch(said):
        seconds = float(said)
    elif _DURATION.fullmatch(said):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(said))
    else:
        return None
    return seconds if 0 <= seconds <= _UNITS["d"] else None


def _read_limit(said: str | None) -> int | None:
    number = _read_number(said)
    return int(number) if number is not None and 1 <= number <= _MOST else None


def _read_count(said: str | None) -> int | None:
    number = _read_number(said)
    return int(number) if number is not None and 0 <= number <= _MOST else None


def _read_number(said: str | None) -> float | None:
    said = (said or "").strip()
    number = float(said) if _NUMBER.fullmatch(said) else math.nan
    return number if math.isfinite(number) else None
