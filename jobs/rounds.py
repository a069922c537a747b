"""A process that does one thing again and again until it is told to end, whatever is away meanwhile."""

import logging
import signal
import threading
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connection

from jobs.dispatch import BrokerAway

logger = logging.getLogger(__name__)

_LONGEST_PAUSE = 5.0  # seconds, while database or broker are away


def run_rounds(
    *, work: Callable[[], int], pause_seconds: float, is_through: Callable[[], bool] = lambda: False
) -> None:
    """Call `work` until SIGTERM or SIGINT: at once again while it finds something to do, else after the pause.

    It ends by itself once a round found nothing to do and `is_through` says so.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    failures = 0
    while not ended.is_set():
        try:
            found = work()
            failures = 0
        except (DatabaseError, BrokerAway) as error:
            failures += 1
            found = 0
            if failures == 1:  # not one line for each round of an outage
                logger.warning("Database or broker are away: %s.", type(error).__name__)
            connection.close()
        if not found and not failures and is_through():
            return
        if not found:
            ended.wait(min(_LONGEST_PAUSE, pause_seconds * 2 ** min(failures, 10)))
