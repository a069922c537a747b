"""Many jobs at once, and the judgement of what came of them."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.chaos import evidence as proof
from tests.chaos.books import Books, check_books
from tests.chaos.evidence import Evidence
from tests.chaos.rig import Crew, Provider, Rig, wait_for
from tests.chaos.trial import Size, Verdict
from tests.chaos.unread import find_unread

ENDED: Final = "state IN ('completed', 'partial', 'failed', 'cancelled')"


@dataclass(kw_only=True)
class Batch:
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
        """Of these jobs, or of all, those that the condition (SQL) is true of."""
        counted = f"SELECT count(*) FROM jobs_job WHERE id = ANY(%s::uuid[]) AND {condition}"
        return int(self.rig.database.value(counted, list(self.sent) if jobs is None else jobs))

    def wait_for_all(self, condition: str, jobs: Sequence[str] | None = None) -> None:
        """Until the condition is true of each. Raises Stuck."""
        every = len(self.sent) if jobs is None else len(jobs)
        wait_for(
            f"all jobs with {condition}",
            lambda: self.count(condition, jobs) == every,
            seconds=self.size.seconds,
            logs=[*self.crew.logs, *self.rig.senders.values()],
        )

    def decide(self, *words: str) -> str:
        """What `tests.chaos.deciding` prints, with the workers' settings."""
        return self.rig.call("-m", "tests.chaos.deciding", *words, seconds=120.0, **self.crew.settings)

    def read_books(self) -> Books:
        wait_for("the last answers, to workers that live no more", lambda: not self.provider.open_calls())
        return Books.read(
            self.rig.database, jobs=self.sent, calls=self.provider.calls(), base_url=self.provider.base_url
        )

    def judge(self) -> Verdict:
        """Books, ends, and that just those lines are told as not read that the provider had no answer about."""
        books = self.read_books()
        broken = list(check_books(books, listed=json.loads(self.decide("unknown", *self.sent))))
        states: Counter[str] = Counter()
        lines = 0
        for job, record in self.sent.items():
            unread = find_unread(record, asked=books.asked, useful=books.useful)
            state = "partial" if unread else "completed"
            seen = Evidence.read(self.rig.database, job=job, calls=books.calls)
            broken += [
                *proof.check_history(seen, state=state),
                *proof.check_partition(self.rig.database, job=job),
                *proof.check_unread(self.rig.database, job=job, unread=unread),
            ]
            states[seen.job["state"]] += 1
            lines += sum(last - first + 1 for first, last in unread)
        figures = {"jobs": len(self.sent), **states, "lines unread": lines, **books.figures()}
        return Verdict(
            figures=figures | {"seconds": round(time.monotonic() - self.began)},
            broken=broken,
            account=self.crew.tell() if broken else "",
        )
