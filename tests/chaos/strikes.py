"""What is done to the besieged stack, one blow after another. Each blow is noted with the jobs that it cut off."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import redis

from jobs.domain.states import POISON_CRASHES
from pennie.stack.processes import wait_until
from tests.chaos import points
from tests.chaos.rig import Stuck, wait_for
from tests.chaos.siege import Member, Siege

_PACE_SECONDS: Final = (0.4, 2.0)  # between two blows
_STRUCK_WITHIN: Final = 12.0  # seconds; a point that nobody comes by in that is left
_LEASE_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = (0.2, 2.5 * _LEASE_SECONDS)
_OUTAGE_SECONDS: Final = 3.0  # longer than the lease
_HANG_SECONDS: Final = (3.5, 7.0)  # longer than we wait for an answer of Redis
_AT_REST_SECONDS: Final = 0.05
# In a hundred, of blows at random moments. The web process is struck at its points only: one of its workers dies.
_AT_RANDOM: Final[Mapping[str, int]] = MappingProxyType(
    {"worker": 50, "relay": 14, "reaper": 14, "webhooks": 14, "beat": 8}
)
_CUT: Final = "SELECT id, version, fence, crashes FROM jobs_job WHERE worker = %s AND state = 'processing'"
_BEFORE_POINT: Final = 1  # crashes: who takes a job over for the second time may come by the point at once
_WORKED_SINCE: Final = (
    "SELECT count(*) FROM chaos_write WHERE at > %s AND who LIKE 'worker%%' AND what IN ('attempt', 'segmentation')"
)
_MOST_CRASHES: Final = (
    "SELECT coalesce(max(crashes), 0) FROM jobs_job WHERE state IN ('pending', 'processing', 'retrying')"
)


@dataclass(frozen=True, kw_only=True)
class Blow:
    kind: str
    who: str  # role
    at: float  # Unix time
    cut: Sequence[Mapping[str, Any]] = ()  # jobs that it was at work on: id, version
    until: float | None = None  # Unix time; of a service that was away: when it was back
    resumed_after: float = 0.0  # seconds from then until somebody worked


@dataclass(kw_only=True)
class Striker:
    siege: Siege
    luck: random.Random
    busy: Callable[[], bool]  # whether there is still work to be disturbed
    blows: list[Blow] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)  # points that nobody came by in time

    def strike(self, times: int, blow: "Callable[[Striker, int], bool]") -> None:
        """So many blows that hit. Raises Stuck where the work ends before."""
        number = 0
        while len(self.blows) < times:
            if not self.busy():
                raise Stuck(f"all files were sent after {len(self.blows)} of {times} blows")
            blow(self, number)
            number += 1
            self.siege.rest(self.luck.uniform(*_PACE_SECONDS))

    def note(self, kind: str, who: str, *, cut: Sequence[Mapping[str, Any]] = ()) -> None:
        self.blows.append(Blow(kind=kind, who=who, at=time.time(), cut=cut))

    def note_end(self) -> None:
        """The service that was struck last is back. How long it is until a worker asks or files again is noted, too."""
        back = time.time()
        self.blows[-1] = replace(self.blows[-1], until=back)
        since = self.siege.rig.database.value("SELECT clock_timestamp()")

        def goes_on() -> bool:
            self.siege.tend()
            return bool(self.siege.rig.database.value(_WORKED_SINCE, since))

        wait_for("work that goes on", goes_on, logs=self.siege.logs)
        self.blows[-1] = replace(self.blows[-1], resumed_after=time.time() - back)

    def spare_the_fragile(self, *, crashes: int = POISON_CRASHES - 1) -> None:
        """No job is brought down a third time without an answer between: poison has a scenario of its own."""
        deadline = time.monotonic() + 60
        while self.is_fragile(crashes=crashes):
            if time.monotonic() > deadline:
                raise Stuck(f"a job that was brought down {crashes} times does not get on")
            self.siege.rest(0.2)

    def is_fragile(self, *, crashes: int) -> bool:
        """Whether a job was brought down so often, and has got no answer since."""
        return int(self.siege.rig.database.value(_MOST_CRASHES)) >= crashes

    def pick(self, role: str) -> Member:
        """One that is ready; of workers one that has jobs, and leaves another to take them."""
        chosen: list[Member] = []

        def found() -> bool:
            self.siege.tend()
            ready = [member for member in self.siege.of(role) if self.siege.is_ready(member)]
            if role == "worker":
                ready = [member for member in ready if self.jobs_of(member)] if len(ready) > 1 else []
            chosen[:] = ready
            return bool(chosen)

        wait_for(f"a {role} to strike", found, logs=self.siege.logs)
        return self.luck.choice(chosen)

    def jobs_of(self, member: Member) -> list[dict[str, Any]]:
        return self.siege.rig.database.rows(_CUT, member.worker) if member.role == "worker" else []


def kill(striker: Striker, number: int) -> bool:
    """By turns at the next of the named points, and at a random moment."""
    named = [(role, point) for role, listed in points.POINTS.items() for point in listed]
    striker.spare_the_fragile()
    if number % 2:
        return kill_at_point(striker, *named[number // 2 % len(named)])
    (role,) = striker.luck.choices(list(_AT_RANDOM), weights=list(_AT_RANDOM.values()))
    return kill_at_random(striker, role)


def kill_at_point(striker: Striker, role: str, point: str) -> bool:
    """Arm the point, and wait for whoever comes by."""
    rig = striker.siege.rig
    struck: list[int] = []
    if role == "worker":
        striker.pick(role)  # there are two
        striker.spare_the_fragile(crashes=_BEFORE_POINT)

    def is_over() -> bool:
        number = points.find_struck(rig.points, point)
        struck.extend([] if number is None else [number])
        return bool(struck) or (role == "worker" and striker.is_fragile(crashes=_BEFORE_POINT))

    points.arm(rig.points, point)
    wait_until(is_over, seconds=_STRUCK_WITHIN)
    points.disarm(rig.points, point)
    is_over()  # it may have been at the last moment
    if not struck:
        striker.missed[point] += 1
        return False
    fallen = [member for member in striker.siege.members if member.child.pid == struck[0]]
    striker.note(f"at {point}", role, cut=[job for member in fallen for job in striker.jobs_of(member)])
    return True


def kill_at_random(striker: Striker, role: str) -> bool:
    """A worker is told to end a moment before, now and then, so that it dies while it hands back."""
    member = striker.pick(role)
    if role == "worker" and striker.luck.random() < 0.2:
        member.child.send(signal.SIGTERM)
        time.sleep(striker.luck.random() * 2)
    _freeze(member)
    cut = striker.jobs_of(member)
    if any(job["crashes"] >= POISON_CRASHES - 1 for job in cut):
        member.child.send(signal.SIGCONT)
        return False
    member.child.kill()
    striker.note("kill", role, cut=cut)
    return True


def _freeze(member: Member) -> None:
    """It claims no job while we look."""
    member.child.send(signal.SIGSTOP)
    time.sleep(_AT_REST_SECONDS)


def pause_and_kill(striker: Striker, number: int) -> bool:
    """SIGSTOP, for less or longer than the lease, and kill -9."""
    striker.spare_the_fragile()
    role = ("worker", "worker", "relay", "worker", "reaper", "webhooks")[number % 6]
    member = striker.pick(role)
    member.child.send(signal.SIGSTOP)
    time.sleep(_AT_REST_SECONDS)
    cut = striker.jobs_of(member)
    striker.note("pause and kill", role, cut=cut)
    striker.siege.rest(striker.luck.uniform(*_PAUSE_SECONDS))
    member.child.kill()
    return True


def pause_and_resume(striker: Striker, number: int) -> bool:
    """SIGSTOP past the lease, and SIGCONT once others have its jobs, or after so long where it has none."""
    striker.spare_the_fragile()
    role = ("worker", "worker", "worker", "webhooks", "worker", "relay", "worker", "reaper")[number % 8]
    member = striker.pick(role)
    member.child.send(signal.SIGSTOP)
    time.sleep(_AT_REST_SECONDS)
    cut = striker.jobs_of(member)
    if role == "worker" and not cut:
        member.child.send(signal.SIGCONT)
        return False
    striker.note("pause and resume", role, cut=cut)
    striker.siege.rest(2 * _LEASE_SECONDS + points.HOLD_SECONDS)
    taken = (
        "SELECT count(*) FROM jobs_job WHERE id = ANY(%s) AND fence = ANY(%s) AND worker = %s AND state = 'processing'"
    )
    ids, fences = [job["id"] for job in cut], [job["fence"] for job in cut]

    def all_taken() -> bool:
        striker.siege.tend()
        return not striker.siege.rig.database.value(taken, ids, fences, member.worker)

    wait_for("its jobs in other hands", all_taken, logs=striker.siege.logs)
    member.child.send(signal.SIGCONT)
    return True


def flush(striker: Striker, number: int) -> bool:
    with redis.Redis.from_url(f"{striker.siege.rig.redis.url}/0") as broker:
        broker.flushall()
    striker.note("FLUSHALL", "redis")
    striker.note_end()
    return True


def kill_redis(striker: Striker, number: int) -> bool:
    server = striker.siege.rig.redis
    server.kill()
    striker.note("killed", "redis")
    striker.siege.rest(striker.luck.uniform(0.2, 4.0))
    server.start()
    striker.note_end()
    return True


def hang_redis(striker: Striker, number: int) -> bool:
    server = striker.siege.rig.redis.child
    assert server is not None
    server.send(signal.SIGSTOP)
    striker.note("hung", "redis")
    striker.siege.rest(striker.luck.uniform(*_HANG_SECONDS))
    server.send(signal.SIGCONT)
    striker.note_end()
    return True


def stop_postgres(striker: Striker, number: int) -> bool:
    """At once (SIGQUIT), and started again after longer than the lease. Each stop may count as a crash of all jobs."""
    striker.spare_the_fragile()
    server = striker.siege.rig.postgres
    assert server.child is not None
    server.child.send(signal.SIGQUIT)
    striker.note("stopped", "postgres")
    wait_for("the end of PostgreSQL", lambda: server.child is None or not server.child.runs)
    server.kill()  # what is left of it
    striker.siege.rest(_OUTAGE_SECONDS)
    server.start()
    striker.note_end()
    return True
