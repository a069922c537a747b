"""Analyses one file for the command line: bytes in, the object of `analyze --json` out. Nothing is kept."""

import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

from documents.domain.facts.records import Fact, PatientRecord
from documents.domain.lines import SourceText
from documents.domain.segmentation import Document
from documents.extraction.problems import ExtractionProblem
from documents.extraction.registry import ExtractionLimits, extract
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.client import EngineChoice, ModelClient
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import InMemoryLedger, Totals
from jobs.llm.rules import RulesClient
from jobs.pipeline import Analysis, OnProgress, Sheet, analyze


class NoKey(Exception):
    """The model was asked for, and there is no key to ask it with."""

    def __init__(self) -> None:
        super().__init__(
            "--engine openai needs a key: set OPENAI_API_KEY (and OPENAI_BASE_URL for another server than OpenAI's), "
            "or take --engine rules, which needs none."
        )


def choose_engine(choice: EngineChoice) -> Literal["rules", "openai"]:
    """The engine that does the work: `auto` is the model where there is a key, else the rules. Raises NoKey."""
    if choice == "openai" and not settings.OPENAI_API_KEY:
        raise NoKey
    if choice == "auto":
        return "openai" if settings.OPENAI_API_KEY else "rules"
    return choice


def analyze_file(*, path: Path, engine: EngineChoice = "auto", on_progress: OnProgress | None = None) -> dict[str, Any]:
    """The analysis of the file at `path` as the object that `analyze --json` prints (docs/analyze.md).

    Raises ExtractionProblem for a file that cannot be read, NoKey, and OSError for a path that cannot.
    """
    begun = time.perf_counter()
    chosen = choose_engine(engine)
    text = read_file(path)
    sheet = Sheet(text)
    ledger = InMemoryLedger()
    client = _make_client(chosen, sheet=sheet)
    gateway = Gateway(
        client=client, ledger=ledger, checkpoints=InMemoryCheckpoints(), concurrency=settings.OPENAI_CONCURRENCY
    )
    analysis = analyze(sheet=sheet, gateway=gateway, model_reads=chosen != "rules", on_progress=on_progress)
    return {
        "file": str(path),
        "engine": chosen,
        "model": client.model,
        **describe(analysis, text=text),
        **_describe_calls(ledger.totals()),
        "seconds": round(time.perf_counter() - begun, 3),
    }


def read_file(path: Path) -> SourceText:
    """The file's text as numbered lines. Raises ExtractionProblem and OSError."""
    if path.stat().st_size > settings.UPLOAD_MAX_BYTES:  # before it is in memory
        raise ExtractionProblem(
            "too_large", found=f"{path.stat().st_size:,} bytes; at most {settings.UPLOAD_MAX_BYTES:,} are read"
        )
    limits = ExtractionLimits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_pages=settings.UPLOAD_MAX_PAGES,
        email_parts=settings.EMAIL_MAX_PARTS,
        email_depth=settings.EMAIL_MAX_DEPTH,
        seconds=settings.EXTRACTION_TIMEOUT_SECONDS,
        memory_bytes=settings.EXTRACTION_MEMORY_BYTES,
    )
    return extract(content=path.read_bytes(), name=path.name, limits=limits)


def _make_client(engine: Literal["rules", "openai"], *, sheet: Sheet) -> ModelClient:
    if engine == "rules":
        return RulesClient(reading=sheet.reading, claims=sheet.claims)
    # Imported where it is needed: the SDK costs a second that the rules need not wait for.
    from jobs.llm.openai import OpenAIClient

    return OpenAIClient(
        api_key=settings.OPENAI_API_KEY,
        model=settings.OPENAI_MODEL,
        base_url=settings.OPENAI_BASE_URL,
        api=settings.OPENAI_API,
        timeout_seconds=settings.OPENAI_TIMEOUT_SECONDS,
        concurrency=settings.OPENAI_CONCURRENCY,
    )


def describe(analysis: Analysis, *, text: SourceText) -> dict[str, Any]:
    """Lines, documents, gaps, patients and warnings, ready for JSON. Positions in lists count from 1."""
    segmentation, filing = analysis.segmentation, analysis.filing
    return {
        "lines": len(text.lines),
        "documents": [
            _describe_document(document, patient=patient, text=text)
            for document, patient in zip(segmentation.documents, filing.patient_of_document, strict=True)
        ],
        "gaps": [
            {"start_line": gap.start_line, "end_line": gap.end_line, "reason": gap.reason} for gap in segmentation.gaps
        ],
        "patients": [_describe_patient(patient) for patient in filing.patients],
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


def _describe_patient(patient: PatientRecord) -> dict[str, Any]:
    return {"name": patient.name, "facts": [_describe_fact(fact) for fact in patient.facts]}


def _describe_fact(fact: Fact) -> dict[str, Any]:
    described: dict[str, Any] = {
        "field": fact.field,
        "value": fact.value,
        "raw": fact.raw,
        "unit": fact.unit,
        "date": fact.date,
        "line": fact.line,
        "quote": fact.quote,
        "document": None if fact.document is None else fact.document + 1,
    }
    if fact.kg is not None:
        described["kg"] = fact.kg
    if fact.also:
        described["also"] = list(fact.also)
    if fact.flags:
        described["flags"] = list(fact.flags)
    return described


def _describe_calls(totals: Totals) -> Mapping[str, Any]:
    return {
        "calls": totals.calls,
        "input_tokens": totals.input_tokens,
        "output_tokens": totals.output_tokens,
        "cost_usd": _as_number(totals.cost_usd),
    }


def _as_number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
