"""A worker that reads a scan, which may take an hour, is heard by: cancelled, overtaken or told to end, it stops."""

import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from PIL import Image, ImageDraw

from documents.models import ExtractedText
from jobs.models import Job
from jobs.operations import running, submitting
from jobs.operations.steering import cancel
from jobs.operations.submitting import Submitted
from pennie.accounts.principal import Principal

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
PATIENCE = 60.0  # seconds: a hang fails, a slow machine does not

# Knows a language, and never ends a page.
ENDLESS = """#!/bin/sh
case "$1" in
    --list-langs) echo "List of available languages (1):"; echo eng ;;
    *) exec sleep 600 ;;
esac
"""


def draw_scan() -> bytes:
    page = Image.new("L", (800, 1000), 255)
    ImageDraw.Draw(page).rectangle((100, 100, 700, 130), fill=0)
    buffer = BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def program(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is run as Tesseract."""
    program = tmp_path / "tesseract"
    program.write_text(ENDLESS)
    program.chmod(0o755)
    settings.TESSERACT = str(program)
    settings.JOB_LEASE_SECONDS = 1.5
    monkeypatch.setattr(submitting, "WAIT_SECONDS", 0.1)  # who sends it does not wait for its text
    return str(program)


@pytest.fixture
def reading(send: Send, program: str) -> Iterator[tuple[Job, threading.Thread]]:
    """A job whose scan is being read by a worker in a thread of its own."""
    job = send("scan.png", content=draw_scan()).job

    def work() -> None:
        try:
            running.run_job(job_id=job.pk, worker="worker@test")
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    until = time.monotonic() + PATIENCE
    while not find_reader(program):
        assert worker.is_alive()
        assert time.monotonic() < until
        time.sleep(0.05)
    yield job, worker
    worker.join(PATIENCE)


def find_reader(program: str) -> list[str]:
    """The confined process that is told to use `program`."""
    return [
        each.name
        for each in Path("/proc").glob("[0-9]*")
        if program.encode() in read_command(each) and b"ocr_worker" in read_command(each)
    ]


def read_command(process: Path) -> bytes:
    try:
        return process.joinpath("cmdline").read_bytes()
    except OSError:
        return b""


def ask_to_cancel(job: Job, principal: Principal) -> None:
    cancel(principal=principal, job_id=job.pk, now=timezone.now())


def overtake(job: Job, principal: Principal) -> None:
    Job.objects.filter(pk=job.pk).update(fence=F("fence") + 1)


def end_the_process(job: Job, principal: Principal) -> None:
    running.shutting_down.set()


@pytest.mark.parametrize(
    ("stop", "state"),
    [(ask_to_cancel, "cancelled"), (overtake, "processing"), (end_the_process, "pending")],
)
def test_what_reads_the_scan_is_ended(
    stop: Callable[[Job, Principal], None],
    state: str,
    reading: tuple[Job, threading.Thread],
    program: str,
    principal: Principal,
) -> None:
    job, worker = reading
    try:
        stop(job, principal)
        worker.join(PATIENCE)
        assert not worker.is_alive()
    finally:
        running.shutting_down.clear()
    job.refresh_from_db()
    assert (job.state, job.failures) == (state, 0)
    assert find_reader(program) == []
    assert not ExtractedText.objects.filter(upload=job.upload).exists()
