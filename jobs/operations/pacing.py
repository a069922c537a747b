"""Holds to its pace a loop that submits many jobs."""

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from jobs.domain.pacing import Hold, Pace, find_hold, next_due
from jobs.domain.states import ACTIVE, Priority
from jobs.models import Job


class Pacer:
    """Call `wait` before each job is submitted, `submitted` after."""

    def __init__(
        self,
        *,
        pace: Pace,
        count_under_way: Callable[[], int],
        sleep: Callable[[float], object] = time.sleep,
        read_clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        """`count_under_way` tells how many of the caller's jobs have not ended; it is asked only where that counts.
        `sleep` takes seconds; a caller that is to end may raise from it.
        """
        self._pace = pace
        self._count_under_way = count_under_way
        self._sleep = sleep
        self._read_clock = read_clock
        self._due_at: datetime | None = None

    def wait(self, *, on_hold: Callable[[Hold], None] = lambda hold: None) -> None:
        """Returns when the next may be submitted. `on_hold` is told each time it is not yet."""
        while (hold := self.find_hold()) is not None:
            on_hold(hold)
            self._sleep(hold.seconds)

    def find_hold(self) -> Hold | None:
        """Why the next is not submitted now; None: it may be."""
        under_way = 0 if self._pace.at_most is None else self._count_under_way()
        return find_hold(pace=self._pace, due_at=self._due_at, under_way=under_way, now=self._read_clock())

    def submitted(self) -> None:
        """One was: the next one waits for its turn."""
        self._due_at = next_due(pace=self._pace, now=self._read_clock())


def count_under_way(*, clinic_id: UUID, priority: Priority) -> int:
    """The clinic's jobs of that queue that have not ended, parked ones too."""
    return Job.objects.filter(clinic_id=clinic_id, priority=priority, state__in=ACTIVE).count()


def count_of_batch(*, batch_id: UUID) -> int:
    """The jobs of the batch that have not ended, parked ones too."""
    return Job.objects.filter(batch_items__batch_id=batch_id, state__in=ACTIVE).count()
