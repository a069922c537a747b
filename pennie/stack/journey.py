"""A sample record's way through the API, as an integrator's program would send it: what `make demo` shows."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from jobs.analysis_tables import print_analysis
from pennie.stack.api_client import ApiClient, ApiProblem

_ROOT: Final = "/api/v1"
_POLL_SECONDS: Final = 0.2  # it is our own server; others keep to `poll_after_seconds`
_LONGEST_SECONDS: Final = 600.0
# A model set since, or a key mended, changes nothing of what is stored.
_KNOWN: Final = "known already (read anew by `Analyse again` at the file in the admin), here is what is stored"


class JourneyFailed(Exception):
    """Says how far it came."""


def send_sample(*, api: ApiClient, file: Path, console: Console, between: Callable[[], None]) -> bool:
    """Send `file`, follow its job, and print what is stored of it. `between` is called between two polls.

    Returns whether the job is completed. Raises JourneyFailed where the API refuses or does not answer.
    """
    try:
        reply = api.send_file(f"{_ROOT}/uploads/", file=file, fields={"external_id": "demo"})
        known = reply.status == 200
        upload, job = reply.body["upload"]["id"], reply.body["job"]["id"]
        console.print(f"\n{file.name}: " + (_KNOWN if known else "sent"))
        state = _follow(api, job, name=file.name, console=console, between=between)
        if state not in ("completed", "partial"):
            console.print(f"The job is {state}.{_say_problem(api.get(f'{_ROOT}/jobs/{job}/'))}")
            return False
        print_analysis(_read_result(api, upload, job), console=console)
    except (OSError, ApiProblem) as failed:
        raise JourneyFailed(f"The sample did not get through the API: {failed}") from failed
    return bool(state == "completed")


def _follow(api: ApiClient, job: str, *, name: str, console: Console, between: Callable[[], None]) -> str:
    """The job's state when it has ended, or waits for people, or has taken too long."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("parts of the text"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        while True:
            moment = api.get(f"{_ROOT}/jobs/{job}/progress/")
            bar.update(task, completed=moment["windows_done"], total=moment["windows_total"])
            if moment["is_ended"] or moment["state"] == "parked" or time.monotonic() > deadline:
                return str(moment["state"])
            between()
            time.sleep(_POLL_SECONDS)


def _say_problem(job: Mapping[str, Any]) -> str:
    problem = job["problem"]
    return f" {problem['title']}. {problem['detail']}" if problem else ""


def _read_result(api: ApiClient, upload: str, job: str) -> dict[str, Any]:
    """What is stored of the upload, in the form that `analyze` prints."""
    own = f"{_ROOT}/uploads/{upload}/"
    pieces = api.get(f"{own}documents/")["pieces"]
    documents = [piece["document"] for piece in pieces if piece["document"]]
    subjects = sorted(api.list_all(f"{_ROOT}/subjects/", upload=upload), key=lambda each: each["position"])
    facts = list(api.list_all(f"{own}facts/"))
    run = next(each for each in api.list_all(f"{own}segmentations/") if each["is_current"])
    done = api.get(f"{_ROOT}/jobs/{job}/")
    place = {document["id"]: number for number, document in enumerate(documents, start=1)}
    patient = {subject["id"]: number for number, subject in enumerate(subjects, start=1)}
    return {
        "file": api.get(own)["name"],
        "engine": run["engine"],
        "model": run["model"] or None,
        "lines": run["line_count"],
        "documents": [_describe_document(each, patient) for each in documents],
        "gaps": [piece["gap"] for piece in pieces if piece["gap"]],
        "patients": [
            {
                "name": subject["name"] or None,
                "facts": [
                    {**fact, "document": place.get(fact["document"])}
                    for fact in facts
                    if fact["subject"] == subject["id"]
                ],
            }
            for subject in subjects
        ],
        "unread": run["unread"],
        "warnings": run["warnings"],
        **_describe_calls(done),
    }


def _describe_document(document: Mapping[str, Any], patient: Mapping[str, int]) -> dict[str, Any]:
    return {
        **document,
        "needs_review": document["review"] == "needed",
        "patient": patient.get(document["subject"] or ""),
    }


def _describe_calls(job: Mapping[str, Any]) -> dict[str, Any]:
    totals = job["totals"]
    began, ended = (datetime.fromisoformat(job[name]) for name in ("started_at", "finished_at"))
    return {
        "calls": totals["calls"],
        "input_tokens": totals["input_tokens"],
        "output_tokens": totals["output_tokens"],
        "cost_usd": None if totals["cost_usd"] is None else float(totals["cost_usd"]),
        "seconds": (ended - began).total_seconds(),
    }
