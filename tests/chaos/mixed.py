"""A provider that does everything wrong that one can, to many jobs at once; with and without workers being killed."""

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.chaos import evidence as proof
from tests.chaos.books import Books, check_books
from tests.chaos.evidence import Evidence
from tests.chaos.rig import Crew, Provider, Rig, Worker, wait_for, working
from tests.chaos.trial import EndedEarly, Size, Verdict
from tests.chaos.undisturbed import make_record
from tests.chaos.unread import find_unread

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
_TIMEOUT_SECONDS: Final = 4.0  # of a call: a hang ends by then
_FIRST_SEED: Final = 4_000
_FOR_PHASES: Final = 3  # jobs of each of the two
_CLINICS: Final = 4
_LINES_OF_WINDOW: Final = 410  # about
_ENDED: Final = "state IN ('completed', 'partial', 'failed', 'cancelled')"


@dataclass(kw_only=True)
class Mix:
    """Jobs that were sent in, each with its record."""

    rig: Rig
    size: Size
    provider: Provider
    crew: Crew
    sent: dict[str, Path] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def send(self, records: Sequence[Path]) -> list[str]:
        """For a new clinic; the ids of the jobs."""
        jobs = [each.job for each in self.rig.send(*records)]
        self.sent |= dict(zip(jobs, records, strict=True))
        return jobs

    def count(self, condition: str, jobs: Sequence[str] | None = None) -> int:
        counted = f"SELECT count(*) FROM jobs_job WHERE id = ANY(%s::uuid[]) AND {condition}"
        return int(self.rig.database.value(counted, list(self.sent if jobs is None else jobs)))

    def wait_until_ended(self) -> None:
        wait_for(
            "the end of all jobs",
            lambda: self.count(_ENDED) == len(self.sent),
            seconds=self.size.seconds,
            logs=[*self.crew.logs, *self.rig.senders.values()],
        )

    def decide(self, *words: str) -> str:
        return self.rig.call("-m", "tests.chaos.deciding", *words, **self.crew.settings)

    def judge(self) -> Verdict:
        """Ends, lines that were not read, books, and that nothing was paid for twice."""
        wait_for("the last answers, to workers that live no more", lambda: not self.provider.open_calls())
        calls = self.provider.calls()
        books = Books.read(self.rig.database, jobs=self.sent, calls=calls, base_url=self.provider.base_url)
        broken = list(check_books(books, listed=json.loads(self.decide("unknown", *self.sent))))
        states: Counter[str] = Counter()
        lines = 0
        for job, record in self.sent.items():
            unread = self._find_unread(books, record=record)
            state = "partial" if unread else "completed"
            seen = Evidence.read(self.rig.database, job=job, calls=calls)
            broken += proof.check_history(seen, state=state)
            broken += proof.check_partition(self.rig.database, job=job)
            broken += proof.check_unread(self.rig.database, job=job, unread=unread)
            states[seen.job["state"]] += 1
            lines += sum(last - first + 1 for first, last in unread)
        figures = {"jobs": len(self.sent), **states, "lines unread": lines, **books.figures()}
        figures["seconds"] = round(time.monotonic() - self.began)
        return Verdict(figures=figures, broken=broken, account=self.crew.tell() if broken else "")

    @staticmethod
    def _find_unread(books: Books, *, record: Path) -> list[tuple[int, int]]:
        asked = {each["content_sha256"] for each in books.attempts}
        return find_unread(record, asked=asked, useful=books.useful)


@contextmanager
def _mixing(
    rig: Rig, size: Size, *, workers: int, jobs_at_once: int, calls_at_once: int, latency_seconds: float
) -> Iterator[tuple[Mix, Sequence[Path]]]:
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
        mix = Mix(rig=rig, size=size, provider=provider, crew=crew)
        for share in range(_CLINICS):
            if mine := records[share : size.mixed_jobs : _CLINICS]:
                mix.send(mine)
        yield mix, records[size.mixed_jobs :]


def mix_faults(rig: Rig, size: Size) -> Verdict:
    """All faults over many jobs; then an account without credit, and a key that is refused."""
    with _mixing(rig, size, workers=2, jobs_at_once=4, calls_at_once=6, latency_seconds=0.2) as (mix, others):
        mix.wait_until_ended()
        broken = _run_out_of_credit(mix, records=others[:_FOR_PHASES])
        mix.provider.order(*_REFUSED)
        mix.send(others[_FOR_PHASES:])
        mix.wait_until_ended()
        verdict = mix.judge()
    verdict.broken += broken
    return verdict


def _run_out_of_credit(mix: Mix, *, records: Sequence[Path]) -> list[str]:
    """All wait for money; told that there is some, they go on. What is not so is given."""
    # The rig's own reaper asks no model, and so looks at no breaker.
    reaper = mix.rig.start("manage.py", "reaper", name=mix.rig.name("reaper"), **mix.crew.settings)
    try:
        mix.provider.order(*_NO_CREDIT)
        jobs = mix.send(records)
        at_rest = f"({_ENDED} OR parked_for = 'no_credit')"
        wait_for("a rest for want of credit", lambda: mix.count(at_rest, jobs) == len(jobs), logs=mix.crew.logs)
        waiting = mix.count("parked_for = 'no_credit'", jobs)
        mix.decide("close-breaker")
        mix.wait_until_ended()
    finally:
        reaper.stop(stages=((signal.SIGTERM, 5.0),))
    broken = [] if waiting else ["no job waited for credit"]
    if mix.count("state = 'completed'", jobs) != len(jobs):
        broken.append("a job that had waited for credit did not complete")
    return broken


def kill_amid_faults(rig: Rig, size: Size) -> Verdict:
    """The same faults, and kill -9 of a worker at any moment, so spaced that no job is taken for poison."""
    luck = random.Random(2026)
    share = 0.8 * size.mixed_jobs * size.mixed_lines / _LINES_OF_WINDOW / size.mixed_kills
    with _mixing(rig, size, workers=3, jobs_at_once=2, calls_at_once=3, latency_seconds=0.5) as (mix, _):
        cut = 0
        for _ in range(size.mixed_kills):
            _wait_for_answers(mix, more=luck.randint(1, max(1, int(1.2 * share))))
            time.sleep(luck.random() / 2)
            victim, jobs = _wait_for_victim(mix, luck=luck)
            victim.kill()
            cut += jobs
            mix.crew.hire(waits=False)
        mix.wait_until_ended()
        verdict = mix.judge()
    verdict.figures = {"kills": size.mixed_kills, "runs cut off": cut, **verdict.figures}
    return verdict


def _wait_for_answers(mix: Mix, *, more: int) -> None:
    kept = "SELECT count(*) FROM jobs_windowcheckpoint WHERE job_id = ANY(%s::uuid[])"
    enough = int(mix.rig.database.value(kept, list(mix.sent))) + more

    def came() -> bool:
        if mix.count(_ENDED) == len(mix.sent):
            raise EndedEarly("all jobs had ended before the last kill")
        return int(mix.rig.database.value(kept, list(mix.sent))) >= enough

    wait_for(f"{more} new answers", came, seconds=mix.size.seconds, logs=mix.crew.logs)


def _wait_for_victim(mix: Mix, *, luck: random.Random) -> tuple[Worker, int]:
    """A worker that has jobs, with how many, at a moment when its death makes no job poison."""
    found: list[tuple[Worker, int]] = []

    def came() -> bool:
        alive = {worker.name: worker for worker in mix.crew.at_work()}
        rows = mix.rig.database.rows(
            "SELECT worker, crashes FROM jobs_job WHERE id = ANY(%s::uuid[]) AND state = 'processing'", list(mix.sent)
        )
        if any(row["crashes"] + (row["worker"] not in alive) > 1 for row in rows):
            return False
        busy = Counter(row["worker"] for row in rows if row["worker"] in alive)
        if busy:
            name = luck.choice(sorted(busy))
            found.append((alive[name], busy[name]))
        return bool(busy)

    wait_for("a worker to kill", came, seconds=mix.size.seconds, logs=mix.crew.logs)
    return found[-1]
