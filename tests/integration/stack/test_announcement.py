"""Commands find the stack that runs in their clone, and no other."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pennie.stack.announcement import Announcement, adopt_running_stack
from pennie.stack.processes import Mark

SERVICES = {"DATABASE_URL": "postgres://pennie:x@127.0.0.1:20001/pennie", "REDIS_URL": "redis://:x@127.0.0.1:20002"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in SERVICES:
        monkeypatch.setenv(name, "")
    return tmp_path / "run" / "stack.json"


def adopt(path: Path) -> dict[str, str]:
    adopt_running_stack(path=path)
    return {name: os.environ[name] for name in SERVICES}


def announce(path: Path, *, runner: Mark | None = None) -> None:
    mark = runner or Mark.of(os.getpid())
    assert mark is not None
    Announcement(runner=mark, services=SERVICES, processes={}).write(path=path)


def test_a_living_runner_s_addresses_are_adopted(path: Path) -> None:
    announce(path)
    assert adopt(path) == SERVICES


def test_only_its_owner_can_read_them(path: Path) -> None:
    announce(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_those_of_a_runner_that_has_ended_are_not(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as runner:
        announce(path, runner=Mark.of(runner.pid))
        assert adopt(path) == SERVICES
        os.environ.update(dict.fromkeys(SERVICES, ""))
        runner.kill()
    assert adopt(path) == dict.fromkeys(SERVICES, "")


def test_nor_those_of_a_number_that_another_process_has_now(path: Path) -> None:
    announce(path, runner=Mark(pid=os.getpid(), started="long ago"))
    assert adopt(path) == dict.fromkeys(SERVICES, "")


def test_what_the_environment_names_stays_and_nothing_is_mixed_with_it(path: Path) -> None:
    announce(path)
    os.environ["DATABASE_URL"] = "postgres://elsewhere/other"
    assert adopt(path) == {"DATABASE_URL": "postgres://elsewhere/other", "REDIS_URL": ""}


def test_the_rest_is_adopted_where_the_environment_names_the_same(path: Path) -> None:
    announce(path)
    os.environ["DATABASE_URL"] = SERVICES["DATABASE_URL"]
    assert adopt(path) == SERVICES


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"runner": {"pid": 1}}', '{"runner": null}'])
def test_a_file_that_says_nothing_is_as_none(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    assert adopt(path) == dict.fromkeys(SERVICES, "")
