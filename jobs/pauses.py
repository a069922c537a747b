"""Which queues nothing is taken from at the moment, and whose."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from jobs.models import QueuePause


@dataclass(frozen=True, kw_only=True, slots=True)
class Pauses:
    """Of one queue."""

    for_all: bool
    clinics: frozenset[UUID]


def find_pauses(*, queue: str) -> Pauses:
    paused = set(QueuePause.objects.filter(queue=queue).values_list("clinic_id", flat=True))
    return Pauses(for_all=None in paused, clinics=frozenset(each for each in paused if each is not None))


def is_paused() -> Exists:
    """Of a job: that its queue is, for its clinic or for all."""
    whose = Q(clinic=None) | Q(clinic_id=OuterRef("clinic_id"))
    return Exists(QueuePause.objects.filter(whose, queue=OuterRef("priority")))
