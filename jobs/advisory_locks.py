"""Locks that one of several processes has at a time: relays, reapers, senders of webhooks."""

from typing import Final

from django.db import connection

# Any numbers that differ.
RELAY_LOCK: Final = 72_001
REAPER_LOCK: Final = 72_002
WEBHOOK_LOCK: Final = 72_003


def try_lock(number: int) -> bool:
    """Whether this transaction has the lock now; it is freed with the transaction, however that ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
    return bool(row and row[0])
