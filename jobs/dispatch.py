"""Messages to workers: a job's id on the queue of its priority. The reaper sends lost ones again."""

from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError
from redis import RedisError

RUN_JOB = "jobs.run"
_AWAY = (OperationalError, RedisError, OSError)


class BrokerAway(Exception):
    """The broker cannot be reached, or did not answer in time."""


def publish(*, job_id: UUID, queue: str) -> None:
    """Raises BrokerAway."""
    try:
        current_app.send_task(RUN_JOB, args=[str(job_id)], queue=queue, retry=False, ignore_result=True)
    except _AWAY as error:
        raise BrokerAway(type(error).__name__) from error


def count_messages(*, queue: str) -> int:
    """Messages that wait on a queue. Raises BrokerAway."""
    try:
        with current_app.connection_for_read() as connection, connection.channel() as channel:
            return int(channel._size(queue))
    except _AWAY as error:
        raise BrokerAway(type(error).__name__) from error
