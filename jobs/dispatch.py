"""Messages to workers: a job's id on the queue of its priority. The reaper sends lost ones again."""

from functools import cache
from uuid import UUID

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError

RUN_JOB = "jobs.run"
_AWAY = (OperationalError, RedisError, OSError)


class BrokerAway(Exception):
    """The broker cannot be reached, or did not answer in time."""


@cache
def _sender() -> Celery:
    """An app that only sends: relay and reaper need no tasks, and the web process sends nothing at all."""
    app = Celery("pennie-dispatch", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    return app


def publish(*, job_id: UUID, queue: str) -> None:
    """Raises BrokerAway."""
    try:
        _sender().send_task(RUN_JOB, args=[str(job_id)], queue=queue, retry=False, ignore_result=True)
    except _AWAY as error:
        raise BrokerAway(type(error).__name__) from error


def count_messages(*, queue: str) -> int:
    """Messages that wait on a queue. Raises BrokerAway."""
    try:
        with _sender().connection_for_read() as connection, connection.channel() as channel:
            return int(channel._size(queue))
    except _AWAY as error:
        raise BrokerAway(type(error).__name__) from error
