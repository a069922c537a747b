"""Whose turn it is on a queue: the clinic's that is served least, so that none is starved."""

from typing import Final
from uuid import UUID

from django.db import connection

from jobs.pauses import Pauses

# The oldest job of each clinic that has one waiting, by one step of the index `job_turn` a clinic, however many wait;
# of these that of the clinic of which the fewest are at work.
TURN: Final = """
WITH RECURSIVE oldest AS (
    (SELECT clinic_id, id FROM jobs_job WHERE state = 'pending' AND priority = %(queue)s ORDER BY clinic_id, id LIMIT 1)
    UNION ALL
    SELECT following.* FROM oldest CROSS JOIN LATERAL (
        SELECT clinic_id, id FROM jobs_job
        WHERE state = 'pending' AND priority = %(queue)s AND clinic_id > oldest.clinic_id ORDER BY clinic_id, id LIMIT 1
    ) AS following
)
SELECT oldest.id FROM oldest
LEFT JOIN (SELECT clinic_id, count(*) AS jobs FROM jobs_job WHERE state = 'processing' GROUP BY clinic_id) AS at_work
    USING (clinic_id)
WHERE NOT clinic_id = ANY(%(paused)s)
ORDER BY coalesce(at_work.jobs, 0), oldest.id LIMIT 1
"""


def find_turn(*, queue: str, paused: Pauses) -> UUID | None:
    """The job of the queue that is to be begun next; None where none waits, or the queue is paused."""
    if paused.for_all:
        return None
    with connection.cursor() as cursor:
        cursor.execute(TURN, {"queue": queue, "paused": list(paused.clinics)})
        row = cursor.fetchone()
    return row[0] if row else None
