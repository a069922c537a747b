"""A provider that does everything wrong that one can, to many jobs at once; with and without workers being killed."""

import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jobs.domain.states import POISON_CRASHES
from tests.chaos.batch import ENDED, Batch
from tests.chaos.rig import Rig, wait_for, working
from tests.chaos.trial import EndedEarly, Size, Verdict
from tests.chaos.undisturbed import make_record

# As the provider's command line has them. Those that stop or park a run are dealt in phases of their own.
FAULTS: Final = (
    "reset_before_reading:every=45",
    *(
        f"{fault}:probability={share}"
        for fault, share in {
            "reset_after_reading": 0.02,
            "hang": 0.01,
            "request_timeout": 0.015,
            "conflict": 0.02,
            "server_error": 0.02,
            "bad_gateway": 0.01,
            "unavailable": 0.01,
            "failed_response": 0.01,
            "content_filter_400": 0.01,
            "content_filter": 0.01,
            "refusal": 0.02,
            "truncated": 0.03,
            "invalid_json": 0.02,
            "invalid_body": 0.01,
            "wrong_schema": 0.02,
            "empty_output": 0.01,
            "ungrounded_quotes": 0.02,
            "unknown_finish": 0.02,
        }.items()
    ),
    "rate_limit:probability=0.02,retry_after_seconds=0.3",
    "rate_limit:probability=0.01,seed=1,retry_form=none,at_most=6",
)
_NO_CREDIT: Final = ("insufficient_quota:nth=3",)
_REFUSED: Final = ("unauthorized:nth=3", "forbidden:nth=8")
_TIMEOUT_SECONDS: Final = 5.0  # of a call: a hang ends by then
_FIRST_SEED: Final = 4_000
_FOR_PHASES: Final = 3  # jobs of each of the two
_MOST_OF_A_CLINIC: Final = 9  # jobs
_LINES_OF_WINDOW: Final = 410  # about
_AT_REST_SECONDS: Final = 0.05  # after SIGSTOP: what was on its way to PostgreSQL is done
_JOBS_OF: Final = "SELECT crashes FROM jobs_job WHERE worker = %s AND state = 'processing'"


@contextmanager
def _mixing(
    rig: Rig, size: Size, *, workers: int, jobs_at_once: int, calls_at_once: int, latency_seconds: float
) -> Iterator[tuple[Batch, Sequence[Path]]]:
    """The jobs are sent and worked on; beside them records that the provider knows too."""
    records = [
        make_record(folder=rig.folder, seed=_FIRST_SEED + number, lines=size.mixed_lines)
        for number in range(size.mixed_jobs + 2 * _FOR_PHASES)
    ]
    with working(
        rig,
        records=records,
        latency_seconds=latency_seconds,
        calls_at_once=calls_at_once,
        workers=workers,
        jobs_at_once=jobs_at_once,
        faults=FAULTS,
        settings={"OPENAI_TIMEOUT_SECONDS": _TIMEOUT_SECONDS},
    ) as (provider, crew):
        batch = Batch(rig=rig, size=size, provider=provider, crew=crew)
        for first in range(0, size.mixed_jobs, _MOST_OF_A_CLINIC):
            batch.send(records[first : min(size.mixed_jobs, first + _MOST_OF_A_CLINIC)])
        yield batch, records[size.mixed_jobs :]


def mix_faults(rig: Rig, size: Size) -> Verdict:
    """All faults over many jobs; then an account without credit, and a key that is refused."""
    with _mixing(rig, size, workers=2, jobs_at_once=4, calls_at_once=6, latency_seconds=0.2) as (batch, others):
        batch.wait_for_all(ENDED)
        broken = _run_out_of_credit(batch, records=others[:_FOR_PHASES])
        batch.provider.order(*_REFUSED)
        batch.send(others[_FOR_PHASES:])
        batch.wait_for_all(ENDED)
        verdict = batch.judge()
    verdict.broken += broken
    return verdict


def _run_out_of_credit(batch: Batch, *, records: Sequence[Path]) -> list[str]:
    """All wait for money; told that there is some, they go on. What is not so is given."""
    # The rig's own reaper asks no model, and so looks at no breaker.
    reaper = batch.rig.start("manage.py", "reaper", name=batch.rig.name("reaper"), **batch.crew.settings)
    try:
        batch.provider.order(*_NO_CREDIT)
        jobs = batch.send(records)
        at_rest = f"({ENDED} OR parked_for = 'no_credit')"
        batch.wait_for_all(at_rest, jobs)
        waiting = batch.count("parked_for = 'no_credit'", jobs)
        batch.decide("close-breaker")
        batch.wait_for_all(ENDED)
    finally:
        reaper.stop(stages=((signal.SIGTERM, 5.0),))
    broken = [] if waiting else ["no job waited for credit"]
    if batch.count("state = 'completed'", jobs) != len(jobs):
        broken.append("a job that had waited for credit did not complete")
    return broken


def kill_amid_faults(rig: Rig, size: Size) -> Verdict:
    """The same faults, and kill -9 of a worker at any moment, so spaced that no job is taken for poison."""
    luck = random.Random(2026)
    share = 0.7 * size.mixed_jobs * size.mixed_lines / _LINES_OF_WINDOW / size.mixed_kills
    with _mixing(rig, size, workers=3, jobs_at_once=2, calls_at_once=3, latency_seconds=1.0) as (batch, _):
        cut = 0
        for _ in range(size.mixed_kills):
            _wait_for_answers(batch, more=luck.randint(1, max(1, int(1.2 * share))))
            time.sleep(luck.random() / 2)
            cut += _kill_somebody(batch, luck=luck)
            batch.crew.hire(waits=False)
        batch.wait_for_all(ENDED)
        verdict = batch.judge()
    verdict.figures = {"kills": size.mixed_kills, "runs cut off": cut, **verdict.figures}
    return verdict


def _wait_for_answers(batch: Batch, *, more: int) -> None:
    kept = "SELECT count(*) FROM jobs_windowcheckpoint WHERE job_id = ANY(%s::uuid[])"
    enough = int(batch.rig.database.value(kept, list(batch.sent))) + more

    def came() -> bool:
        if batch.count(ENDED) == len(batch.sent):
            raise EndedEarly("all jobs had ended before the last kill")
        return int(batch.rig.database.value(kept, list(batch.sent))) >= enough

    wait_for(f"{more} new answers", came, seconds=batch.size.seconds, logs=batch.crew.logs)


def _kill_somebody(batch: Batch, *, luck: random.Random) -> int:
    """kill -9 of a worker that has jobs, none of which its death makes poison. How many it had."""
    killed: list[int] = []

    def kill() -> bool:
        having = "SELECT DISTINCT worker FROM jobs_job WHERE id = ANY(%s::uuid[]) AND state = 'processing'"
        busy = {row["worker"] for row in batch.rig.database.rows(having, list(batch.sent))}
        if victims := [worker for worker in batch.crew.at_work() if worker.name in busy]:
            victim = luck.choice(victims)
            victim.child.send(signal.SIGSTOP)  # that it claims no other job while we look
            time.sleep(_AT_REST_SECONDS)
            jobs = [row["crashes"] for row in batch.rig.database.rows(_JOBS_OF, victim.name)]
            if jobs and max(jobs) < POISON_CRASHES - 1:
                victim.kill()
                killed.append(len(jobs))
            else:
                victim.child.send(signal.SIGCONT)
        return bool(killed)

    wait_for("a worker to kill", kill, seconds=batch.size.seconds, logs=batch.crew.logs)
    return killed[0]
