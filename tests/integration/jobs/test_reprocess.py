"""`manage.py reprocess` as an operator meets it: told, asked, stopped, killed, gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from documents.models import Upload
from jobs.management import backfill_run
from jobs.management.backfill_run import BackfillRun
from jobs.management.commands import reprocess as command
from jobs.models import Backfill, Job
from jobs.operations.backfilling import pause, submit_next
from pennie.accounts.models import Clinic
from tests.integration.jobs.test_backfills import NOW, make_read

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]


def reprocess(*said: str, stdin: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    """What it prints."""
    if monkeypatch is not None:
        monkeypatch.setattr("sys.stdin", StringIO(stdin))
    out = StringIO()
    call_command("reprocess", *said, "--no-wait", stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def files(clinic: Clinic, other_clinic: Clinic) -> list[Upload]:
    """Three of one clinic, and one of another."""
    make_read(other_clinic)
    return [make_read(clinic) for _ in range(3)]


def read_again() -> list[Upload]:
    return [job.upload for job in Job.objects.order_by("id")]


@pytest.mark.parametrize(
    ("said", "stdin", "submits", "words"),
    [
        (("--dry-run",), "", False, "Nothing was submitted, as --dry-run asks."),
        (("--yes",), "", True, "3 queued"),
        ((), "y\n", True, "3 queued"),
        ((), "n\n", False, "Nothing was submitted."),
        ((), "\n", False, "Nothing was submitted."),
        (("--yes", "--prompt-version", "v7"), "", False, "There is no file to read again: read with prompt v7."),
    ],
)
def test_nothing_is_submitted_before_somebody_said_yes(
    clinic: Clinic,
    files: list[Upload],
    said: tuple[str, ...],
    stdin: str,
    submits: bool,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = reprocess("--clinic", clinic.name, "--per-minute", "6000", *said, stdin=stdin, monkeypatch=monkeypatch)
    assert words in printed
    assert read_again() == (files if submits else [])


def test_who_cannot_be_asked_is_told_to_pass_yes(
    clinic: Clinic, files: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match="Give --yes"):
        reprocess("--clinic", clinic.name, monkeypatch=monkeypatch)
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(CommandError, match="Give --yes"):
        reprocess("--clinic", clinic.name)
    assert not Backfill.objects.exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((), "--all-clinics"),
        (("--clinic", "Nowhere"), "no clinic of that name"),
        (("--all-clinics", "--json"), "goes with --dry-run"),
        (("--all-clinics", "--read-since", "2026-03-02", "--read-until", "2026-03-02"), "there is no day"),
        (("--all-clinics", "--read-since", "2026-02-30"), "a day as YYYY-MM-DD"),
        (("--all-clinics", "--type", "poem"), "invalid choice"),
        (("--all-clinics", "--per-minute", "0"), "above 0"),
        (("--all-clinics", "--at-most", "0"), "from 1 on"),
        (("--all-clinics", "--engine", "openai"), "OPENAI_API_KEY"),
        (("--resume", "01a21eab-3d6f-708c-9e90-349e36d07cf2"), "--list"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_cure(files: list[Upload], said: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        reprocess(*said)
    assert not Job.objects.exists()


def test_the_cost_is_told_to_programs(clinic: Clinic, files: list[Upload]) -> None:
    told = json.loads(reprocess("--clinic", str(clinic.pk), "--dry-run", "--json"))
    (row,) = told["clinics"]
    assert (row["clinic_id"], row["files"], row["engine"], row["cost_usd"]) == (str(clinic.pk), 3, "rules", "0")


def test_ctrl_c_tells_how_to_go_on_and_it_does(
    clinic: Clinic, files: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([None, KeyboardInterrupt])

    def stop(**given: Any) -> Any:
        if (fault := next(calls)) is not None:
            raise fault
        return submit_next(**given)

    out = StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(backfill_run, "submit_next", stop)
        with pytest.raises(SystemExit) as stopped:
            call_command("reprocess", "--clinic", clinic.name, "--yes", "--per-minute", "6000", stdout=out, stderr=out)
    assert stopped.value.code == 130
    backfill = Backfill.objects.get()
    assert f"manage.py reprocess --resume {backfill.series}" in out.getvalue()
    assert read_again() == files[:1]
    pause(backfill_id=backfill.pk, now=NOW())
    reprocess("--resume", str(backfill.pk))
    assert read_again() == files
    with pytest.raises(CommandError, match="Nothing is left to be submitted"):
        reprocess("--resume", str(backfill.series))


def test_for_all_clinics_it_goes_on_by_the_series(files: list[Upload], clinic: Clinic, other_clinic: Clinic) -> None:
    printed = reprocess("--all-clinics", "--yes", "--per-minute", "6000")
    assert {clinic.name, other_clinic.name} <= {line.split(":")[0] for line in printed.splitlines()}
    assert Job.objects.count() == 4
    listed = reprocess("--list", "--clinic", other_clinic.name)
    assert str(Backfill.objects.get(clinic=other_clinic).pk) in listed
    assert str(Backfill.objects.get(clinic=clinic).pk) not in listed


def test_it_waits_for_its_jobs_and_tells_what_came_of_them(
    clinic: Clinic, files: list[Upload], work: Callable[[Job], Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    def work_meanwhile(seconds: float) -> None:
        work(Job.objects.filter(state="pending").earliest("id"))

    monkeypatch.setattr(command, "BackfillRun", partial(BackfillRun, sleep=work_meanwhile))
    out = StringIO()
    said = ("--clinic", clinic.name, "--yes", "--at-most", "1", "--per-minute", "60000")
    call_command("reprocess", *said, stdout=out, stderr=out)
    assert out.getvalue().splitlines()[-1].startswith(f"{clinic.name}: 3 completed; ")
    assert {job.priority for job in Job.objects.all()} == {"bulk"}


def test_a_process_that_is_killed_loses_nothing_and_submits_nothing_twice(clinic: Clinic) -> None:
    files = [make_read(clinic) for _ in range(6)]
    database = connection.settings_dict
    place = f"{quote(str(database['HOST']), safe='')}:{database['PORT']}/{database['NAME']}"
    environment = {**os.environ, "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{place}"}
    arguments = [sys.executable, "manage.py", "reprocess", "--clinic", str(clinic.pk), "--yes", "--per-minute", "120"]
    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while Job.objects.count() < 2:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    killed_after = Job.objects.count()
    assert 2 <= killed_after < len(files)
    backfill = Backfill.objects.get()
    assert (backfill.state, backfill.submitted) == ("open", killed_after)
    reprocess("--resume", str(backfill.pk), "--per-minute", "6000")
    assert read_again() == files
