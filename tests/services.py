"""A pytest plugin: tests have a real PostgreSQL and a real Redis, with no service running before.

DATABASE_URL and REDIS_URL are used where they are set. What is not set is started for this run, by the process that
directs it, and ends with it. Settings are read before a run begins, so the addresses are settled when this is imported.
A run of nothing but unit tests, or of the tests with peers, which need neither, starts nothing.

Each worker of pytest-xdist has a database of PostgreSQL (by pytest-django) and two of Redis to itself.
"""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from pennie.stack.postgres import EmbeddedPostgres
from pennie.stack.redis import EmbeddedRedis
from pennie.stack.service import EmbeddedService

_ROOT = Path(__file__).resolve().parent.parent
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


class Services:
    """Addresses at once, servers when they are asked for."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pennie-tests-"))
        self._services: list[EmbeddedService] = []
        for name, service in (("DATABASE_URL", EmbeddedPostgres), ("REDIS_URL", EmbeddedRedis)):
            if not os.environ.get(name, "").strip():
                embedded = service(folder=self._folder / service.name, durable=False)
                os.environ[name] = embedded.reserve()
                self._services.append(embedded)

    def start(self) -> None:
        for service in self._services:
            service.start()

    def stop(self) -> None:
        for service in self._services:
            service.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _take_redis_databases(*, worker: str) -> None:
    """Two for each worker, from 2 on; 0 and 1 are those of a run without workers."""
    first = 2 + 2 * int(worker.removeprefix("gw")) if worker else 0
    address = urlsplit(os.environ["REDIS_URL"])
    for name, database in (("BROKER_URL", first), ("REDIS_URL", first + 1)):
        os.environ[name] = urlunsplit(address._replace(path=f"/{database}"))


_services = None if _WORKER else Services()
_take_redis_databases(worker=_WORKER)


def pytest_configure(config: pytest.Config) -> None:
    if _services is not None and not config.option.collectonly and not _needs_none(config):
        _services.start()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _services is not None:
        _services.stop()


def _needs_none(config: pytest.Config) -> bool:
    bare = {_ROOT / "tests" / name for name in ("unit", "peers")}
    asked = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    return bool(asked) and all(not bare.isdisjoint([path, *path.parents]) for path in asked)
