"""Analyses one file for the command line: bytes in, the object of `analyze --json` out. Nothing is kept."""

import logging
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from documents.domain import prompts
from documents.domain.facts.observed import Fact
from documents.domain.facts.records import PatientRecord
from documents.domain.findings import MAX_QUOTE
from documents.domain.lines import SourceText
from documents.domain.rules.explaining import explain
from documents.domain.segmentation import Document, join_runs
from documents.extraction.problems import ExtractionProblem
from documents.extraction.registry import extract
from jobs.configured_limits import extraction_limits
from jobs.defects import find_place
from jobs.estimates import estimate_file
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.client import EngineChoice, InvalidSetting, ModelClient
from jobs.llm.configured import ChosenEngine, choose_engine, make_openai_client
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import InMemoryLedger, Totals
from jobs.llm.rules import RulesClient
from jobs.pipeline import Analysis, OnProgress, PreparedFile, analyze

logger = logging.getLogger(__name__)


def analyze_file(
    *,
    path: Path,
    engine: EngineChoice = "auto",
    model: str | None = None,
    prompt: str = prompts.VERSION,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """The analysis of the file at `path` as the object that `analyze --json` prints (docs/analyze.md).

    `model`: another than that of the settings; `prompt`: another version of what it is asked.
    Raises ExtractionProblem: for a file that cannot be read, and with the code `defect` for what was not foreseen, so
    that one file's defect does not end the others. Raises InvalidSetting for a model that cannot be asked.
    """
    begun = time.perf_counter()
    with _telling_defects():
        prepared = PreparedFile(read_file(path), prompt_version=prompt)
        described = _analyze(prepared, engine=choose_engine(engine), model=model, on_progress=on_progress)
    return {"file": str(path), **described, "seconds": round(time.perf_counter() - begun, 3)}


def estimate_path(*, path: Path, engine: EngineChoice = "auto", now: datetime) -> dict[str, Any]:
    """What the analysis of the file at `path` would take, as the object that `analyze --estimate --json` prints.

    Nothing is asked. Raises as `analyze_file`.
    """
    with _telling_defects():
        text = read_file(path)
        estimate = estimate_file(prepared=PreparedFile(text), engine=choose_engine(engine), now=now)
    return {
        "file": str(path),
        "engine": estimate.engine,
        "model": estimate.model,
        "lines": len(text.lines),
        "pages": text.page_count,
        "windows": estimate.windows,
        "calls": estimate.calls,
        "input_tokens": estimate.input_tokens,
        "output_tokens": estimate.output_tokens,
        "cost_usd": None if estimate.cost_usd is None else float(estimate.cost_usd),
        "seconds": estimate.seconds,
    }


def explain_path(*, path: Path) -> dict[str, Any]:
    """Why the rules see the file's documents begin where they do: the object that `analyze --explain --json` prints.

    Nothing is asked. Raises as `analyze_file`.
    """
    with _telling_defects():
        text = read_file(path)
        prepared = PreparedFile(text)
        told = explain(prepared.reading)
    return {
        "file": str(path),
        "rules": prepared.reading.scene.model.version,
        "lines": len(text.lines),
        "beginnings": [
            {
                "line": each.line,
                "text": text.lines[each.line - 1].strip()[:MAX_QUOTE],
                "begins": each.begins,
                "points": each.points,
                "margin": each.margin,
                "signals": [
                    {"name": reason.name, "words": reason.words, "points": reason.points} for reason in each.reasons
                ],
            }
            for each in told
        ],
    }


@contextmanager
def _telling_defects() -> Iterator[None]:
    """What was not foreseen, as a problem of the one file."""
    try:
        yield
    except (ExtractionProblem, InvalidSetting):
        raise
    except Exception as error:
        place = find_place(error)
        # Neither message nor traceback: an exception of unforeseen type may quote the document.
        logger.error("A file met a defect: %s at %s; please report it.", type(error).__qualname__, place)
        raise ExtractionProblem("defect", found=f"{type(error).__qualname__} at {place}") from error


def _analyze(
    prepared: PreparedFile, *, engine: ChosenEngine, model: str | None, on_progress: OnProgress | None
) -> dict[str, Any]:
    ledger = InMemoryLedger()
    client = _make_client(engine, model=model, prepared=prepared)
    gateway = Gateway(
        client=client, ledger=ledger, checkpoints=InMemoryCheckpoints(), concurrency=settings.OPENAI_CONCURRENCY
    )
    analysis = analyze(prepared=prepared, gateway=gateway, model_reads=engine != "rules", on_progress=on_progress)
    totals = ledger.totals()
    described = describe(analysis, text=prepared.text)
    described["warnings"] += _warn_of_cost(totals)
    return {"engine": engine, "model": client.model, **described, **_describe_calls(totals)}


def read_file(path: Path) -> SourceText:
    """The file's text as numbered lines. A pipe is read too (/dev/stdin). Raises ExtractionProblem."""
    return extract(content=read_bytes(path), name=path.name, limits=extraction_limits())


def read_bytes(path: Path) -> bytes:
    """The whole file, if it is no larger than may be. Raises ExtractionProblem."""
    try:
        return _read_bytes(path, most=extraction_limits().max_bytes)
    except FileNotFoundError:
        raise ExtractionProblem("unreadable", found="there is none at this path") from None
    except IsADirectoryError:
        raise ExtractionProblem("unreadable", found="it is a folder; name the files in it") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        found = getattr(error, "strerror", None) or type(error).__name__
        raise ExtractionProblem("unreadable", found=found) from None


def _read_bytes(path: Path, *, most: int) -> bytes:
    """The whole file. A device or a pipe tells no size, so it is read as far as one byte more than may be."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        content = b"" if size > most else file.read(most + 1)
    if max(size, len(content)) > most:
        found = f"{size:,} bytes" if size else f"more than {most:,} bytes"
        raise ExtractionProblem("too_large", found=f"{found}; at most {most:,} are read")
    return content


def _make_client(engine: ChosenEngine, *, model: str | None, prepared: PreparedFile) -> ModelClient:
    if engine == "rules":
        return RulesClient(reading=prepared.reading, claims=prepared.claims)
    return make_openai_client(model=model)


def describe(analysis: Analysis, *, text: SourceText) -> dict[str, Any]:
    """Lines, parts, documents, gaps, noise, patients, unread lines and warnings, ready for JSON. Lists count from 1."""
    segmentation, filing = analysis.segmentation, analysis.filing
    return {
        "lines": len(text.lines),
        "parts": [{"name": part.name, "kind": part.kind, "first_line": part.first_line} for part in text.parts],
        "documents": [
            _describe_document(document, patient=patient, text=text)
            for document, patient in zip(segmentation.documents, filing.patient_of_document, strict=True)
        ],
        "gaps": [
            {"start_line": gap.start_line, "end_line": gap.end_line, "reason": gap.reason} for gap in segmentation.gaps
        ],
        "noise": [{"start_line": first, "end_line": last} for first, last in join_runs(segmentation.noise_lines)],
        "patients": [describe_patient(patient) for patient in filing.patients],
        "unread": [
            {
                "start_line": each.window.owned_first,
                "end_line": each.window.owned_last,
                "failure": each.failure,
            }
            for each in analysis.unread
        ],
        "warnings": list(analysis.warnings),
    }


def _describe_document(document: Document, *, patient: int | None, text: SourceText) -> dict[str, Any]:
    return {
        "title": document.title,
        "title_printed": document.title_printed,
        "type": document.type,
        "date": document.date,
        "start_line": document.start_line,
        "end_line": document.end_line,
        "first_page": text.pages[document.start_line - 1],
        "last_page": text.pages[document.end_line - 1],
        "confidence": document.confidence,
        "needs_review": document.needs_review,
        "patient": None if patient is None else patient + 1,
    }


def describe_patient(patient: PatientRecord) -> dict[str, Any]:
    """A patient with the facts, as `analyze --json` prints one."""
    return {"name": patient.name, "facts": [_describe_fact(fact) for fact in patient.facts]}


def _describe_fact(fact: Fact) -> dict[str, Any]:
    return {
        "field": fact.field,
        "value": fact.value,
        "raw": fact.raw,
        "unit": fact.unit,
        "kg": fact.kg,
        "date": fact.date,
        "line": fact.line,
        "quote": fact.quote,
        "document": None if fact.document is None else fact.document + 1,
        "current": fact.is_current,
        "also": list(fact.also),
        "flags": list(fact.flags),
        "suggestion": fact.suggestion,
        "parts": dict(fact.parts),
    }


def _describe_calls(totals: Totals) -> Mapping[str, Any]:
    cost = None if totals.uncertain_calls else totals.cost_usd
    return {
        "calls": totals.calls,
        "input_tokens": totals.input_tokens,
        "output_tokens": totals.output_tokens,
        "cost_usd": None if cost is None else float(cost),
    }


def _warn_of_cost(totals: Totals) -> list[str]:
    if not totals.uncertain_calls:
        return []
    uncertain = "1 call" if totals.uncertain_calls == 1 else f"{totals.uncertain_calls} calls"
    known = "" if totals.cost_usd is None else f" ${totals.cost_usd:.6f} is known to be spent, the whole is not."
    return [f"{uncertain} may have cost more than is told: no price or no answer came back.{known}"]
