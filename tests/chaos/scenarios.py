"""What is broken, and what must be so afterwards. Each scenario is a function of a rig and a size."""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import redis

from tests.chaos import evidence as proof
from tests.chaos.evidence import Evidence
from tests.chaos.racing import send_at_once
from tests.chaos.rig import Rig, wait_for, working
from tests.chaos.trial import Size, Verdict, running_trial
from tests.chaos.undisturbed import make_record

_POISON_CRASHES: Final = 3
_POISON_LATENCY: Final = 5.0  # seconds: no answer comes before the kill
_OUTAGE_SECONDS: Final = 3.0  # longer than the lease: nobody can renew it
_SHORT_RECORD: Final = 900  # lines


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
        calls = provider.calls()
    broken = []
    for job in jobs:
        seen = Evidence.read(rig.database, job=job, calls=calls)
        broken += [*proof.check_history(seen, state="completed"), *proof.check_partition(rig.database, job=job)]
        broken += proof.check_ledger_and_log_agree(seen)
    repeated = len(calls) - len({call["body_sha256"] for call in calls})
    if repeated:
        broken.append(f"{repeated} calls were made twice")
    figures = {"jobs": len(jobs), "messages lost": lost, "calls": len(calls), "asked twice": repeated}
    return Verdict(figures=figures | {"seconds": round(time.monotonic() - began)}, broken=broken)


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
    with running_trial(rig, size) as trial:
        trial.wait_for_new_answer()
        paused = trial.worker()
        paused.child.send(signal.SIGSTOP)
        trial.note_cut()
        fence = trial.job["fence"]
        trial.wait_for_new_answer(since_fence=fence)
        paused.child.send(signal.SIGCONT)
        wait_for("its giving up", lambda: "another worker's" in paused.child.log.read_text(), logs=trial.logs)
        trial.wait_until_ended()
        verdict = trial.judge()
        seen = trial.read()
    verdict.broken += _check_resumed_one_wrote_nothing(seen, paused=paused.name, fence=fence)
    if not paused.child.runs and trial.crew.ended():
        verdict.broken.append("the paused worker has ended")
    return verdict


def _check_resumed_one_wrote_nothing(seen: Evidence, *, paused: str, fence: int) -> list[str]:
    taken = next(event for event in seen.events if event["reason"] == "taken_over")
    later = [event for event in seen.events if event["version"] > taken["version"]]
    broken = ["the resumed worker moved the job"] if any(event["worker"] == paused for event in later) else []
    if any(each["fence"] == fence and each["started_at"] > taken["at"] for each in seen.attempts):
        broken.append("the resumed worker asked again")
    return broken


SCENARIOS: Final[Mapping[str, Callable[[Rig, Size], Verdict]]] = {
    "kill": kill_worker,
    "poison": poison,
    "flush": flush_redis,
    "redis": stop_redis,
    "postgres": stop_postgres,
    "sigterm": end_worker,
    "pause": pause_worker,
    "race": send_at_once,
}
