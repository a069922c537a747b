"""Which job a worker takes when a message wakes it: one of the clinic that is served least, so that none is starved.

A message names a job, but means only that there is one more to do on its queue. The clinic that sent a thousand files
first would otherwise be served alone until they are done.
"""

import logging
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import Q

from jobs.leases import is_claimable
from jobs.models import Job
from jobs.operations.running import run_job
from jobs.outages import may_pass
from jobs.pauses import find_pauses
from jobs.turns import find_turn

logger = logging.getLogger(__name__)

_TRIES = 100  # each that fails means that another worker has taken a job


def run_next(*, job_id: UUID, worker: str) -> None:
    """Work on the job of the message, or on one of its queue whose turn is before; returns when that is done."""
    try:
        for _ in range(_TRIES):
            chosen = choose_job(job_id=job_id)
            if chosen is None or run_job(job_id=chosen, worker=worker):
                return
    except DatabaseError as error:
        if not may_pass(error):
            raise
        logger.error("No job could be chosen: the database is away (%s).", type(error).__name__)
        connection.close()  # the reaper sends the job again


def choose_job(*, job_id: UUID) -> UUID | None:
    """The job itself where it is retried or taken over; else the oldest that waits on its queue, of the clinic of which
    the fewest are being worked on. None: there is nothing to do, or the queue is paused.

    Somebody at work on the job itself took it by another's message: then that one is meant. What is begun ends also
    while its queue is paused.
    """
    queue = Job.objects.filter(pk=job_id).values_list("priority", flat=True).first()
    if queue is None:
        return None
    paused = find_pauses(queue=queue)
    goes_on = Q(state="processing")
    if not paused.for_all:
        goes_on |= Q(state="retrying") & ~Q(clinic_id__in=paused.clinics)
    if Job.objects.filter(goes_on, is_claimable(), pk=job_id).exists():
        return job_id
    return find_turn(queue=queue, paused=paused)
