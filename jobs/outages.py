"""Whether the database is away, or was only busy with somebody else at the moment."""

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

_ENDED_FOR_IDLENESS = "25P03"  # of a session within a transaction; psycopg takes it for an InternalError
_BUSY = ("40", "55P03", "57014")  # SQLSTATEs: deadlock and the like, a lock or a statement that took too long


def is_busy(error: BaseException) -> bool:
    """Whether the server answered, and its answer was that it could not be done just now."""
    return isinstance(error, DatabaseError) and _state_of(error).startswith(_BUSY)


def is_outage(error: BaseException) -> bool:
    """Whether nothing can be written now: no connection, none to be had in time, or one that broke."""
    if isinstance(error, (OperationalError, InterfaceError)):
        return not is_busy(error)
    return isinstance(error, DatabaseError) and _state_of(error) == _ENDED_FOR_IDLENESS


def may_pass(error: BaseException) -> bool:
    """Whether the same may succeed by and by, with a new connection."""
    return is_outage(error) or is_busy(error)


def _state_of(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
