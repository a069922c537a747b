"""Words and sentences by language, from pools/LANGUAGE.toml, filled in by chance."""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

POOLS = Path(__file__).parent / "pools"
LANGUAGES = ("en", "es", "fr", "de")
_SLOT = re.compile(r"\{(\w+)(?::(\d+)-(\d+))?\}")
_DEEPEST = 6  # slots within slots; more is a circle in a pool


WORDS = ("all", "odd", "even")
_HALVED = ("names", "sentences")


@cache
def read_pool(language: str, words: str = "all") -> dict[str, Any]:
    """The pool of a language, with all its sentences and names or with every other one.

    Labels, titles and what tables hold are the same in both halves: they are what a reader must know.
    Raises FileNotFoundError for a language that has none.
    """
    pool = tomllib.loads((POOLS / f"{language}.toml").read_text(encoding="utf-8"))
    if words != "all":
        first = WORDS.index(words) - 1
        for part in _HALVED:
            pool[part] = {key: _halve(values, first) for key, values in pool[part].items()}
        pool["theme"] = [
            theme | {key: _halve(theme[key], first) for key in ("complaint", "exam", "plan")} for theme in pool["theme"]
        ]
    return pool


def _halve(values: list[Any], first: int) -> list[Any]:
    return values[first::2] if len(values) > 1 else values


def fill(template: str, *, random: Random, look_up: Callable[[str], str]) -> str:
    """`template` with `{n:2-9}` a number and `{word}` what `look_up` gives for it, filled in turn.

    `{He}` is `{he}` with a capital.
    """

    def replace(slot: re.Match[str]) -> str:
        name, low, high = slot.groups()
        if low is not None:
            return str(random.randint(int(low), int(high)))
        return look_up(name)

    for _ in range(_DEEPEST):
        if "{" not in template:
            return template
        template = _SLOT.sub(replace, template)
    raise ValueError("a pool's slots go in a circle")
