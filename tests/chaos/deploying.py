"""A release in the middle of the day: each process is replaced by a new one and told to end, and nobody notices.

1. A new one is started, and waited for until it works.
2. Of web and stream, what is new is sent to it from now on.
3. The old one gets SIGTERM, and ends by itself within its grace, with exit code 0.

Of beat there is one at a time: the old one ends first.
"""

import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pennie.stack.ports import find_free_port
from tests.chaos.aftermath import Allowed, judge
from tests.chaos.balancer import Balancer
from tests.chaos.clients import Clients, at_work
from tests.chaos.rig import Rig, Stuck, wait_for
from tests.chaos.siege import Member, Siege
from tests.chaos.sieges import add_up, serving_clients, wait_for_rest
from tests.chaos.trial import Size, Verdict
from tests.chaos.undisturbed import make_record

_FIRST_SEED: Final = 110_000
_LINES: Final = 2_000
_LATENCY_SECONDS: Final = 1.2
_BEGIN_AT: Final = 0.1  # of the jobs sent
_GRACE_SECONDS: Final[dict[str, float]] = {"worker": 8.0}  # as the stack has it, else
_USUAL_GRACE_SECONDS: Final = 5.0
_SLACK_SECONDS: Final = 3.0  # for an interpreter to end, with others on the processor


def deploy(rig: Rig, size: Size) -> Verdict:
    """All processes replaced, one after another, while clients send and follow jobs, listen, and receive webhooks."""
    began = time.monotonic()
    records = [
        make_record(folder=rig.folder, seed=_FIRST_SEED + number, lines=_LINES) for number in range(size.deploy_jobs)
    ]
    with (
        serving_clients(rig, size, records=records, latency_seconds=_LATENCY_SECONDS, luck=random.Random(2026)) as (
            siege,
            clients,
            receiver,
        ),
        _balancing(siege, clients=clients) as balancers,
    ):
        with at_work(clients):
            wait_for("the first jobs", lambda: len(clients.jobs) >= _BEGIN_AT * size.deploy_jobs, seconds=size.seconds)
            ends = [_replace(siege, member, balancers=balancers) for member in list(siege.members)]
            sent_by_then = len(clients.jobs)
            wait_for("all jobs sent", lambda: not clients.alive, seconds=2 * size.seconds)
        wait_for_rest(siege, clients=clients, seconds=60.0)
        verdict = judge(siege, clients=clients, receiver=receiver, blows=(), allowed=Allowed())
        receipts = receiver.receipts
    verdict.broken += [problem for _, problems in ends for problem in problems]
    if len(receipts) != len({receipt.webhook_id for receipt in receipts}):
        verdict.broken.append("a webhook came twice")
    if verdict.figures["asked twice"] or verdict.figures["of unknown outcome"]:
        verdict.broken.append("calls were cut off")
    if len(clients.jobs) != size.deploy_jobs:
        verdict.broken.append(f"{len(clients.jobs)} of {size.deploy_jobs} files were taken in")
    slowest = {
        role: max(seconds for each, seconds in (end for end, _ in ends) if each == role) for role in _roles(ends)
    }
    verdict.figures = {
        "replaced": len(ends),
        "jobs sent when all were": sent_by_then,
        "handed back": _count_handed_back(rig, jobs=list(clients.jobs)),
        **verdict.figures,
        "slowest end": {role: round(seconds, 1) for role, seconds in slowest.items()},
        "seconds": round(time.monotonic() - began),
    }
    return add_up([verdict])


def _roles(ends: Sequence[tuple[tuple[str, float], list[str]]]) -> list[str]:
    return sorted({role for (role, _), _ in ends})


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


def _replace(siege: Siege, old: Member, *, balancers: dict[str, Balancer]) -> tuple[tuple[str, float], list[str]]:
    """Its role, and how many seconds it took to end; what was not as it must be."""
    siege.release(old)
    new = None if old.role == "beat" else _start(siege, old)
    if new is not None and new.port is not None:
        balancers[old.role].backend = new.port
    began = time.monotonic()
    old.child.send(signal.SIGTERM)
    grace = _GRACE_SECONDS.get(old.role, _USUAL_GRACE_SECONDS)
    problems = []
    try:
        wait_for(
            f"the end of a {old.role}", lambda: not old.child.runs, seconds=grace + _SLACK_SECONDS, logs=[old.child]
        )
    except Stuck as stuck:
        problems.append(str(stuck))
    seconds = time.monotonic() - began
    if old.child.exit_code not in (None, 0):
        problems.append(f"a {old.role} ended with {old.child.exit_code}")
    old.child.kill()
    if new is None:
        _start(siege, old)
    return (old.role, seconds), problems


def _start(siege: Siege, old: Member) -> Member:
    new = siege.start(old.role, port=find_free_port() if old.port is not None else None)
    siege.wait_until_ready(new)
    return new


def _count_handed_back(rig: Rig, *, jobs: Sequence[str]) -> int:
    handed_back = "SELECT count(*) FROM jobs_jobevent WHERE reason = 'handed_back' AND job_id = ANY(%s::uuid[])"
    return int(rig.database.value(handed_back, list(jobs)))
