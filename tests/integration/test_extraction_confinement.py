import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from documents.extraction.confinement import run_confined
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


@pytest.mark.parametrize(
    ("arguments", "limits", "code"),
    [
        (("sleep",), {"seconds": 0.3}, "too_slow"),
        (("spin",), {"seconds": 0.3}, "too_slow"),
        (("eat_memory",), {"memory_bytes": 200 * 1024**2}, "too_much_memory"),
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
