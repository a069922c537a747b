"""300 listeners at the stream process: its memory, how late events come, and what web requests notice of them."""

import json
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any, Final

from pennie.stack.ports import LOOPBACK, find_free_port
from pennie.stack.processes import Child
from tests.bench.figures import Figure, Section, at_most
from tests.bench.load import cpu_seconds, resident_mb
from tests.bench.material import Material
from tests.chaos.rig import Rig, running_rig, wait_for
from tests.chaos.web import serving

LATEST: Final = 1.0  # seconds that an event may come late
SLOWER: Final = 1.5  # times that a web request may take of what it takes without listeners
_LISTENERS: Final = 300
_ROUNDS: Final = 8
_PAUSE: Final = 2.0  # seconds between two words about a job
_MOST_SECONDS: Final = 120.0
_CALLERS: Final = 4
_THINKING: Final = 0.1  # seconds between an answer and the caller's next request


def measure_listeners(material: Material) -> Section:
    """First each listener at a job of its own, then all at one. Raises Stuck, RuntimeError where one is not let in."""
    with (
        tempfile.TemporaryDirectory(prefix="pennie-bench-listeners-") as folder,
        running_rig(folder=Path(folder), settings={}) as rig,
        serving(rig) as web,
        streaming(rig) as (stream, port),
    ):
        seeded = json.loads(rig.call("-m", "tests.bench.seeding", str(_LISTENERS + 1), seconds=600))
        jobs = [str(row["id"]) for row in rig.database.rows("SELECT id FROM jobs_job ORDER BY id")]
        apart = _measure(rig, stream, jobs=jobs[:_LISTENERS], port=port, web=web, seeded=seeded)
        together = _measure(rig, stream, jobs=jobs[-1:], port=port, web=web, seeded=seeded)
    return Section(
        name="listeners",
        title=f"{_LISTENERS} listeners at one stream process, a word about each job every {_PAUSE:g} s",
        figures=(*_tell("a job each", apart), *_tell("all at one job", together)),
        notes=(
            f"web: {_CALLERS} callers with {_THINKING:g} s between requests, beside the same before and after",
            "listeners, teller, callers, web, stream, PostgreSQL and Redis share the cores",
        ),
    )


@contextmanager
def streaming(rig: Rig) -> Iterator[tuple[Child, int]]:
    """The stream process as the stack runs it, and its port."""
    port = find_free_port()
    stream = rig.start(
        *("-m", "uvicorn", "pennie.asgi:application", "--host", LOOPBACK, "--port", str(port)),
        *("--no-access-log", "--lifespan", "off", "--timeout-graceful-shutdown", "2"),
        name=rig.name("stream"),
    )
    try:
        wait_for("the stream process", lambda: _answers(port), logs=[stream])
        yield stream, port
    finally:
        stream.stop(stages=((signal.SIGTERM, 5.0),))


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=5):
            return True
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measured:
    late: Sequence[float]  # seconds, of each event that a listener heard
    missing: int  # events that a listener did not hear
    idle_mb: float
    full_mb: float
    stream_cpu: float  # seconds of processor time, of each second that was told
    web_ms: Mapping[str, Sequence[float]]  # median and 99th percentile: before, with, after


def _measure(
    rig: Rig, stream: Child, *, jobs: Sequence[str], port: int, web: int, seeded: Mapping[str, Any]
) -> _Measured:
    """`jobs`: as many as listeners, or one for all. They are ended by it."""
    key, path = seeded["key"], seeded["paths"]["list of uploads"]
    idle = resident_mb(stream)
    before = _ask(rig, port=web, path=path, key=key, seconds=_ROUNDS)
    watched = [*jobs] * (_LISTENERS // len(jobs))
    arguments = ("-m", "tests.bench.listening", str(port), str(_MOST_SECONDS), *watched)
    listening = rig.start(*arguments, name=rig.name("listening"), API_KEY=key)
    wait_for("the listeners", lambda: "ready" in listening.log.read_text(), seconds=120, logs=[listening, stream])
    full, cpu = resident_mb(stream), cpu_seconds([stream])
    telling = rig.start("-m", "tests.bench.telling", str(_ROUNDS), str(_PAUSE), *jobs, name=rig.name("telling"))
    during = _ask(rig, port=web, path=path, key=key, seconds=_ROUNDS)
    wait_for("the end of what is told", lambda: not telling.runs, seconds=120, logs=[telling])
    full, cpu = max(full, resident_mb(stream)), cpu_seconds([stream]) - cpu
    wait_for("the end of the streams", lambda: not listening.runs, seconds=_MOST_SECONDS, logs=[listening, stream])
    after = _ask(rig, port=web, path=path, key=key, seconds=_ROUNDS)
    late, missing = _compare(told=_read(telling), heard=_read(listening))
    return _Measured(
        late=late,
        missing=missing,
        idle_mb=idle,
        full_mb=full,
        stream_cpu=cpu / ((_ROUNDS + 1) * _PAUSE),
        web_ms={name: [each[name] for each in (before, during, after)] for name in ("p50_ms", "p99_ms")},
    )


def _ask(rig: Rig, *, port: int, path: str, key: str, seconds: float) -> Mapping[str, Any]:
    """Raises RuntimeError where an answer is not 200."""
    arguments = (str(port), path, str(_CALLERS), str(seconds), str(_THINKING))
    said: dict[str, Any] = json.loads(rig.call("-m", "tests.bench.calling", *arguments, API_KEY=key))
    if said["failed"]:
        raise RuntimeError(f"{said['failed']} of {said['answers']} answers to {path} were not 200")
    return said


def _read(child: Child) -> Any:
    """The last line that it wrote."""
    return json.loads(child.log.read_text().strip().rpartition("\n")[2])


def _compare(*, told: Mapping[str, Any], heard: Sequence[Mapping[str, Any]]) -> tuple[list[float], int]:
    """How late each event was heard, in seconds, and how many were not."""
    late, missing = [], 0
    for listener in heard:
        at = dict(listener["heard"])
        for mark, moment in told[listener["job"]]:
            if mark in at:
                late.append(at[mark] - moment)
            else:
                missing += 1
    return late, missing


def _tell(name: str, said: _Measured) -> Iterator[Figure]:
    cuts = quantiles(said.late, n=100)
    yield Figure(name=f"{name}: events late, median", value=1e3 * median(said.late), unit="ms")
    yield Figure(name=f"{name}: 99 of 100 within", value=1e3 * cuts[98], unit="ms")
    yield Figure(name=f"{name}: the latest", value=max(said.late), unit="s", bound=at_most(LATEST))
    yield Figure(name=f"{name}: not heard", value=said.missing, bound=at_most(0))
    yield Figure(name=f"{name}: memory without listeners", value=said.idle_mb, unit="MB")
    yield Figure(name=f"{name}: memory with them", value=said.full_mb, unit="MB")
    yield Figure(name=f"{name}: processor time of the stream", value=100 * said.stream_cpu, unit="% of a core")
    for words, (before, during, after) in zip(("median", "99 of 100"), said.web_ms.values(), strict=True):
        yield Figure(name=f"{name}: web request, {words}", value=during, unit="ms")
        bound = at_most(SLOWER) if words == "median" else None
        yield Figure(
            name=f"{name}: {words}, over without", value=during / mean((before, after)), unit="times", bound=bound
        )
