"""The limit that processes share through Redis: pennie.lib.windowed_limit, each step one script there."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import redis
from redis.exceptions import NoScriptError

from pennie.lib.limit_levels import UNKNOWN, Belief
from pennie.lib.windowed_limit import START_RATIO, Granted, Held, LimitState, Reason, Told, Used

_SCRIPT: Final = (Path(__file__).parent / "limiter.lua").read_text(encoding="utf-8")
_SHA: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
_PARTS: Final = ("state", "slots", "waiters", "flows", "members")
_VERSION: Final = 1  # of what is kept: a script that keeps it otherwise has another
_COMMON: Final = 4  # members of a reply that every step gives


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the last reply of the script told: what a process goes by while Redis is away."""

    members: int = 0  # processes; 0: never told
    told_requests: int = UNKNOWN
    told_tokens: int = UNKNOWN
    ratio: float = START_RATIO


class LimitScript:
    """As WindowedLimit, with the same results. Safe to share among threads. Each method raises redis.RedisError.

    `now` is for tests: without it Redis' own clock counts. `member` tells one process from another; empty: it is not
    counted.
    """

    def __init__(
        self, *, connection: redis.Redis, key: str, member: str = "", most_requests: int = 0, most_tokens: int = 0
    ) -> None:
        self._connection = connection
        # One hash slot of a cluster.
        self._keys = [f"{{{key}}}:{_VERSION}:{part}" for part in _PARTS]
        self._member = member
        self._most = (most_requests, most_tokens)
        self.known = Known()

    def reserve(
        self,
        *,
        waiter: str,
        flow: str,
        weight: int,
        characters: int,
        output_tokens: int,
        now: float | None = None,
    ) -> Granted | Held:
        kind, *numbers = self._run("reserve", now, waiter, flow, weight, characters, output_tokens)
        if kind != "granted":
            return Held(seconds=float(numbers[0]), reason=cast(Reason, kind))
        return Granted(
            tokens=int(numbers[0]),
            slot=int(numbers[1]),
            characters=characters,
            output_tokens=output_tokens,
            of_requests=_read_belief(numbers[2:5]),
            of_tokens=_read_belief(numbers[5:8]),
        )

    def settle(
        self, *, granted: Granted, used: Used | None, told: tuple[Told, Told] | None, now: float | None = None
    ) -> None:
        of_call = (used.input_tokens, used.output_tokens) if used else ("", "")
        of_limits: list[float | None] = [0]
        if told:
            of_limits = [1, *(each for said in told for each in (said.limit, said.remaining, said.reset_seconds))]
        self._run("settle", now, *_write_granted(granted), *of_call, *of_limits)

    def pause(self, *, seconds: float, now: float | None = None) -> None:
        self._run("pause", now, seconds)

    def withdraw(self, *, waiter: str, granted: Granted | None = None, now: float | None = None) -> None:
        self._run("withdraw", now, waiter, *(_write_granted(granted) if granted else ()))

    def absorb(self, *, current: int, slots: Iterable[tuple[int, int, int]], now: float | None = None) -> None:
        self._run("absorb", now, current, *(number for slot in slots for number in slot))

    def describe(self, *, now: float | None = None) -> LimitState:
        numbers = self._run("describe", now)
        return LimitState(
            told_requests=self.known.told_requests,
            told_tokens=self.known.told_tokens,
            requests_limit=int(numbers[0]),
            tokens_limit=int(numbers[1]),
            requests_used=int(numbers[2]),
            tokens_used=int(numbers[3]),
            paused_seconds=float(numbers[4]),
            waiting=int(numbers[5]),
            refunds=numbers[6] == "1",
            ratio=self.known.ratio,
        )

    def _run(self, step: str, now: float | None, *given: object) -> list[str]:
        """What the step gives. Numbers go in the shortest form that is read back as the same."""
        member = "" if step == "describe" else self._member  # who only looks has no share
        arguments = ["" if each is None else str(each) for each in (step, now, member, *self._most, *given)]
        try:
            reply = self._connection.evalsha(_SHA, len(self._keys), *self._keys, *arguments)
        except NoScriptError:  # Redis was restarted, or never had it
            reply = self._connection.eval(_SCRIPT, len(self._keys), *self._keys, *arguments)
        said = cast(list[str], reply)
        self.known = Known(
            members=int(said[0]), told_requests=int(said[1]), told_tokens=int(said[2]), ratio=float(said[3])
        )
        return said[_COMMON:]


def _write_granted(granted: Granted) -> tuple[object, ...]:
    return (
        *(granted.tokens, granted.slot, granted.characters, granted.output_tokens),
        *(granted.of_requests.granted, granted.of_requests.by_reserve, granted.of_requests.by_usage),
        *(granted.of_tokens.granted, granted.of_tokens.by_reserve, granted.of_tokens.by_usage),
    )


def _read_belief(numbers: list[str]) -> Belief:
    return Belief(granted=int(numbers[0]), by_reserve=float(numbers[1]), by_usage=float(numbers[2]))
