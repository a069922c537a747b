"""What must be so after a siege: read from PostgreSQL, the witness in it, the provider's log and the receiver's."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tests.chaos import evidence as proof
from tests.chaos.books import Books, check_books
from tests.chaos.clients import Clients, Heard
from tests.chaos.evidence import Evidence
from tests.chaos.listener import check_steps
from tests.chaos.receiver import Receipt, Receiver, check_receipts
from tests.chaos.siege import Siege
from tests.chaos.strikes import Blow
from tests.chaos.trial import Verdict
from tests.chaos.undisturbed import analyze_undisturbed
from tests.chaos.witness import Pause, check_no_stale_write, count_begun_while_paused, find_starved, hear

RECOVERY_SECONDS: Final = 2.0 + 1.0 + 10.0  # lease, reaper's period, and ten
_COMPARED: Final = 2  # results with those of an undisturbed run
_CHOSEN_BEFORE_SECONDS: Final = 1.5  # a worker that chose a job may claim it though its queue was paused since
_OF_JOBS: Final = ("worker", "relay", "reaper")  # who see to it that a job is worked on
_EVENTS: Final = (
    "SELECT e.job_id, e.clinic_id, e.version, e.before, e.after, e.reason, e.at, e.worker, j.priority"
    " FROM jobs_jobevent e JOIN jobs_job j ON j.id = e.job_id WHERE e.job_id = ANY(%s::uuid[])"
    " ORDER BY e.job_id, e.version"
)
_MESSAGES: Final = (
    "SELECT 'msg_' || id AS webhook_id, event, created_at FROM jobs_webhookmessage"
    " WHERE job_id = ANY(%s::uuid[]) OR payload -> 'data' ->> 'batch' = ANY(%s)"
)


@dataclass(frozen=True, kw_only=True)
class Standstill:
    """Something waited, and so many blows hit meanwhile who should have seen to it."""

    seconds: float
    blows: int

    @property
    def is_too_long(self) -> bool:
        return self.seconds > RECOVERY_SECONDS * max(1, self.blows)


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What callers of the API may meet beside answers that are right."""

    no_answer: bool = False  # a connection may break: the web process itself is among the killed
    unavailable: bool = False  # 503, told as a problem
    in_flight: bool = False  # 409 to a request that is sent again


def judge(
    siege: Siege,
    *,
    clients: Clients,
    receiver: Receiver,
    blows: Sequence[Blow],
    allowed: Allowed,
    pause_tolerance_seconds: float = 0.0,
) -> Verdict:
    """All of it, once everything has come to rest."""
    database, jobs = siege.rig.database, list(clients.jobs)
    events = database.rows(_EVENTS, jobs)
    told = hear(database, jobs=jobs)
    receipts = receiver.receipts
    calls = siege.provider.calls()
    books = Books.read(database, jobs=jobs, calls=calls, base_url=siege.provider.base_url)
    listed = siege.rig.call("-m", "tests.chaos.deciding", "unknown", *jobs, seconds=120.0, **siege.settings)
    messages = database.rows(_MESSAGES, jobs, list(clients.batches))
    recovery = find_recovery(blows, events=events, pauses=told.pauses)
    recovery["webhook"] = find_lateness(messages, receipts=receipts, blows=blows)
    starved = find_starved(told) & _find_poison(siege, jobs=jobs)
    begun = count_begun_while_paused(
        told, events=events, tolerance_seconds=_CHOSEN_BEFORE_SECONDS + pause_tolerance_seconds
    )
    stale = list(check_no_stale_write(told))
    broken = [
        *check_books(books, listed=json.loads(listed)),
        *_check_jobs(siege, jobs=[job for job in jobs if job not in starved], calls=calls),
        *_check_results(siege, jobs={job: record for job, record in clients.jobs.items() if job not in starved}),
        *stale,
        *check_receipts(receipts, due=_list_due(siege, clients=clients)),
        *check_answers(clients.heard, allowed=allowed),
        *(problem for listener in clients.listeners for problem in check_steps(listener)),
        *(f"{job} did not end in time" for job in clients.late),
        *clients.failures,
    ]
    for what, stood in recovery.items():
        if slow := [each for each in stood if each.is_too_long]:
            broken.append(f"recovery took longer than {RECOVERY_SECONDS:g} s for each blow ({what}): {slow[:3]}")
    if begun:
        broken.append(f"{begun} jobs were begun while their queue was paused")
    if receiver.refused:
        broken.append(f"{receiver.refused} webhooks came with a signature that is wrong")
    figures = {
        "jobs": len(jobs),
        "batches": len(clients.batches),
        "queues paused": len(told.pauses),
        "stale writes": len(stale),
        "failed by starved workers": len(starved),
        "webhooks received": len(receipts),
        "of these again": len(receipts) - len({receipt.webhook_id for receipt in receipts}),
        "streams": len(clients.listeners),
        "requests": len(clients.heard),
        **_count_refusals(clients.heard),
        "slowest answer": f"{max((each.seconds for each in clients.heard), default=0):.1f} s",
        "asked twice": books.repeated,
        **books.figures(),
        "slowest recovery": {
            what: round(max(each.seconds for each in stood), 1) for what, stood in recovery.items() if stood
        },
    }
    return Verdict(figures=figures, broken=_shorten(broken))


def _shorten(broken: Sequence[str]) -> list[str]:
    return [*broken[:25], *([f"and {len(broken) - 25} more"] if len(broken) > 25 else [])]


def _check_jobs(siege: Siege, *, jobs: Sequence[str], calls: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each ended once, with all lines of its file in one document or gap, and its bytes are there."""
    for job in jobs:
        seen = Evidence.read(siege.rig.database, job=job, calls=calls)
        told = [
            *proof.check_history(seen, state="completed"),
            *proof.check_partition(siege.rig.database, job=job),
        ]
        why = (seen.job["problem"] or {}).get("code", "")
        yield from (f"{job} {why}: {each}" for each in told)
    contents = siege.rig.database.rows(
        "SELECT u.content FROM documents_upload u JOIN jobs_job j ON j.upload_id = u.id WHERE j.id = ANY(%s::uuid[])",
        list(jobs),
    )
    lost = [row["content"] for row in contents if not (siege.rig.folder / "media" / row["content"]).is_file()]
    if lost:
        yield f"the bytes of {len(lost)} files are gone"


def _find_poison(siege: Siege, *, jobs: Sequence[str]) -> set[str]:
    poison = "SELECT id FROM jobs_job WHERE id = ANY(%s::uuid[]) AND problem ->> 'code' = 'poison'"
    return {str(row["id"]) for row in siege.rig.database.rows(poison, list(jobs))}


def _check_results(siege: Siege, *, jobs: Mapping[str, Path]) -> Iterator[str]:
    """Of some jobs: documents and facts are those of a run that nothing disturbed."""
    chosen = list(jobs.items())
    for job, record in chosen[:: max(1, len(chosen) // _COMPARED)][:_COMPARED]:
        undisturbed = analyze_undisturbed(siege.rig, record=record)
        if proof.read_documents(siege.rig.database, job=job) != undisturbed.documents:
            yield f"{job}: its documents are not those of an undisturbed run"
        if proof.count_facts(siege.rig.database, job=job) != undisturbed.facts:
            yield f"{job}: its facts are not as many as those of an undisturbed run"


def _list_due(siege: Siege, *, clients: Clients) -> dict[str, str]:
    """What must be told, by what it is about: of jobs in a batch nothing but the batch's end."""
    in_batches = {job for jobs in clients.batches.values() for job in jobs}
    rows = siege.rig.database.rows("SELECT id, state FROM jobs_job WHERE id = ANY(%s::uuid[])", list(clients.jobs))
    due = {str(row["id"]): f"job.{row['state']}" for row in rows if str(row["id"]) not in in_batches}
    return due | dict.fromkeys(clients.batches, "batch.ended")


def check_answers(heard: Sequence[Heard], *, allowed: Allowed) -> Iterator[str]:
    """Callers were answered, or refused in the ways that are told them."""
    odd = Counter(
        (each.asked, each.status, each.code)
        for each in heard
        if not 200 <= each.status < 300 and not _is(each, allowed)
    )
    for (asked, status, code), count in odd.items():
        yield f"{asked} was answered {status or 'not at all'} ({code}), {count} times"


def _is(heard: Heard, allowed: Allowed) -> bool:
    if heard.status == 0:
        return allowed.no_answer and heard.code != "TimeoutError"
    if heard.status == 503:
        return allowed.unavailable and heard.code not in ("", "no JSON")
    return heard.code == "idempotency_key_in_flight" and allowed.in_flight


def _count_refusals(heard: Sequence[Heard]) -> dict[str, int]:
    refused = Counter(each.code or str(each.status) for each in heard if not 200 <= each.status < 300)
    return {f"requests met with {code}": count for code, count in sorted(refused.items())}


def find_recovery(
    blows: Sequence[Blow], *, events: Sequence[Mapping[str, Any]], pauses: Sequence[Pause]
) -> dict[str, list[Standstill]]:
    """From each blow to the next step of a job that it cut off, and how long each job waited for a worker while its
    queue was not paused and no service away; once a service is back, how long until somebody works."""
    by_job: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for event in events:
        by_job[event["job_id"]].append(event)
    found: dict[str, list[Standstill]] = {"cut off": [], "waiting": []}
    if any(blow.until is not None for blow in blows):
        found["service back"] = [Standstill(seconds=blow.resumed_after, blows=1) for blow in blows]
    for blow in blows:
        for job in blow.cut:
            later = [event["at"].timestamp() for event in by_job[job["id"]] if event["version"] > job["version"]]
            if later:
                found["cut off"].append(_measure(blow.until or blow.at, min(later), blows=blows, roles=_OF_JOBS))
    for steps in by_job.values():
        for earlier, later_step in pairwise(steps):
            if earlier["after"] == "pending" and later_step["after"] == "processing":
                hindered = _find_last_hindrance(earlier, until=later_step["at"], pauses=pauses)
                since = _skip_outages(hindered, blows=blows)
                found["waiting"].append(_measure(since, later_step["at"].timestamp(), blows=blows, roles=_OF_JOBS))
    return found


def _measure(since: float, until: float, *, blows: Sequence[Blow], roles: Sequence[str]) -> Standstill:
    hits = sum(since <= blow.at <= until and blow.who in roles for blow in blows)
    return Standstill(seconds=max(0.0, until - since), blows=hits)


def _find_last_hindrance(event: Mapping[str, Any], *, until: datetime, pauses: Sequence[Pause]) -> float:
    """When it came to wait, or its queue was resumed last, as Unix time."""
    since: datetime = event["at"]
    for pause in pauses:
        is_its_queue = pause.clinic in (None, event["clinic_id"]) and pause.queue == event["priority"]
        if is_its_queue and pause.began < until and pause.ended is not None:
            since = max(since, min(pause.ended, until))
    return since.timestamp()


def _skip_outages(since: float, *, blows: Sequence[Blow]) -> float:
    """The same moment, or where a service was away then, or was taken away soon after, that of its coming back."""
    for blow in blows:
        if blow.until is not None and blow.at - RECOVERY_SECONDS < since < blow.until:
            since = blow.until
    return since


def find_lateness(
    messages: Sequence[Mapping[str, Any]], *, receipts: Sequence[Receipt], blows: Sequence[Blow]
) -> list[Standstill]:
    """From the commit of what is told, with all services there, to its first coming."""
    first: dict[str, float] = {}
    for receipt in receipts:
        first.setdefault(receipt.webhook_id, receipt.at)
    return [
        _measure(
            _skip_outages(each["created_at"].timestamp(), blows=blows),
            first[each["webhook_id"]],
            blows=blows,
            roles=("webhooks",),
        )
        for each in messages
        if each["webhook_id"] in first
    ]
