"""A stack of its own to be broken: PostgreSQL, Redis, relay, reaper, workers and the fake provider, on loopback.

Everything that is started is a child of this process, is ended by its own number, and dies with this process.
"""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from pennie.stack.postgres import running_postgres
from pennie.stack.processes import Child, start_child, wait_until
from pennie.stack.redis import running_redis
from tests.chaos.account import tell
from tests.chaos.database import Database
from tests.chaos.points import FOLDER, make_folder
from tests.fake_openai import API_KEY

ROOT: Final = Path(__file__).resolve().parent.parent.parent
FAST: Final = {  # what is lost is taken up at once
    "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
    "JOB_LEASE_SECONDS": 2,
    "JOB_REAPER_SECONDS": 1,
}
_START_SECONDS: Final = 60.0
_INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "COVERAGE_PROCESS_START")


class Stuck(Exception):
    """What was waited for did not come; says what, and what a process wrote last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A file that was sent in."""

    upload: str
    job: str


class Rig:
    """Services, relay and reaper, for as long as `running_rig` lasts."""

    def __init__(self, *, folder: Path, stack: ExitStack, settings: Mapping[str, object]) -> None:
        self.folder = folder
        self.points = make_folder(folder / "points")  # tests.chaos.points
        self._settings = settings
        # Durable, as the demo's: what a crash of PostgreSQL takes back is no defect of ours.
        self.postgres = stack.enter_context(running_postgres(folder=folder / "postgres", durable=True))
        self.redis = stack.enter_context(running_redis(folder=folder / "redis", durable=True))
        self.database = Database(url=self.postgres.url)
        stack.callback(self.database.close)
        self._count = 0
        self._stack = stack
        self.call("manage.py", "migrate", "--no-input", "--verbosity", "0")
        self.senders: dict[str, Child] = {}
        self.hire_senders()

    def hire_senders(self) -> None:
        """Relay and reaper, as long as nobody brings their own."""
        self.senders = {name: self.start("manage.py", name, name=name) for name in ("relay", "reaper")}

    def dismiss_senders(self) -> None:
        for child in self.senders.values():
            child.stop(stages=((signal.SIGTERM, 5.0),))
        self.senders = {}

    def environment(self, **more: object) -> dict[str, str]:
        """Of each process: nothing of the developer's but where programs are."""
        ours = {
            "DJANGO_SETTINGS_MODULE": "pennie.settings.dev",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "MEDIA_ROOT": self.folder / "media",
            "DEFAULT_CALLS_PER_HOUR": 0,  # many files of one sender
            FOLDER: self.points,
            **self._settings,
            **more,
        }
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return kept | {name: str(value) for name, value in ours.items()}

    def call(self, *arguments: str | Path, seconds: float = 120.0, **more: object) -> str:
        """What `python ARGUMENTS` prints. Raises CalledProcessError and TimeoutExpired."""
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            raise Stuck(f"{arguments[0]} ends with {done.returncode}. It wrote last:\n{done.stderr[-400:]}")
        return done.stdout

    def start(self, *arguments: str | Path, name: str, **more: object) -> Child:
        """`python ARGUMENTS`, ended by force with the rig if it has not ended before."""
        child = start_child(
            [sys.executable, *arguments],
            log=self.folder / "logs" / f"{name}.log",
            folder=ROOT,
            environment=self.environment(CHAOS_NAME=name, **more),
        )
        self._stack.callback(child.kill)
        return child

    def name(self, what: str) -> str:
        """A name that was not given before."""
        self._count += 1
        return f"{what}{self._count}"

    def send(self, *paths: Path) -> list[Sent]:
        """Send files in, for a new clinic."""
        return [Sent(**each) for each in json.loads(self.call("-m", "tests.chaos.sending", *paths))["sent"]]

    def drop_what_is_left(self) -> None:
        """Jobs that a failed scenario left undone are not the next one's work, nor their calls its calls."""
        self.database.execute(
            "UPDATE jobs_job SET state = 'cancelled', fence = fence + 1, lease_until = NULL, due_at = NULL"
            " WHERE state IN ('pending', 'retrying', 'parked', 'processing')"
        )
        self.database.execute("DELETE FROM jobs_outbox")

    def make_key(self) -> str:
        """A new clinic's key for the API."""
        return self.make_keys(1)[0]

    def make_keys(self, count: int) -> list[str]:
        """Each of a new clinic."""
        keys: list[str] = json.loads(self.call("-m", "tests.chaos.sending", "--clinics", str(count)))["keys"]
        return keys


@contextmanager
def running_rig(*, folder: Path, settings: Mapping[str, object] = FAST) -> Iterator[Rig]:
    """`settings` of all processes, as environment variables."""
    with ExitStack() as stack:
        yield Rig(folder=folder, stack=stack, settings=settings)


@dataclass(kw_only=True)
class Worker:
    name: str  # as Job.worker has it
    child: Child

    def kill(self) -> None:
        """kill -9; it has ended when this returns."""
        self.child.kill()


class Provider:
    """The fake in a process of its own, that knows the truth of some records."""

    def __init__(
        self, *, rig: Rig, records: Sequence[Path], latency_seconds: float, faults: Sequence[str] = ()
    ) -> None:
        """`faults` as its command line has them."""
        self.latency_seconds = latency_seconds
        arguments = [part for record in records for part in ("--record", str(record))]
        arguments += [part for fault in faults for part in ("--fault", fault)]
        name = rig.name("provider")
        self._child = rig.start("-m", "tests.fake_openai", "--latency", str(latency_seconds), *arguments, name=name)
        self.base_url = ""
        wait_for("the provider's address", self._read_address, seconds=_START_SECONDS, logs=[self._child])

    def _read_address(self) -> bool:
        said = self._child.log.read_text().splitlines()
        self.base_url = next((line for line in said if line.startswith("http://")), "")
        return bool(self.base_url)

    def calls(self) -> list[dict[str, Any]]:
        """Every question that reached it and has been answered, in order of arrival."""
        return [call for call in self._get("/__log") if call["method"] == "POST"]

    def open_calls(self) -> int:
        """Questions that it has not answered yet."""
        return int(self._get("/__open"))

    def count_asked(self) -> int:
        """Questions that have reached it; one that is being answered right now may be missed."""
        return len(self.calls()) + self.open_calls()

    def order(self, *faults: str) -> None:
        """From now on these faults and no others; calls are counted from 1 again."""
        request = urllib.request.Request(
            f"{self.base_url.removesuffix('/v1')}/__faults", data=json.dumps(faults).encode(), method="PUT"
        )
        urllib.request.urlopen(request, timeout=10).close()

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.base_url.removesuffix('/v1')}{path}", timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self._child.stop(stages=((signal.SIGTERM, 5.0),))


class Asked(Protocol):
    """A provider that workers may be pointed at."""

    @property
    def base_url(self) -> str: ...

    def calls(self) -> list[dict[str, Any]]:
        """What it was asked."""
        ...


class Crew:
    """Workers that ask one provider."""

    def __init__(
        self,
        *,
        rig: Rig,
        provider: Asked,
        calls_at_once: int,
        jobs_at_once: int,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self._rig, self._provider = rig, provider
        self._began: datetime = rig.database.value("SELECT now()")
        self._jobs_at_once = jobs_at_once
        self.settings = {
            "OPENAI_API_KEY": API_KEY,
            "OPENAI_BASE_URL": provider.base_url,
            "OPENAI_API": "responses",
            "OPENAI_CONCURRENCY": calls_at_once,
            **(settings or {}),
        }
        self._workers: dict[str, Worker] = {}

    def hire(self, count: int = 1, *, waits: bool = True) -> None:
        """Start workers; `waits` until they take work."""
        hired = [self._start(self._rig.name("worker")) for _ in range(count)]
        for worker in hired if waits else ():
            wait_for("a worker", lambda: " ready." in worker.child.log.read_text(), logs=[worker.child])  # noqa: B023

    def _start(self, name: str) -> Worker:
        worker = Worker(
            name=f"{name}@chaos",
            child=self._rig.start(
                *("-m", "celery", "-A", "pennie", "worker", "-n", f"{name}@chaos", "-Q", "urgent,normal,bulk"),
                *("--pool", "threads", "--concurrency", str(self._jobs_at_once), "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle"),
                name=name,
                **self.settings,
            ),
        )
        self._workers[worker.name] = worker
        return worker

    def at_work_on(self, job: str) -> Worker:
        """The worker that has the lease, as the database says."""
        return self._workers[self._rig.database.value("SELECT worker FROM jobs_job WHERE id = %s", job)]

    def at_work(self) -> list[Worker]:
        """Those that run and are ready to take jobs."""
        return [
            worker
            for worker in self._workers.values()
            if worker.child.runs and " ready." in worker.child.log.read_text()
        ]

    def ended(self) -> list[str]:
        """Workers that run no more."""
        return [name for name, worker in self._workers.items() if not worker.child.runs]

    def tell(self) -> str:
        """An account of all that was at work in its time."""
        try:
            calls = self._provider.calls()
        except OSError:  # it is away
            calls = []
        return tell(self._rig.database, since=self._began, calls=calls)

    @property
    def logs(self) -> list[Child]:
        return [worker.child for worker in self._workers.values()]

    def dismiss(self) -> None:
        for worker in self._workers.values():
            worker.child.kill()
        self._workers.clear()


@contextmanager
def working(
    rig: Rig,
    *,
    records: Sequence[Path],
    latency_seconds: float,
    calls_at_once: int,
    workers: int = 2,
    jobs_at_once: int = 1,
    faults: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
) -> Iterator[tuple[Provider, Crew]]:
    """A provider that knows `records`, and workers that ask it. Where it gets stuck, an account is added."""
    rig.drop_what_is_left()
    provider = Provider(rig=rig, records=records, latency_seconds=latency_seconds, faults=faults)
    crew = Crew(
        rig=rig, provider=provider, calls_at_once=calls_at_once, jobs_at_once=jobs_at_once, settings=settings or {}
    )
    try:
        crew.hire(workers)
        yield provider, crew
    except Stuck as problem:
        raise type(problem)(f"{problem}\n{crew.tell()}") from problem
    finally:
        crew.dismiss()
        provider.stop()


def wait_for(what: str, met: Callable[[], bool], *, seconds: float = 60.0, logs: Sequence[Child] = ()) -> None:
    """Raises Stuck."""
    if not wait_until(met, seconds=seconds):
        last = "\n".join(f"{child.log.name}:\n{child.read_last_lines(count=8)}" for child in logs)
        raise Stuck(f"after {seconds:g} s there was not: {what}\n{last}")
