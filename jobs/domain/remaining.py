"""How long a job still takes, by how long it took so far."""

from datetime import datetime, timedelta


def expect_end(*, begun: datetime, now: datetime, done: int, total: int) -> datetime | None:
    """When the last of `total` windows is likely to be answered, `done` of them having taken from `begun` to `now`.

    Windows that are answered at the same moment count as they come, so that the guess holds for any number of calls in
    flight. None while nothing can be said: no window is answered, or all are.
    """
    if not 0 < done < total:
        return None
    seconds = (now - begun).total_seconds() / done * (total - done)
    return (now + timedelta(seconds=max(0.0, seconds))).replace(microsecond=0)
