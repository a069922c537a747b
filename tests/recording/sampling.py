"""What the recordings ask about: one small invented record, analysed as the product does it."""

from dataclasses import dataclass, replace
from pathlib import Path

from documents.domain.lines import from_text
from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.client import ModelClient, Question
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import Attempt, InMemoryLedger
from jobs.pipeline import Analysis, PreparedFile, analyze, make_question

RECORDINGS = Path(__file__).parent.parent / "recordings"
SAMPLE = RECORDINGS / "sample.txt"
MODEL = "gpt-6-luna"


@dataclass(frozen=True, kw_only=True)
class SampleAnalysis:
    """What came of the sample, and each call that was made for it."""

    analysis: Analysis
    attempts: tuple[Attempt, ...]


def analyze_sample(*, client: ModelClient) -> SampleAnalysis:
    """The sample through the whole pipeline, one call at a time, so that recording twice gives the same."""
    ledger = InMemoryLedger()
    gateway = Gateway(client=client, ledger=ledger, checkpoints=InMemoryCheckpoints(), concurrency=1)
    analysis = analyze(prepared=_read_sample(), gateway=gateway, model_reads=True)
    return SampleAnalysis(analysis=analysis, attempts=ledger.attempts)


def sample_question() -> Question:
    """A question about the sample of which no recording exists: it has a prompt of its own."""
    prepared = _read_sample()
    question = make_question(prepared.windows[0], prepared=prepared, purpose="window")
    return replace(question, instructions=f"{question.instructions}\nAsked in a test.")


def _read_sample() -> PreparedFile:
    return PreparedFile(from_text(SAMPLE.read_text(encoding="utf-8"), name=SAMPLE.name))
