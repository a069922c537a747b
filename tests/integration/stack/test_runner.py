"""The runner, with stand-ins for the product's programs: order, readiness, failures, and that nothing is left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pennie.stack.announcement import read_announcement
from pennie.stack.ports import find_free_port
from pennie.stack.processes import Mark, wait_until

ROOT = Path(__file__).resolve().parents[3]
ELSEWHERE = {"DATABASE_URL": "postgres://elsewhere/x", "REDIS_URL": "redis://elsewhere"}
LASTING = "import time; print('up', flush=True); time.sleep(120)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(120)"
)
# Has a child in its group that does not end with it.
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(120)']);"
    "print(child.pid, flush=True); print('up', flush=True); time.sleep(120)"
)


class Run:
    """A stack of stand-ins."""

    def __init__(self, process: "subprocess.Popen[str]", var: Path) -> None:
        self.process = process
        self.var = var
        self.told = ""

    def read_until(self, words: str) -> str:
        assert self.process.stdout is not None
        while words not in self.told:
            line = self.process.stdout.readline()
            assert line, f"it ended before it told {words!r}: {self.told}"
            self.told += line
        return self.told

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def marks(self) -> dict[str, Mark]:
        announcement = read_announcement(path=self.var / "run" / "stack.json")
        assert announcement is not None
        return dict(announcement.processes)


@contextmanager
def running(var: Path, *programs: dict[str, Any], **environment: str) -> Iterator[Run]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.stack.stand_ins", str(var), json.dumps(programs)],
        cwd=ROOT,
        env={**os.environ, **ELSEWHERE, **environment},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Run(process, var)
        finally:
            process.terminate()


def lasting(name: str, code: str = LASTING, **fields: Any) -> dict[str, Any]:
    return {"name": name, "code": code, "says": "up", **fields}


def are_gone(*marks: Mark | None) -> bool:
    return wait_until(lambda: not any(mark and mark.lives for mark in marks), seconds=30)


def test_what_runs_once_is_done_before_the_next_starts(tmp_path: Path) -> None:
    done = tmp_path / "done"
    first = {"name": "first", "once": True, "code": f"import time; time.sleep(0.5); open({str(done)!r}, 'w')"}
    second = lasting("second", f"import os; assert os.path.exists({str(done)!r}); {LASTING}")
    with running(tmp_path / "var", first, second) as run:
        told = run.read_until("all ready")
        assert "first: done in" in told
        assert "second: ready" in told


def test_ready_is_what_accepts_connections(tmp_path: Path) -> None:
    port = find_free_port()
    code = f"import socket, time; time.sleep(0.5); s = socket.create_server(('127.0.0.1', {port})); time.sleep(120)"
    with running(tmp_path, {"name": "server", "code": code, "port": port}) as run:
        assert f"server: ready, port {port}" in run.read_until("all ready")


def test_a_signal_ends_all_in_time_even_what_does_not_listen_and_what_it_started(tmp_path: Path) -> None:
    with running(
        tmp_path, lasting("kind"), lasting("stubborn", STUBBORN, grace_seconds=0.5), lasting("parent", PARENT)
    ) as run:
        run.read_until("all ready")
        marks = run.marks()
        grandchild = Mark.of(int((tmp_path / "log" / "parent.log").read_text().splitlines()[1]))
        assert grandchild is not None
        assert all(mark.lives for mark in (*marks.values(), grandchild))
        began = time.monotonic()
        assert run.end() == 0
        assert time.monotonic() - began < 60  # not the two minutes that they would sleep
        assert not any(mark.lives for mark in (*marks.values(), grandchild))
        assert not (tmp_path / "run" / "stack.json").exists()


def test_nothing_outlives_a_killed_runner_and_the_next_one_starts(tmp_path: Path) -> None:
    programs = [lasting("kind"), lasting("stubborn", STUBBORN, grace_seconds=0.5)]
    with running(tmp_path, *programs, DATABASE_URL="", REDIS_URL="") as run:
        run.read_until("all ready")
        marks = run.marks()
        services = [json.loads((tmp_path / name / "process.json").read_text()) for name in ("postgres", "redis")]
        os.killpg(run.process.pid, signal.SIGKILL)
    assert are_gone(*marks.values(), *(Mark(**service) for service in services))
    with running(tmp_path, *programs, DATABASE_URL="", REDIS_URL="") as run:
        run.read_until("all ready")
        assert run.end() == 0


def test_a_start_ends_what_a_killed_runner_left_where_the_kernel_does_not(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], start_new_session=True, stdout=subprocess.PIPE) as left:
        assert left.stdout is not None
        left.stdout.readline()
        with running(tmp_path, lasting("kind")) as run:
            run.read_until("all ready")
            path = tmp_path / "run" / "stack.json"
            said = json.loads(path.read_text())
            os.killpg(run.process.pid, signal.SIGKILL)
        mark = Mark.of(left.pid)
        assert mark is not None
        path.write_text(json.dumps({**said, "processes": {"left": {"pid": mark.pid, "started": mark.started}}}))
        with running(tmp_path, lasting("kind")) as run:
            run.read_until("all ready")
            assert left.wait(timeout=30) == -signal.SIGKILL


def test_a_second_runner_in_the_clone_is_refused_and_the_first_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path, lasting("kind")) as first:
        first.read_until("all ready")
        with running(tmp_path, lasting("kind")) as second:
            second.read_until("runs in this clone already")
            assert second.process.wait(timeout=30) == 1
        assert all(mark.lives for mark in first.marks().values())


def test_one_that_ends_before_it_is_ready_is_told_with_its_last_words_and_the_rest_is_stopped(tmp_path: Path) -> None:
    failing = lasting("failing", "import sys, time; time.sleep(0.3); print('No such table.'); sys.exit(3)")
    with running(tmp_path, lasting("kind"), failing) as run:
        told = run.read_until("No such table.")
        assert "failing ended with exit code 3" in told
        assert str(tmp_path / "log" / "failing.log") in told
        assert run.process.wait(timeout=30) == 1
    assert not (tmp_path / "run" / "stack.json").exists()


def test_one_that_runs_once_and_fails_ends_the_start(tmp_path: Path) -> None:
    with running(
        tmp_path, {"name": "first", "once": True, "code": "raise SystemExit('Bad.')"}, lasting("second")
    ) as run:
        assert "first ended with exit code 1" in run.read_until("Bad.")
        assert run.process.wait(timeout=30) == 1
    assert not (tmp_path / "log" / "second.log").exists()


def test_one_that_ends_later_is_told_and_started_again(tmp_path: Path) -> None:
    with running(tmp_path, lasting("kind")) as run:
        run.read_until("all ready")
        first = run.marks()["kind"]
        os.kill(first.pid, signal.SIGKILL)
        assert "kind ended by signal 9" in run.read_until("kind is started again")
        assert wait_until(lambda: run.marks()["kind"] != first and run.marks()["kind"].lives, seconds=30)


@pytest.mark.parametrize(
    ("variable", "started", "not_started"), [("DATABASE_URL", "postgres", "redis"), ("REDIS_URL", "redis", "postgres")]
)
def test_only_the_service_that_the_environment_does_not_name_is_started(
    tmp_path: Path, variable: str, started: str, not_started: str
) -> None:
    shows = (
        "import os, time; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'], 'up', flush=True); time.sleep(120)"
    )
    with running(tmp_path, lasting("kind", shows), **{variable: ""}) as run:
        run.read_until("all ready")
        assert (tmp_path / started).exists()
        assert not (tmp_path / not_started).exists()
        announcement = read_announcement(path=tmp_path / "run" / "stack.json")
        assert announcement is not None
        expected = {**ELSEWHERE, variable: announcement.services[variable]}
        assert announcement.services == expected
        assert "127.0.0.1" in expected[variable]
        assert (tmp_path / "log" / "kind.log").read_text().splitlines()[1].split()[:2] == [
            expected["DATABASE_URL"],
            expected["REDIS_URL"],
        ]


@pytest.mark.parametrize("service", ["postgres", "redis"])
def test_a_service_that_is_killed_is_started_again_at_its_address(tmp_path: Path, service: str) -> None:
    with running(tmp_path, lasting("kind"), DATABASE_URL="", REDIS_URL="") as run:
        run.read_until("all ready")
        path = tmp_path / service / "process.json"
        before = path.read_text()
        os.kill(json.loads(before)["pid"], signal.SIGKILL)
        run.read_until(f"{service} is started again")
        assert wait_until(lambda: path.read_text() not in (before, ""), seconds=30)
        assert run.end() == 0
