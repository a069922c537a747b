"""The hostile files of a run, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.hostile.bombs import BOMBS
from tests.hostile.breaking import BREAKS, rename
from tests.hostile.sound import sound_files

_WAYS = ("broken", "bomb", "renamed")  # in turn, so that a short run has all


@dataclass(frozen=True, kw_only=True, slots=True)
class HostileFile:
    number: int
    way: str  # how it was made, for who looks for the cause
    name: str
    content: bytes


def build(*, count: int, seed: int) -> Iterator[HostileFile]:
    """`count` files. Each depends on the seed and its number alone, so that one can be made again by itself."""
    for number in range(count):
        yield build_one(number=number, seed=seed)


def build_one(*, number: int, seed: int) -> HostileFile:
    random = Random(f"{seed}/{number}")
    turn = number // len(_WAYS)
    if _WAYS[number % len(_WAYS)] == "bomb":
        bombs = list(BOMBS)
        way = bombs[turn % len(bombs)]
        name, content = BOMBS[way](random)
    else:
        sound = sound_files()
        names, ways = list(sound), list(BREAKS)
        name = names[turn % len(names)]
        way = ways[(turn // len(names) + turn) % len(ways)]
        content = BREAKS[way](random, sound[name])
        if _WAYS[number % len(_WAYS)] == "renamed":
            way, name, content = "renamed", rename(random, name), sound[name] if random.random() < 0.5 else content
    # Bytes that were sent before would be found on record and read by nobody: each file ends in a mark of its own.
    marked = content + b"\n%d\n" % number if content else content
    return HostileFile(number=number, way=f"{way}: {name}", name=f"{number}-{name}", content=marked)
