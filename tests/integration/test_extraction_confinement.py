import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from documents.extraction.confinement import ExtractionStopped, run_confined
from documents.extraction.problems import ExtractionProblem

WORKERS = "tests.integration.hostile_workers"
ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str, content: bytes = b"", seconds: float = 30, memory_bytes: int = 1024**3) -> bytes:
    return run_confined(
        module=WORKERS, arguments=arguments, content=content, seconds=seconds, memory_bytes=memory_bytes
    )


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_content_goes_in_and_comes_out_whole():
    content = os.urandom(3_000_000)
    assert run("echo", content=content) == content


def test_a_parser_need_not_read_all_that_it_is_given():
    assert run("leave_input_unread", content=b"x" * 3_000_000) == b"done"


@pytest.mark.parametrize(
    ("arguments", "limits", "code"),
    [
        (("sleep",), {"seconds": 0.3}, "too_slow"),
        (("spin",), {"seconds": 0.3}, "too_slow"),
        (("eat_memory",), {"memory_bytes": 200 * 1024**2}, "too_much_memory"),
        (("flood",), {"memory_bytes": 100 * 1024**2}, "too_large"),
        (("crash",), {}, "parser_crashed"),
        (("fail",), {}, "parser_crashed"),
    ],
)
def test_a_parser_that_misbehaves_is_ended_and_leaves_nothing(arguments, limits, code, capfd):
    before = children()
    with pytest.raises(ExtractionProblem) as refused:
        run(*arguments, content=b"x" * 500_000, **limits)
    assert refused.value.code == code
    assert children() <= before
    assert capfd.readouterr() == ("", "")


def processes_with(argument: str) -> list[str]:
    """Those that have `argument` on their command line and are not yet dead."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            dead = process.joinpath("stat").read_text().rpartition(")")[2].split()[0] in "ZX"
            if not dead and argument.encode() in process.joinpath("cmdline").read_bytes().split(b"\0"):
                found.append(process.name)
    return found


def left_behind(argument: str) -> list[str]:
    """The processes with that argument that do not end. One that was killed may take a moment to be gone."""
    deadline = time.monotonic() + 20
    while (found := processes_with(argument)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="macOS cannot wait without taking the exit code")
@pytest.mark.parametrize("deed", ["crash_with_child", "leave_child"])
def test_a_parser_that_ends_ahead_of_its_children_takes_them_along(deed):
    seconds = "60." + str(os.getpid())  # told from other runs of these tests by it
    with suppress(ExtractionProblem):
        run(deed, seconds)
    assert left_behind(seconds) == []


@pytest.mark.parametrize("deed", ["sleep", "spin", "halve"])
def test_a_text_that_nobody_wants_any_more_is_not_waited_for(deed):
    memory_bytes = 310 * 1024**2 + os.getpid()  # told from other runs of these tests by it
    asked = iter([False, False, True])
    arguments = ("halve", "sleep", "sleep") if deed == "halve" else (deed,)
    with pytest.raises(ExtractionStopped):
        run_confined(
            module=WORKERS,
            arguments=arguments,
            content=b"",
            seconds=300,
            memory_bytes=memory_bytes,
            is_unwanted=lambda: next(asked),
        )
    assert left_behind(str(memory_bytes)) == []


def test_where_nobody_wants_it_nothing_is_begun():
    with pytest.raises(ExtractionStopped):
        run_confined(
            module="no.such.module",
            arguments=(),
            content=b"",
            seconds=9,
            memory_bytes=1024**3,
            is_unwanted=lambda: True,
        )


def test_two_processes_share_the_pages_in_order():
    assert json.loads(run("halve", "count", "count")) == [[0, 1, 2], [3, 4, 5, 6]]


@pytest.mark.parametrize(
    ("deeds", "limits", "code"),
    [
        (("count", "sleep"), {"seconds": 0.4}, "too_slow"),
        (("sleep", "count"), {"seconds": 0.4}, "too_slow"),
        (("sleep", "sleep"), {"seconds": 0.4}, "too_slow"),
        (("count", "eat_memory"), {}, "too_much_memory"),
        (("eat_memory", "sleep"), {}, "too_much_memory"),
        (("count", "crash"), {}, "parser_crashed"),
        (("crash", "count"), {}, "parser_crashed"),
        (("fail", "sleep"), {}, "parser_crashed"),
        (("count", "fail"), {}, "parser_crashed"),
    ],
)
def test_where_one_of_two_fails_both_end(deeds, limits, code, capfd):
    memory_bytes = 300 * 1024**2 + os.getpid()  # told from other runs of these tests by it
    with pytest.raises(ExtractionProblem) as refused:
        run("halve", *deeds, memory_bytes=memory_bytes, **limits)
    assert refused.value.code == code
    assert left_behind(str(memory_bytes)) == []
    assert capfd.readouterr() == ("", "")


def test_a_parser_cannot_write_files(tmp_path):
    target = tmp_path / "left-behind"
    with pytest.raises(ExtractionProblem):
        run("write_file", str(target))
    assert not target.exists() or target.stat().st_size == 0


def test_a_parser_inherits_no_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "secret")
    told = json.loads(run("tell"))
    assert set(told["environment"]) <= {"LC_ALL", "LD_LIBRARY_PATH"}
    assert "django" not in told["modules"]


def test_the_pdf_worker_needs_nothing_of_the_frame():
    code = (
        "import sys, documents.extraction.pdf_worker; print('django' in sys.modules, 'documents.apps' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]


def test_an_orphan_ends_by_its_own_alarm():
    """With nobody to kill it, the child's own limits do: it is started here without its parent's side."""
    command = [sys.executable, "-m", "documents.extraction.confined", WORKERS, "0", str(1024**3), "sleep"]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=30).returncode == -14
