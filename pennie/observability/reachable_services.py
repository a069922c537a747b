"""Whether the PostgreSQL and the Redis of the settings can be had, said before anything is started on them."""

from collections.abc import Callable
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

_SECONDS: Final = 5
_DATABASE_CURE: Final = (
    "Start that PostgreSQL, or correct the address, user and password in DATABASE_URL; unset, PennieAI starts its own."
)
_REDIS_CURE: Final = (
    "Start that Redis, or correct the address and password in {variable}; with REDIS_URL and BROKER_URL unset, "
    "PennieAI starts its own."
)


_NOTICES: list[Callable[[], str]] = []


def add_notice(tell: Callable[[], str]) -> None:
    """Have an app tell the operator, beside the services, of what it can do without and would rather have."""
    if tell not in _NOTICES:
        _NOTICES.append(tell)


def list_notices() -> list[str]:
    return [tell() for tell in _NOTICES]


class ServiceUnreachable(Exception):
    """Says which variable's service, why, and the cure."""


def check_services() -> None:
    """Open one connection to each, and close it.

    Raises:
        ServiceUnreachable: of the first that cannot be had.
    """
    _check_database()
    _check_redis("REDIS_URL", settings.REDIS_URL)
    _check_redis("BROKER_URL", settings.BROKER_URL)


def _check_database() -> None:
    said: dict[str, Any] = connection.get_connection_params()
    wanted = {name: said[name] for name in ("host", "port", "user", "password", "dbname", "sslmode") if said.get(name)}
    try:
        psycopg.connect(**wanted, connect_timeout=_SECONDS).close()
    except psycopg.Error as error:
        raise ServiceUnreachable(_describe("PostgreSQL", "DATABASE_URL", error, _DATABASE_CURE)) from error


def _check_redis(variable: str, url: str) -> None:
    client = Redis.from_url(url, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS)
    try:
        client.ping()
    except RedisError as error:
        raise ServiceUnreachable(_describe("Redis", variable, error, _REDIS_CURE.format(variable=variable))) from error
    finally:
        client.close()


def _describe(service: str, variable: str, error: Exception, cure: str) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    reason = lines[0].strip().rstrip(".")
    return f"The {service} that {variable} names cannot be used: {reason}.\n{cure}"
