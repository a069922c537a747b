"""Threads that do nothing but wait on the provider: so many calls are in flight at the most."""

import queue
import threading
from collections.abc import Callable

from pennie.lib.made_once import made_once


class CallPlaces:
    """At most `most` calls at once, whoever makes them. Safe to share among threads; a thread is begun when needed."""

    def __init__(self, *, most: int) -> None:
        if most < 1:
            raise ValueError(f"at least 1 call must be possible, not {most}")
        self._most = most
        self._lock = threading.Lock()
        self._taken = 0
        self._threads = 0
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def take(self) -> bool:
        """Whether there was a free place; it is the caller's until the call that it submits has come back."""
        with self._lock:
            if self._taken >= self._most:
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        """A place that was taken for nothing."""
        with self._lock:
            self._taken -= 1

    def submit(self, call: Callable[[], Callable[[], None]]) -> None:
        """Make the call in a place that was taken. What `call` returns is done once the place is free again."""
        with self._lock:
            if self._threads < self._taken:
                # Daemons: the interpreter joins an executor's threads, so that Ctrl-C would hang on the slowest call.
                threading.Thread(target=self._work, name=f"model-call-{self._threads + 1}", daemon=True).start()
                self._threads += 1
        self._tasks.put(lambda: self._make(call))

    def close(self) -> None:
        """Let the threads end that have nothing in flight, the others when their call is back."""
        with self._lock:
            for _ in range(self._threads):
                self._tasks.put(None)
            self._threads = 0

    def _make(self, call: Callable[[], Callable[[], None]]) -> None:
        try:
            tell = call()
        finally:
            self.give_back()
        tell()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


@made_once(most=4)
def share_call_places(most: int) -> CallPlaces:
    """The places of this process, for all its jobs."""
    return CallPlaces(most=most)
