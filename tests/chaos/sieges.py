"""Campaigns against the whole product: blows of one kind while clients use it, as functions of a rig and a size."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from tests.chaos import strikes
from tests.chaos.aftermath import Allowed, judge
from tests.chaos.clients import Account, Clients, at_work
from tests.chaos.receiver import Receiver, receiving
from tests.chaos.rig import Rig, Stuck, wait_for
from tests.chaos.siege import Siege, besieged
from tests.chaos.strikes import Striker
from tests.chaos.trial import Size, Verdict
from tests.chaos.undisturbed import make_record
from tests.chaos.witness import call_witness, dismiss_witness

CLIENTS: Final = 4
_SLICE: Final = 100  # blows against one manning: a provider's memory and a judge's are bounded
_FIRST_SEED: Final = 20_000
_LINES: Final = 1_300
_REST_SECONDS: Final = 1.5
_JOBS_OF_BLOW: Final = 4.0  # records that are kept ready for each
_SPARE_RECORDS: Final = 40
_UNENDED: Final = (
    "SELECT count(*) FROM jobs_job WHERE id = ANY(%s::uuid[])"
    " AND state NOT IN ('completed', 'partial', 'failed', 'cancelled')"
)
_UNSENT: Final = "SELECT count(*) FROM jobs_webhookdelivery WHERE state = 'pending'"
_OPEN_BATCHES: Final = "SELECT count(*) FROM jobs_batch WHERE closed_at IS NOT NULL AND ended_at IS NULL"


@dataclass(frozen=True, kw_only=True)
class Campaign:
    blow: Callable[[Striker, int], bool]
    times: Callable[[Size], int]
    allowed: Allowed
    pause_tolerance_seconds: float = 0.0  # a worker that stands still between choosing a job and claiming it
    latency_seconds: float = 1.2  # of a call
    leaves_processes_alone: bool = False  # whoever ends then has ended by itself


CAMPAIGNS: Final[Mapping[str, Campaign]] = MappingProxyType(
    {
        "kills": Campaign(
            blow=strikes.kill,
            times=lambda size: size.siege_kills,
            allowed=Allowed(no_answer=True, in_flight=True),
        ),
        "pause-kills": Campaign(
            blow=strikes.pause_and_kill, times=lambda size: size.siege_pause_kills, allowed=Allowed()
        ),
        "pauses": Campaign(
            blow=strikes.pause_and_resume,
            times=lambda size: size.siege_pauses,
            allowed=Allowed(),
            pause_tolerance_seconds=15.0,
        ),
        "flushes": Campaign(
            blow=strikes.flush,
            times=lambda size: size.siege_outages,
            allowed=Allowed(),
            leaves_processes_alone=True,
        ),
        "redis-kills": Campaign(
            blow=strikes.kill_redis,
            times=lambda size: size.siege_outages,
            allowed=Allowed(unavailable=True),
            leaves_processes_alone=True,
        ),
        "redis-hangs": Campaign(
            blow=strikes.hang_redis,
            times=lambda size: size.siege_outages,
            allowed=Allowed(unavailable=True),
            leaves_processes_alone=True,
        ),
        "postgres-stops": Campaign(
            blow=strikes.stop_postgres,
            times=lambda size: size.siege_outages,
            allowed=Allowed(unavailable=True, in_flight=True),
            leaves_processes_alone=True,
            pause_tolerance_seconds=5.0,
        ),
    }
)


def besiege(rig: Rig, size: Size, *, campaign: Campaign) -> Verdict:
    """All blows of the campaign, in slices, each with clinics, files and a provider of its own."""
    times, verdicts = campaign.times(size), []
    for number, first in enumerate(range(0, times, _SLICE)):
        verdicts.append(_fight(rig, size, campaign=campaign, times=min(_SLICE, times - first), number=number))
    return add_up(verdicts)


@contextmanager
def serving_clients(
    rig: Rig, size: Size, *, records: Sequence[Path], latency_seconds: float, luck: random.Random
) -> Iterator[tuple[Siege, Clients, Receiver]]:
    """The stack is manned and watched, and clinics have their keys and webhooks."""
    call_witness(rig.database)
    try:
        with (
            receiving() as receiver,
            besieged(rig, records=records, latency_seconds=latency_seconds, calls_at_once=4) as siege,
        ):
            accounts = [
                Account(key=key, luck=random.Random(luck.random()), path=f"/hook/{number}")
                for number, key in enumerate(rig.make_keys(CLIENTS))
            ]
            clients = Clients(
                port=siege.port,
                stream_port=siege.stream_port,
                records=records,
                accounts=accounts,
                rest_seconds=_REST_SECONDS,
                follow_seconds=size.seconds,
            )
            for account in accounts:
                receiver.secrets[account.path] = clients.make_webhook(account, url=receiver.url)
            yield siege, clients, receiver
    finally:
        dismiss_witness(rig.database)


def wait_for_rest(siege: Siege, *, clients: Clients, seconds: float) -> None:
    """Until all jobs have ended, and all is told. What does not come to rest is judged as it is."""
    database = siege.rig.database

    def is_at_rest() -> bool:
        siege.tend()
        unended = database.value(_UNENDED, list(clients.jobs))
        return not (unended or database.value(_OPEN_BATCHES) or database.value(_UNSENT))

    deadline = time.monotonic() + seconds
    while not is_at_rest() and time.monotonic() < deadline:
        siege.rest(0.5)
    wait_for("the last answers, to workers that live no more", lambda: not siege.provider.open_calls())


def _fight(rig: Rig, size: Size, *, campaign: Campaign, times: int, number: int) -> Verdict:
    began, luck = time.monotonic(), random.Random(f"{campaign.blow.__name__} {number}")
    count = int(times * _JOBS_OF_BLOW) + _SPARE_RECORDS
    first_seed = _FIRST_SEED + 10_000 * list(CAMPAIGNS.values()).index(campaign) + 1_000 * number
    records = [make_record(folder=rig.folder, seed=first_seed + each, lines=_LINES) for each in range(count)]
    with serving_clients(rig, size, records=records, latency_seconds=campaign.latency_seconds, luck=luck) as (
        siege,
        clients,
        receiver,
    ):
        striker = Striker(siege=siege, luck=luck, busy=lambda: clients.alive)
        with at_work(clients):
            stuck = []
            try:
                striker.strike(times, campaign.blow)
            except Stuck as problem:  # what came before is judged all the same
                stuck.append(str(problem))
            finally:
                clients.ended.set()
        wait_for_rest(siege, clients=clients, seconds=60.0)
        verdict = judge(
            siege,
            clients=clients,
            receiver=receiver,
            blows=striker.blows,
            allowed=campaign.allowed,
            pause_tolerance_seconds=campaign.pause_tolerance_seconds,
        )
        verdict.broken += stuck
        if campaign.leaves_processes_alone:
            verdict.broken += [f"{member.name} ended by itself" for member in siege.fallen]
        if verdict.broken:
            verdict.account = _tell_logs(siege)
    kinds = Counter(f"{blow.who} {blow.kind}" for blow in striker.blows)
    verdict.figures = {
        "blows": len(striker.blows),
        "of": Counter(blow.who for blow in striker.blows),
        "kinds": kinds,
        "jobs cut off": sum(len(blow.cut) for blow in striker.blows),
        "missed": striker.missed,
        **verdict.figures,
        "seconds": round(time.monotonic() - began),
    }
    sys.stderr.write(f"slice {number}: {verdict.figures}\n{verdict.broken}\n")  # the others may take an hour
    return verdict


def _tell_logs(siege: Siege) -> str:
    return "\n".join(f"{member.name}:\n{member.child.read_last_lines(count=6)}" for member in siege.members)


def add_up(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict of several: numbers are added, what is longest is kept."""
    figures: dict[str, Any] = {}
    for verdict in verdicts:
        for name, value in verdict.figures.items():
            figures[name] = _join(figures[name], value) if name in figures else value
    shown = {name: _show(value) for name, value in figures.items() if value not in ({}, None)}
    broken = [problem for verdict in verdicts for problem in verdict.broken]
    return Verdict(figures=shown, broken=broken, account="\n".join(verdict.account for verdict in verdicts))


def _join(one: Any, other: Any) -> Any:
    if isinstance(one, Counter):
        return one + other
    if isinstance(one, dict):
        return {key: max(one.get(key, 0), other.get(key, 0)) for key in {*one, *other}}
    if isinstance(one, str):
        return max(one, other, key=lambda said: float(said.removesuffix(" s").removeprefix("$")))
    return one + other


def _show(value: Any) -> Any:
    return ", ".join(f"{key} {each}" for key, each in sorted(value.items())) if isinstance(value, dict) else value


def _run(campaign: Campaign) -> Callable[[Rig, Size], Verdict]:
    return lambda rig, size: besiege(rig, size, campaign=campaign)


SIEGES: Final[Mapping[str, Callable[[Rig, Size], Verdict]]] = MappingProxyType(
    {name: _run(campaign) for name, campaign in CAMPAIGNS.items()}
)
