"""The product's processes as data: what is run, on which port, when it counts as ready, how it ends."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pennie.stack.ports import LOOPBACK

ROOT: Final = Path(__file__).resolve().parent.parent.parent
_PYTHON: Final = sys.executable

WEB_PORT: Final = 8000  # if it is free
FLOWER_USER: Final = "operator"
DEMO_ACCESS: Final = "demo.json"  # under var/
_WORKER_GRACE: Final = 8.0  # seconds
# In the order in which they are emptied. One worker takes no bulk, so that a backfill never has all of them.
_QUEUES: Final = {1: "urgent,normal,bulk", 2: "urgent,normal"}


@dataclass(frozen=True, kw_only=True)
class Program:
    name: str  # also its log's
    command: tuple[str | Path, ...]
    once: bool = False  # runs to its end, with exit code 0, before the next is started
    port: int | None = None  # ready when this accepts connections
    path: str = ""  # and answers to a GET of this
    says: str = ""  # ready when this stands in its log
    environment: Mapping[str, str] = field(default_factory=dict)  # added to the runner's; out of sight of other users
    grace_seconds: float = 5.0  # between SIGTERM and force
    orphan_signal: signal.Signals = signal.SIGKILL  # that it gets when the runner is killed


@dataclass(frozen=True, kw_only=True)
class Ports:
    web: int
    stream: int
    flower: int


def list_programs(*, ports: Ports, var: Path, flower_password: str, elsewhere: bool) -> list[Program]:
    """In the order of their start.

    `var` holds what they keep. `elsewhere`: PostgreSQL or Redis is another's, and asked for before anything is started.
    """
    check = Program(name="check", command=(_PYTHON, "manage.py", "check_services"), once=True)
    return [
        *((check,) if elsewhere else ()),
        Program(name="migrate", command=(_PYTHON, "manage.py", "migrate", "--no-input"), once=True),
        _web(port=ports.web, stream_port=ports.stream),
        _worker(number=1),
        _worker(number=2),
        _stream(port=ports.stream),
        Program(name="relay", command=(_PYTHON, "manage.py", "relay")),
        Program(name="reaper", command=(_PYTHON, "manage.py", "reaper")),
        Program(name="webhooks", command=(_PYTHON, "manage.py", "webhooks")),
        _beat(var=var),
        _flower(port=ports.flower, password=flower_password),
        # While the others are still starting.
        Program(
            name="prepare",
            command=(_PYTHON, "manage.py", "prepare_demo", "--access", var / DEMO_ACCESS),
            once=True,
        ),
    ]


def _web(*, port: int, stream_port: int) -> Program:
    return Program(
        name="web",
        command=(
            *(_PYTHON, "-m", "gunicorn", "pennie.wsgi:application", "--bind", f"{LOOPBACK}:{port}"),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "16", "--graceful-timeout", "4"),
            "--no-control-socket",  # which it would write under HOME
        ),
        port=port,
        environment={"STREAM_URL": f"http://{LOOPBACK}:{stream_port}"},  # what a job's links name
        path="/docs/",  # it accepts connections before it can answer
        orphan_signal=signal.SIGQUIT,  # at once; killed, it would leave its workers to notice that later
    )


def _stream(*, port: int) -> Program:
    return Program(
        name="stream",
        command=(
            *(_PYTHON, "-m", "uvicorn", "pennie.asgi:application", "--host", LOOPBACK, "--port", str(port)),
            *("--no-access-log", "--lifespan", "off", "--timeout-graceful-shutdown", "2"),
        ),
        port=port,
    )


def _worker(*, number: int) -> Program:
    return Program(
        name=f"worker{number}",
        command=(
            *(_PYTHON, "-m", "celery", "-A", "pennie", "worker", "-n", f"worker{number}@%h", "-Q", _QUEUES[number]),
            *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
        ),
        says=" ready.",
        grace_seconds=_WORKER_GRACE,  # what it has not finished then is another's once its lease has run out
        environment={"JOB_GRACE_SECONDS": str(_WORKER_GRACE)},
    )


def _beat(*, var: Path) -> Program:
    return Program(
        name="beat",
        command=(_PYTHON, "-m", "celery", "-A", "pennie", "beat", "-s", var / "run" / "beat-schedule"),
    )


def _flower(*, port: int, password: str) -> Program:
    return Program(
        name="flower",
        command=(_PYTHON, "-m", "celery", "-A", "pennie", "flower", f"--address={LOOPBACK}", f"--port={port}"),
        port=port,
        environment={"FLOWER_BASIC_AUTH": f"{FLOWER_USER}:{password}"},
    )
