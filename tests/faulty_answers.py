"""How the pipeline bears a model that errs: `python -m tests.faulty_answers RECORD.txt... [--seeds N] [--json]`.

The fake answers from a record's truth with mistakes in its starts (see FaultyAnswerer): 10 % stand a line or two off,
5 % are left out, for 5 % one is invented, of which half quote a real line at its true number. Besides, some answers
are cut off, of another schema, or refused. The figures are means over the seeds, once with all faults and once with
invented quotes that are false throughout; and from one run without any.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.domain.accuracy.metrics import score_segmentation
from documents.domain.accuracy.prediction import read_prediction
from documents.domain.accuracy.truth import read_truth
from documents.domain.lines import from_text
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.gateway import Gateway, Waiting
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.openai import OpenAIClient
from jobs.pipeline import Analysis, PreparedFile, analyze
from tests.fake_openai import API_KEY, FaultKind, FaultRule, FaultyAnswerer, TruthAnswerer, read_records, running_fake
from tests.fake_openai.answers import Answerer

SEEDS = 3
ANSWER_FAULTS: tuple[FaultKind, ...] = ("truncated", "wrong_schema", "refusal")
NO_FAULTS = "no faults"
REAL_QUOTES = {"all faults": 0.5, "invented quotes false": 0.0}  # share of invented starts that quote a real line
FAULT_SHARE = 0.05  # of the calls, for each kind of fault


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run over one record."""

    boundary_f1: float
    exact_f1: float
    uncovered: int  # non-blank lines in no document and no gap, or in two
    unread: int  # windows that fell to the rules
    calls: int


def run(*, path: Path, seed: int, scenario: str) -> Outcome:
    """The record at `path` through the real client and the fake, which errs as `scenario` says."""
    truthful = TruthAnswerer(records=read_records(path))
    answerer: Answerer = truthful
    faults: list[FaultRule] = []
    if scenario != NO_FAULTS:
        answerer = FaultyAnswerer(inner=truthful, seed=seed, invented_real_quote=REAL_QUOTES[scenario])
        faults = [
            FaultRule(kind=kind, probability=FAULT_SHARE, seed=seed * 100 + number)
            for number, kind in enumerate(ANSWER_FAULTS)
        ]
    with running_fake(answerer=answerer, faults=faults) as fake:
        ledger = InMemoryLedger()
        client = OpenAIClient(api_key=API_KEY, model="gpt-6-luna", base_url=fake.base_url, api="responses")
        gateway = Gateway(
            client=client,
            ledger=ledger,
            checkpoints=InMemoryCheckpoints(),
            concurrency=4,
            waiting=Waiting(sleep=lambda _: None, jitter=lambda: 0.0),
        )
        prepared = PreparedFile(from_text(path.read_text(encoding="utf-8")))
        analysis = analyze(prepared=prepared, gateway=gateway, model_reads=True)
        client.close()
    return _measure(path, prepared=prepared, analysis=analysis, calls=ledger.totals().calls)


def _measure(path: Path, *, prepared: PreparedFile, analysis: Analysis, calls: int) -> Outcome:
    truth = read_truth(
        path.with_suffix("").with_suffix(".truth.json").read_text(encoding="utf-8"), line_count=len(prepared.text.lines)
    )
    prediction = read_prediction(
        {
            "documents": [
                {"start_line": each.start_line, "end_line": each.end_line} for each in analysis.segmentation.documents
            ],
            "gaps": [{"start_line": gap.start_line, "end_line": gap.end_line} for gap in analysis.segmentation.gaps],
        }
    )
    score = score_segmentation(lines=prepared.text.lines, truth=truth.documents, prediction=prediction)
    return Outcome(
        boundary_f1=score.boundary.f1,
        exact_f1=score.exact.f1,
        uncovered=score.coverage_violations,
        unread=len(analysis.unread),
        calls=calls,
    )


def average(outcomes: Sequence[Outcome]) -> Mapping[str, float]:
    return {
        "boundary_f1": round(sum(each.boundary_f1 for each in outcomes) / len(outcomes), 4),
        "exact_f1": round(sum(each.exact_f1 for each in outcomes) / len(outcomes), 4),
        "uncovered": max(each.uncovered for each in outcomes),
        "unread": sum(each.unread for each in outcomes),
        "calls": sum(each.calls for each in outcomes),
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faulty_answers", description=__doc__)
    parser.add_argument("records", metavar="RECORD.txt", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    for path in options.records:
        for name in (NO_FAULTS, *REAL_QUOTES):
            seeds = range(1, 2 if name == NO_FAULTS else options.seeds + 1)
            outcomes = [run(path=path, seed=seed, scenario=name) for seed in seeds]
            figures = {"record": path.name, "faults": name, **average(outcomes)}
            line = (
                json.dumps(figures) if options.json else "  ".join(f"{key} {value}" for key, value in figures.items())
            )
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
