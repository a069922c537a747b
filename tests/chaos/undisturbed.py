"""What comes of a record when nothing is broken: by `manage.py analyze`, which has no jobs, no database, no queue."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.chaos.evidence import Line
from tests.chaos.rig import Provider, Rig
from tests.fake_openai import API_KEY
from tests.records.generator import generate


@dataclass(frozen=True, kw_only=True)
class Outcome:
    documents: list[Line]
    facts: int
    calls: int


def make_record(*, folder: Path, seed: int, lines: int) -> Path:
    """A generated record with its truth beside it; written once."""
    path = folder / f"record_{seed}_{lines}.txt"
    if not path.exists():
        text, truth = generate(seed=seed, lines=lines)
        path.with_suffix(".truth.json").write_text(json.dumps(truth), encoding="utf-8")
        path.write_text(text, encoding="utf-8")
    return path


@cache
def analyze_undisturbed(rig: Rig, *, record: Path) -> Outcome:
    """Once for a record, with a provider of its own, so that its calls are in nobody else's log."""
    provider = Provider(rig=rig, records=[record], latency_seconds=0)
    try:
        printed = rig.call(
            *("manage.py", "analyze", "--json", "--engine", "openai", record),
            OPENAI_API_KEY=API_KEY,
            OPENAI_BASE_URL=provider.base_url,
            OPENAI_API="responses",
        )
    finally:
        provider.stop()
    told = json.loads(printed)
    return Outcome(
        documents=[
            (each["start_line"], each["end_line"], each["type"], each["title"], each["date"] or "")
            for each in told["documents"]
        ],
        facts=sum(len(patient["facts"]) for patient in told["patients"]),
        calls=told["calls"],
    )
