"""What a process makes once and shares among its threads."""

import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar, TypeVarTuple

_Given = TypeVarTuple("_Given")
_Made = TypeVar("_Made")


def made_once(*, most: int) -> Callable[[Callable[[*_Given], _Made]], Callable[[*_Given], _Made]]:
    """As `lru_cache(most)`, and never made twice for the same arguments, which are given by position.

    `lru_cache` alone lets two threads that come at the same moment each make one, and each go by its own.
    """

    def decorate(make: Callable[[*_Given], _Made]) -> Callable[[*_Given], _Made]:
        lock = threading.Lock()
        kept: Callable[..., _Made] = lru_cache(maxsize=most)(make)

        @wraps(make)
        def share(*args: *_Given) -> _Made:
            with lock:
                return kept(*args)

        return share

    return decorate
