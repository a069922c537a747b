"""What is broken, and what must be so afterwards. Each scenario is a function of a rig and a size."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Final

import redis

from tests.chaos import evidence as proof
from tests.chaos.evidence import Evidence
from tests.chaos.mixed import kill_amid_faults, mix_faults
from tests.chaos.penny import race_for_a_penny
from tests.chaos.racing import send_at_once
from tests.chaos.rig import Rig, Worker, wait_for, working
from tests.chaos.trial import Size, Trial, Verdict, running_trial
from tests.chaos.undisturbed import make_record

_POISON_CRASHES: Final = 3
_POISON_LATENCY: Final = 5.0  # seconds: no answer comes before the kill
_OUTAGE_SECONDS: Final = 3.0  # longer than the lease: nobody can renew it
_SHORT_RECORD: Final = 900  # lines
# Of the worker, whatever it writes under its lease. Not the heartbeat, whose statement is a transaction of its own.
_WAITS_FOR_THE_ROW: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND xact_start < query_start"
)


def kill_worker(rig: Rig, size: Size) -> Verdict:
    """kill -9 of the worker that has the job, each time after another answer was committed."""
    with running_trial(rig, size) as trial:
        for _ in range(size.kills):
            trial.wait_for_new_answer()
            trial.worker().kill()
            trial.note_cut()
            trial.crew.hire(waits=False)
        trial.wait_until_ended()
        verdict = trial.judge()
    if trial.job["crashes"]:
        verdict.broken.append("crashes were counted though answers came between them")
    return replace(verdict, figures={"kills": len(trial.cuts), **verdict.figures})


def poison(rig: Rig, size: Size) -> Verdict:
    """kill -9 three times before any answer comes: nobody tries a fourth time."""
    with running_trial(rig, replace(size, lines=_SHORT_RECORD, latency_seconds=_POISON_LATENCY)) as trial:
        for crash in range(1, _POISON_CRASHES + 1):
            asked = trial.provider.count_asked()
            wait_for(
                f"a call of run {crash}",
                lambda: trial.job["fence"] == crash and trial.provider.count_asked() > asked,  # noqa: B023  # this turn's
                logs=trial.logs,
            )
            trial.worker().kill()
            trial.note_cut()
            trial.crew.hire(waits=False)
        trial.wait_until_ended()
        verdict = trial.judge(state="failed")
        if (trial.job["problem"] or {}).get("code") != "poison":
            verdict.broken.append(f"its problem is {trial.job['problem']}, not poison")
        if trial.job["fence"] != _POISON_CRASHES + 1 or {each["fence"] for each in trial.read().attempts} - {1, 2, 3}:
            verdict.broken.append("it was tried a fourth time")
    return replace(verdict, figures={"kills": len(trial.cuts), **verdict.figures})


def flush_redis(rig: Rig, size: Size) -> Verdict:
    """FLUSHALL while one job runs and others wait in the queue."""
    records = [make_record(folder=rig.folder, seed=seed, lines=_SHORT_RECORD) for seed in range(1, size.jobs + 1)]
    began = time.monotonic()
    with (
        working(rig, records=records, latency_seconds=1.0, calls_at_once=size.calls_at_once) as (provider, crew),
        redis.Redis.from_url(f"{rig.redis.url}/0") as broker,
    ):
        sent = rig.send(*records)
        jobs = [each.job for each in sent]
        waits = "SELECT count(*) FILTER (WHERE state = %s) FROM jobs_job WHERE id = ANY(%s::uuid[])"
        wait_for("a full queue", lambda: rig.database.value(waits, "processing", jobs) and broker.llen("pennie:normal"))
        lost = broker.llen("pennie:normal")
        broker.flushall()
        wait_for(
            "the end of all jobs",
            lambda: rig.database.value(waits, "completed", jobs) == len(jobs),
            seconds=size.seconds,
            logs=[*crew.logs, *rig.senders.values()],
        )
        calls, account = provider.calls(), crew.tell()
    broken = []
    for job in jobs:
        seen = Evidence.read(rig.database, job=job, calls=calls)
        broken += [*proof.check_history(seen, state="completed"), *proof.check_partition(rig.database, job=job)]
        broken += proof.check_ledger_and_log_agree(seen)
    repeated = len(calls) - len({call["body_sha256"] for call in calls})
    if repeated:
        broken.append(f"{repeated} calls were made twice")
    figures = {"jobs": len(jobs), "messages lost": lost, "calls": len(calls), "asked twice": repeated}
    return Verdict(figures=figures | {"seconds": round(time.monotonic() - began)}, broken=broken, account=account)


def stop_postgres(rig: Rig, size: Size) -> Verdict:
    """PostgreSQL shut down at once (SIGQUIT), for longer than the lease, and started again."""
    with running_trial(rig, size) as trial:
        for _ in range(size.outages):
            trial.wait_for_new_answer()
            trial.note_cut()
            _interrupt_postgres(rig)
        trial.wait_until_ended()
        verdict = trial.judge()
        verdict.broken += [f"{worker} has ended" for worker in trial.crew.ended()]
        trial.check_that_work_goes_on()
    return replace(verdict, figures={"outages": size.outages, **verdict.figures})


def _interrupt_postgres(rig: Rig) -> None:
    server = rig.postgres.child
    assert server is not None
    server.send(signal.SIGQUIT)
    wait_for("the end of PostgreSQL", lambda: not server.runs)
    rig.postgres.kill()  # what is left of it
    time.sleep(_OUTAGE_SECONDS)
    rig.postgres.start()


def stop_redis(rig: Rig, size: Size) -> Verdict:
    """Redis killed and started again, while a job runs that needs it for nothing but telling its progress."""
    with running_trial(rig, size) as trial:
        trial.wait_for_new_answer()
        rig.redis.kill()
        time.sleep(1)
        rig.redis.start()
        trial.wait_until_ended()
        verdict = trial.judge()
        if trial.read().repeated or trial.job["fence"] != 1:
            verdict.broken.append("the job was begun anew")
        verdict.broken += [f"{worker} has ended" for worker in trial.crew.ended()]
        trial.check_that_work_goes_on()
    return verdict


def end_worker(rig: Rig, size: Size) -> Verdict:
    """SIGTERM: the job is handed back with every answer that was paid for."""
    with running_trial(rig, size) as trial:
        trial.wait_for_new_answer()
        worker = trial.worker()
        worker.child.send(signal.SIGTERM)
        wait_for("the worker's end", lambda: not worker.child.runs, logs=[worker.child])
        trial.wait_until_ended()
        verdict = trial.judge()
        seen = trial.read()
    if [event["reason"] for event in seen.events].count("handed_back") != 1:
        verdict.broken.append("the job was not handed back")
    if worker.child.exit_code != 0:
        verdict.broken.append(f"the worker ended with {worker.child.exit_code}")
    if seen.repeated:
        verdict.broken.append(f"{seen.repeated} calls were made twice")
    return verdict


def pause_worker(rig: Rig, size: Size) -> Verdict:
    """SIGSTOP past the lease, and SIGCONT once another worker is at it: the resumed one is heard no more."""
    return _pause(rig, size, stop=lambda _, worker: worker.child.send(signal.SIGSTOP))


def pause_worker_at_the_row(rig: Rig, size: Size) -> Verdict:
    """The same, and it is stopped with the job's row locked: nobody can have the job until PostgreSQL ends that."""
    return _pause(rig, size, stop=_stop_at_the_row)


def _pause(rig: Rig, size: Size, *, stop: Callable[[Trial, Worker], None]) -> Verdict:
    with running_trial(rig, size) as trial:
        trial.wait_for_new_answer()
        paused, fence = trial.worker(), trial.job["fence"]
        stop(trial, paused)
        trial.note_cut(fence=fence)
        trial.wait_for_another_run(after=fence)
        paused.child.send(signal.SIGCONT)
        wait_for("its giving up", lambda: "another worker's" in paused.child.log.read_text(), logs=trial.logs)
        trial.wait_until_ended()
        verdict = trial.judge()
        seen = trial.read()
        verdict.broken += [f"{worker} has ended" for worker in trial.crew.ended()]
    verdict.broken += _check_resumed_one_wrote_nothing(seen, paused=paused.name, fence=fence)
    return verdict


def _stop_at_the_row(trial: Trial, worker: Worker) -> None:
    """Stop it while it waits for the job's row within a transaction, then let it have the row."""
    database, job = trial.rig.database, trial.sent.job
    with database.locking("SELECT FROM jobs_job WHERE id = %s FOR UPDATE", job):
        wait_for("a transaction that waits for the row", lambda: database.value(_WAITS_FOR_THE_ROW), logs=trial.logs)
        worker.child.send(signal.SIGSTOP)
    free = "SELECT FROM jobs_job WHERE id = %s FOR UPDATE SKIP LOCKED"
    holds = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
    wait_for("its hold on the row", lambda: database.value(holds) and not database.rows(free, job), logs=trial.logs)


def _check_resumed_one_wrote_nothing(seen: Evidence, *, paused: str, fence: int) -> Iterator[str]:
    """By the run that it was stopped in. If the other one loses the job too, it may well claim it anew, as anybody."""
    taken = next((event for event in seen.events if event["reason"] == "taken_over"), None)
    if taken is None:
        yield "nobody took over the job"
        return
    later = [event for event in seen.events if event["version"] > taken["version"]]
    by_old_run = takewhile(lambda event: event["worker"] != paused or event["after"] != "processing", later)
    if any(event["worker"] == paused for event in by_old_run):
        yield "the resumed worker moved the job"
    if any(each["fence"] == fence and each["started_at"] > taken["at"] for each in seen.attempts):
        yield "the resumed worker asked again"


SCENARIOS: Final[Mapping[str, Callable[[Rig, Size], Verdict]]] = {
    "kill": kill_worker,
    "poison": poison,
    "flush": flush_redis,
    "redis": stop_redis,
    "postgres": stop_postgres,
    "sigterm": end_worker,
    "pause": pause_worker,
    "hold": pause_worker_at_the_row,
    "race": send_at_once,
    "faults": mix_faults,
    "killed-faults": kill_amid_faults,
    "penny": race_for_a_penny,
}
