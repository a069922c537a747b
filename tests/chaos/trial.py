"""One record sent in and worked on while something is broken, and the judgement of what came of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.chaos import evidence as proof
from tests.chaos.evidence import Cut, Evidence
from tests.chaos.rig import Crew, Provider, Rig, Sent, Stuck, Worker, wait_for, working
from tests.chaos.undisturbed import Outcome, analyze_undisturbed, make_record

_SEED: Final = 2009
_NEXT_LINES: Final = 300
_ENDS: Final = ("completed", "partial", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of it."""

    lines: int = 20_000
    kills: int = 20
    outages: int = 3
    jobs: int = 8  # where the queue must be full
    senders: int = 50  # of the same file at once
    latency_seconds: float = 0.4  # of a call
    calls_at_once: int = 2
    mixed_jobs: int = 36  # that meet all faults
    mixed_lines: int = 9_000  # of each
    mixed_kills: int = 50
    racers: int = 8  # workers that spend the same budget
    racing_lines: int = 2_500
    siege_kills: int = 300  # of every kind of process
    siege_pause_kills: int = 60
    siege_pauses: int = 30
    siege_outages: int = 20  # of Redis in each way, and of PostgreSQL
    deploy_jobs: int = 100
    seconds: float = 240.0  # within which a job must end once nothing more is broken


SHORT: Final = Size(
    lines=2_500,
    kills=2,
    outages=1,
    jobs=4,
    mixed_jobs=5,
    mixed_lines=2_000,
    mixed_kills=2,
    racers=3,
    racing_lines=1_500,
    siege_kills=4,
    siege_pause_kills=1,
    siege_pauses=1,
    siege_outages=1,
    deploy_jobs=8,
    latency_seconds=0.2,
    seconds=60.0,
)


@dataclass(kw_only=True)
class Verdict:
    """What was seen, and what of it must not be."""

    figures: Mapping[str, object] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    account: str = field(default="", repr=False)  # of what happened, for whoever has to find the cause


class EndedEarly(Stuck):
    """The job ended before everything was broken that should be: the record is too short for that."""


@dataclass(kw_only=True)
class Trial:
    rig: Rig
    size: Size
    provider: Provider
    crew: Crew
    following: Path  # another record that the provider knows
    record: Path
    sent: Sent
    cuts: list[Cut] = field(default_factory=list)
    cut_fences: set[int] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)

    @property
    def job(self) -> dict[str, Any]:
        return self.rig.database.rows("SELECT * FROM jobs_job WHERE id = %s", self.sent.job)[0]

    def wait_for_new_answer(self) -> None:
        """Until an answer is committed that was not when the run was last cut."""

        def came() -> bool:
            job = self.job
            if job["state"] in _ENDS:
                raise EndedEarly(f"the job was {job['state']} after {len(self.cuts)} cuts")
            return job["state"] == "processing" and self._has_new_answer()

        wait_for("a new answer", came, seconds=self.size.seconds, logs=self.logs)

    def wait_for_another_run(self, *, after: int) -> None:
        """Until a run later than that of fence `after` has got further; it may be through by then."""

        def came() -> bool:
            job = self.job
            return job["fence"] > after and (job["state"] in _ENDS or self._has_new_answer())

        wait_for(f"an answer to a run after {after}", came, seconds=self.size.seconds, logs=self.logs)

    def _has_new_answer(self) -> bool:
        known = len(self.cuts[-1].kept) if self.cuts else 0
        return len(proof.read_kept(self.rig.database, job=self.sent.job)) > known

    def note_cut(self, *, fence: int | None = None) -> None:
        """The present run, or that of `fence`, is cut off now; what is committed by now may not be asked again."""
        kept = proof.read_kept(self.rig.database, job=self.sent.job)
        self.cuts.append(Cut(at=time.time(), kept=kept))
        self.cut_fences.add(self.job["fence"] if fence is None else fence)

    def worker(self) -> Worker:
        return self.crew.at_work_on(self.sent.job)

    def wait_until_ended(self) -> None:
        wait_for("the job's end", lambda: self.job["state"] in _ENDS, seconds=self.size.seconds, logs=self.logs)

    def check_that_work_goes_on(self) -> None:
        """The same relay, reaper and workers take a new job to its end. Raises Stuck."""
        (self.sent,) = self.rig.send(self.following)
        wait_for("the next job's end", lambda: self.job["state"] == "completed", seconds=30, logs=self.logs)

    @property
    def logs(self) -> Sequence[Any]:
        return [*self.crew.logs, *self.rig.senders.values()]

    def judge(self, *, state: str = "completed") -> Verdict:
        """What holds for every scenario."""
        seen = self.read()
        database, job = self.rig.database, self.sent.job
        broken = [
            *proof.check_history(seen, state=state),
            *proof.check_nothing_kept_is_asked_again(seen, cuts=self.cuts),
            *proof.check_ledger_and_log_agree(seen),
            *proof.check_repeats_were_unheard(seen),
            *proof.check_only_cut_runs_left_calls_open(
                seen, cut_fences=self.cut_fences, calls_at_once=self.size.calls_at_once
            ),
            *(f"{name} has ended" for name, child in self.rig.senders.items() if not child.runs),
        ]
        figures: dict[str, object] = {
            "calls": len(seen.calls),
            "asked twice": seen.repeated,
            "cut off": len(seen.cut_off),
            "runs": seen.job["fence"],
            "seconds": round(time.monotonic() - self.began),
        }
        if state == "completed":
            undisturbed = analyze_undisturbed(self.rig, record=self.record)
            figures["calls"] = f"{len(seen.calls)} ({undisturbed.calls} undisturbed)"
            broken += [*proof.check_partition(database, job=job), *self._compare(undisturbed)]
        return Verdict(figures=figures, broken=broken, account=self.crew.tell())

    def _compare(self, undisturbed: Outcome) -> Iterator[str]:
        if proof.read_documents(self.rig.database, job=self.sent.job) != undisturbed.documents:
            yield "its documents are not those of an undisturbed run"
        if proof.count_facts(self.rig.database, job=self.sent.job) != undisturbed.facts:
            yield "its facts are not as many as those of an undisturbed run"

    def read(self) -> Evidence:
        wait_for("the last answers, to workers that live no more", lambda: not self.provider.open_calls())
        return Evidence.read(self.rig.database, job=self.sent.job, calls=self.provider.calls())


@contextmanager
def running_trial(rig: Rig, size: Size) -> Iterator[Trial]:
    record = make_record(folder=rig.folder, seed=_SEED, lines=size.lines)
    following = make_record(folder=rig.folder, seed=_SEED + 1, lines=_NEXT_LINES)
    with working(
        rig,
        records=[record, following],
        latency_seconds=size.latency_seconds,
        calls_at_once=size.calls_at_once,
    ) as (provider, crew):
        (sent,) = rig.send(record)
        yield Trial(
            rig=rig,
            size=size,
            provider=provider,
            crew=crew,
            following=following,
            record=record,
            sent=sent,
        )
