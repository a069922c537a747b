"""A release in the middle of the day: each process is replaced by a new one and told to end, and nobody notices.

1. A new one is started, and waited for until it works.
2. Of web and stream, what is new is sent to it from now on.
3. The old one gets SIGTERM, and ends by itself within its grace, with exit code 0.

Of beat there is one at a time: the old one ends first.
"""

import random
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from pennie.stack.ports import find_free_port
from tests.chaos.aftermath import Allowed, judge
from tests.chaos.balancer import Balancer
from tests.chaos.clients import Clients, at_work
from tests.chaos.receiver import Receiver
from tests.chaos.rig import Rig, Stuck, wait_for
from tests.chaos.siege import GRACE_SECONDS, Member, Siege
from tests.chaos.sieges import add_up, serving_clients, wait_for_rest
from tests.chaos.trial import Size, Verdict
from tests.chaos.undisturbed import make_record

_FIRST_SEED: Final = 110_000
_LINES: Final = 2_000
_LATENCY_SECONDS: Final = 1.2
_BEGIN_AT: Final = 0.1  # of the jobs sent
_GRACE_SECONDS: Final[Mapping[str, float]] = {"worker": GRACE_SECONDS}
_USUAL_GRACE_SECONDS: Final = 5.0
_OTHER_ENDS: Final = {"stream": (-signal.SIGTERM,)}  # uvicorn ends well, and then by the signal that it was sent
_SLACK_SECONDS: Final = 3.0  # for an interpreter to end, with others on the processor


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A process that was told to end."""

    role: str
    seconds: float  # that it took
    problems: list[str]


def deploy(rig: Rig, size: Size) -> Verdict:
    """All processes replaced, one after another, while clients send and follow jobs, listen, and receive webhooks."""
    began, count = time.monotonic(), size.deploy_jobs
    records = [make_record(folder=rig.folder, seed=_FIRST_SEED + number, lines=_LINES) for number in range(count)]
    with ExitStack() as stack:
        siege, clients, receiver = stack.enter_context(
            serving_clients(rig, size, records=records, latency_seconds=_LATENCY_SECONDS, luck=random.Random(2026))
        )
        balancers = stack.enter_context(_balancing(siege, clients=clients))
        with at_work(clients):
            wait_for("the first jobs", lambda: len(clients.jobs) >= _BEGIN_AT * count, seconds=size.seconds)
            ends = [_replace(siege, member, balancers=balancers) for member in list(siege.members)]
            sent_by_then = len(clients.jobs)
            wait_for("all jobs sent", lambda: not clients.alive, seconds=max(2, count / 10) * size.seconds)
        wait_for_rest(siege, clients=clients, seconds=60.0)
        verdict = judge(siege, clients=clients, receiver=receiver, blows=(), allowed=Allowed())
        verdict.broken += _find_noticed(verdict, clients=clients, receiver=receiver, count=count)
    verdict.broken += [problem for end in ends for problem in end.problems]
    verdict.figures = {
        "replaced": len(ends),
        "jobs sent when all were": sent_by_then,
        "handed back": _count_handed_back(rig, jobs=list(clients.jobs)),
        **verdict.figures,
        "slowest end": {
            role: round(max(end.seconds for end in ends if end.role == role), 1) for role in {end.role for end in ends}
        },
        "seconds": round(time.monotonic() - began),
    }
    return add_up([verdict])


def _find_noticed(verdict: Verdict, *, clients: Clients, receiver: Receiver, count: int) -> Iterator[str]:
    """What one could tell a deploy by, though nothing was lost."""
    receipts = receiver.receipts
    if len(receipts) != len({receipt.webhook_id for receipt in receipts}):
        yield "a webhook came twice"
    if verdict.figures["asked twice"] or verdict.figures["of unknown outcome"]:
        yield "calls were cut off"
    if len(clients.jobs) != count:
        yield f"{len(clients.jobs)} of {count} files were taken in"


@contextmanager
def _balancing(siege: Siege, *, clients: Clients) -> Iterator[dict[str, Balancer]]:
    """Callers know its ports only."""
    balancers = {"web": Balancer(backend=siege.port), "stream": Balancer(backend=siege.stream_port)}
    clients.port, clients.stream_port = balancers["web"].port, balancers["stream"].port
    try:
        yield balancers
    finally:
        for balancer in balancers.values():
            balancer.close()


def _replace(siege: Siege, old: Member, *, balancers: Mapping[str, Balancer]) -> Ended:
    siege.release(old)
    new = None if old.role == "beat" else _start(siege, old)
    if new is not None and new.port is not None:
        balancers[old.role].backend = new.port
    began, problems = time.monotonic(), []
    old.child.send(signal.SIGTERM)
    seconds = _GRACE_SECONDS.get(old.role, _USUAL_GRACE_SECONDS) + _SLACK_SECONDS
    try:
        wait_for(f"the end of a {old.role}", lambda: not old.child.runs, seconds=seconds, logs=[old.child])
    except Stuck as stuck:
        problems.append(str(stuck))
    took = time.monotonic() - began
    if old.child.exit_code not in (None, 0, *_OTHER_ENDS.get(old.role, ())):
        problems.append(f"a {old.role} ended with {old.child.exit_code}")
    old.child.kill()
    if new is None:
        _start(siege, old)
    return Ended(role=old.role, seconds=took, problems=problems)


def _start(siege: Siege, old: Member) -> Member:
    new = siege.start(old.role, port=find_free_port() if old.port is not None else None)
    siege.wait_until_ready(new)
    return new


def _count_handed_back(rig: Rig, *, jobs: Sequence[str]) -> int:
    handed_back = "SELECT count(*) FROM jobs_jobevent WHERE reason = 'handed_back' AND job_id = ANY(%s::uuid[])"
    return int(rig.database.value(handed_back, list(jobs)))
