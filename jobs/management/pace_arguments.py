"""How fast a command submits jobs, as its caller says."""

import math
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from jobs.domain.pacing import Pace


def add_pace_arguments(parser: ArgumentParser, *, per_minute: float | None = None, at_most: int | None = None) -> None:
    """`per_minute` and `at_most` hold where nothing is said."""
    parser.add_argument(
        "--per-minute",
        metavar="N",
        type=read_rate,
        default=per_minute,
        help=f"jobs submitted in a minute, evenly spread (default: {_say(per_minute)})",
    )
    parser.add_argument(
        "--at-most",
        metavar="N",
        type=read_count,
        default=at_most,
        help=f"jobs under way at once; the next is submitted when one ends (default: {_say(at_most)})",
    )


def read_pace(options: Mapping[str, Any]) -> Pace:
    return Pace(per_minute=options["per_minute"], at_most=options["at_most"])


def read_rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not (math.isfinite(rate) and rate > 0):
        raise ArgumentTypeError("a number above 0 is needed, such as 30 or 0.5")
    return rate


def read_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("a whole number from 1 on is needed")
    return int(text)


def _say(bound: float | None) -> str:
    return "no bound" if bound is None else f"{bound:g}"
