"""A process's part in backfills: it submits file after file at their pace, and shows how far they are."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from jobs.domain.costs import show_usd
from jobs.domain.pacing import HOLD_WORDS, LOOK_AGAIN_SECONDS, Hold
from jobs.models import Backfill
from jobs.operations.backfill_progress import BackfillProgress, read_progress
from jobs.operations.backfilling import Step, submit_next

_LONGEST_SLEEP: Final = 5.0  # seconds, so that it is soon seen when somebody pauses a backfill


class BackfillRun:
    """Backfills of one series, in turn, so that no clinic waits for another's limits."""

    def __init__(
        self, *, backfills: Sequence[Backfill], console: Console, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._ids = [each.pk for each in backfills]
        self._console = console
        self._sleep = sleep

    @property
    def has_open(self) -> bool:
        """Whether files are left to be submitted."""
        return Backfill.objects.filter(pk__in=self._ids, state__in=("open", "paused")).exists()

    def read(self) -> list[tuple[Backfill, BackfillProgress]]:
        rows = list(Backfill.objects.select_related("clinic").filter(pk__in=self._ids).order_by("id"))
        progress = read_progress(backfills=rows)
        return [(row, progress[row.pk]) for row in rows]

    def submit_all(self) -> None:
        """Returns when nothing is left to be submitted, or what is left was paused."""
        left = list(self._ids)
        with self._make_bar() as bar:
            task = bar.add_task("submitting", total=None)
            while left:
                steps = {each: submit_next(backfill_id=each, now=timezone.now()) for each in left}
                left = [each for each in left if steps[each].state == "open"]
                hold = _find_hold(steps)
                self._show(bar, task, words=HOLD_WORDS[hold.why] if hold else "submitting")
                if hold and left:
                    self._sleep(min(hold.seconds, _LONGEST_SLEEP))

    def wait_for_jobs(self) -> None:
        """Returns when all jobs have ended but for those that are parked: they may be so for days."""
        with self._make_bar() as bar:
            task = bar.add_task("reading", total=None)
            while self._show(bar, task, words="reading"):
                self._sleep(LOOK_AGAIN_SECONDS)

    def _make_bar(self) -> Progress:
        """Quiet where there is no terminal."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)

    def _show(self, bar: Progress, task: TaskID, *, words: str) -> bool:
        """Whether jobs are at work, or going to be."""
        rows = self.read()
        under_way = sum(progress.under_way for _, progress in rows)
        parked = sum(progress.parked for _, progress in rows)
        passed = sum(row.already_at_work + row.refused for row, _ in rows)
        spent = show_usd(sum((progress.known_cost_usd for _, progress in rows), Decimal(0)))
        bar.update(
            task,
            description=f"{words}: {under_way:,} under way, {spent} spent",
            completed=passed + sum(progress.ended for _, progress in rows),
            total=sum(row.expected_files for row, _ in rows),
        )
        return under_way > parked


def _find_hold(steps: Mapping[UUID, Step]) -> Hold | None:
    """The shortest, where nothing was done at all."""
    holds = [step.hold for step in steps.values() if step.hold is not None]
    is_idle = all(step.hold is not None or step.state != "open" for step in steps.values())
    return min(holds, key=lambda hold: hold.seconds, default=None) if is_idle else None
