"""What became of one hostile file, by what the API answered and what is on record."""

import json
import os
import resource
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from documents.extraction.problems import CODES
from documents.models import ExtractedText, Upload
from documents.operations.texts import load_text
from jobs.models import Job, Outbox
from jobs.operations import running
from tests.hostile.building import HostileFile

_ENDED = ("completed", "partial", "failed")


@dataclass(kw_only=True, slots=True)
class Tally:
    """Over a run."""

    outcomes: Counter[str] = field(default_factory=Counter)  # by problem code, or "read"
    faults: list[str] = field(default_factory=list)  # each names its file
    slowest: tuple[float, str] = (0.0, "")  # seconds
    largest: tuple[int, str] = (0, "")  # KB of one process under this one
    own_largest: tuple[int, str] = (0, "")  # KB of this process, the building of the files included

    def add(self, file: HostileFile, *, outcome: str, seconds: float) -> None:
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, (seconds, file.way))
        # The largest so far of all processes that ended: this file's where it grew.
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        if largest > self.largest[0]:
            self.largest = (largest, file.way)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if own > self.own_largest[0]:
            self.own_largest = (own, file.way)

    def report(self) -> str:
        lines = [f"{count:6,}  {outcome}" for outcome, count in self.outcomes.most_common()]
        lines += [
            f"{self.outcomes.total():,} files, {len(self.faults)} faults",
            f"slowest: {self.slowest[0]:.1f} s ({self.slowest[1]})",
            f"largest process under this one: {self.largest[0] / 1024:,.0f} MB ({self.largest[1]})",
            f"this process: {self.own_largest[0] / 1024:,.0f} MB ({self.own_largest[1]})",
        ]
        return "\n".join(lines + self.faults)


def send_and_judge(file: HostileFile, *, api: APIClient, media: Path, tally: Tally) -> None:
    """Send the file as a practice's system would, run its job if it was taken, and look at what is left."""
    begun = monotonic()
    before = _count(media)
    answer: Any = api.post(
        "/api/v1/uploads/", {"file": SimpleUploadedFile(file.name, file.content), "engine": "rules"}, format="multipart"
    )
    told = json.loads(answer.content)
    if answer.status_code == 202:
        outcome = _run(told, file=file, tally=tally)
    else:
        outcome = str(told.get("code"))
        _check_refusal(told, status=answer.status_code, file=file, tally=tally)
        if answer.status_code != 200 and _count(media) != before:
            tally.faults.append(f"{file.number} ({file.way}): half stored")
    _check_processes(file, tally=tally)
    tally.add(file, outcome=outcome, seconds=monotonic() - begun)


def _check_refusal(told: dict[str, Any], *, status: int, file: HostileFile, tally: Tally) -> None:
    if status == 200:  # the same bytes were sent before
        return
    if told.get("code") not in CODES | {"invalid"} or status >= 500:
        tally.faults.append(f"{file.number} ({file.way}): answered {status} {told.get('code')}")
    elif told.get("code") in CODES and len(str(told.get("detail", ""))) <= len(str(told.get("title", ""))):
        tally.faults.append(f"{file.number} ({file.way}): {told.get('code')} without a cure")


def _run(told: dict[str, Any], *, file: HostileFile, tally: Tally) -> str:
    """Let the job run as a worker would. A text that is kept keeps what lines promise."""
    job = Job.objects.get(pk=told["job"]["id"])
    try:
        running.run_job(job_id=job.pk, worker="worker@hostile")
    except Exception as crash:
        tally.faults.append(f"{file.number} ({file.way}): the job crashed with {type(crash).__name__}")
        return "crashed"
    job.refresh_from_db()
    upload = Upload.objects.get(pk=job.upload_id)
    code = (job.problem or {}).get("code", "")
    if job.state not in _ENDED or (job.state == "failed" and code not in CODES):
        tally.faults.append(f"{file.number} ({file.way}): the job is {job.state} ({code})")
    if job.state == "failed":
        return f"{code} (told by the job)"
    text = load_text(upload=upload)
    if any(set(line) & {"\r", "\n", "\0"} for line in text.lines) or upload.current_segmentation_id is None:
        tally.faults.append(f"{file.number} ({file.way}): kept in part, or with lines that are none")
    return "read"


def _count(media: Path) -> tuple[int, ...]:
    files = sum(1 for path in media.rglob("*") if path.is_file())
    return (Upload.objects.count(), ExtractedText.objects.count(), Job.objects.count(), Outbox.objects.count(), files)


def _check_processes(file: HostileFile, *, tally: Tally) -> None:
    """No parser is left behind. (Linux alone tells; the tests' own services are not children of this process.)"""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    if not children.exists():
        return
    for pid in children.read_text().split():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"documents.extraction.confined" in command or b"tesseract" in command:
            tally.faults.append(f"{file.number} ({file.way}): a parser was left running")
