"""How well the model stage fills the calls that may be in flight, against a fake API in a process of its own."""

import time
from math import ceil
from pathlib import Path
from statistics import median

from jobs.llm.checkpoints import InMemoryCheckpoints
from jobs.llm.gateway import Gateway
from jobs.llm.ledger import InMemoryLedger
from jobs.llm.openai import OpenAIClient
from jobs.pipeline import PreparedFile
from tests.bench.figures import Figure, Section, at_most
from tests.bench.material import SIZES, Material, read_record
from tests.bench.processes import running_fake_apart
from tests.bench.questions import make_questions
from tests.fake_openai import API_KEY

OVER_IDEAL = 1.15  # at most
_LATENCY_SECONDS = 1.0
_IN_FLIGHT = 32
_RUNS = 3
_LIFETIME_SECONDS = 180.0  # of the fake, should nobody end it


def measure_model_stage(material: Material) -> Section:
    """The windows of the largest record, asked about over HTTP with the product's own client."""
    record = material.generated[SIZES[-1]]
    prepared = PreparedFile(read_record(record))
    ideal = ceil(len(prepared.windows) / _IN_FLIGHT) * _LATENCY_SECONDS
    taken = _ask_in_runs(prepared, record=record)
    return Section(
        name="model",
        title=f"Model stage: {_LATENCY_SECONDS:g} s a call, {_IN_FLIGHT} in flight",
        figures=(
            Figure(name="windows", value=len(prepared.windows)),
            Figure(name="windows / 32, rounded up, x 1 s", value=ideal, unit="s"),
            Figure(name="measured", value=median(taken), unit="s"),
            Figure(name="measured / ideal", value=median(taken) / ideal, bound=at_most(OVER_IDEAL)),
            Figure(name="slowest run / ideal", value=max(taken) / ideal),
        ),
        notes=(
            f"wall time, median of {_RUNS} runs, each with new connections; "
            "the fake answers the truth from a process of its own on the same machine",
        ),
    )


def _ask_in_runs(prepared: PreparedFile, *, record: Path) -> list[float]:
    with running_fake_apart(latency_seconds=_LATENCY_SECONDS, record=record, lifetime_seconds=_LIFETIME_SECONDS) as url:
        return [_ask_all(prepared, base_url=url) for _ in range(_RUNS)]


def _ask_all(prepared: PreparedFile, *, base_url: str) -> float:
    """Seconds from the first question to the last answer. Raises RuntimeError if an answer was not had."""
    client = OpenAIClient(
        api_key=API_KEY, model="gpt-6-luna", base_url=base_url, timeout_seconds=30.0, concurrency=_IN_FLIGHT
    )
    ledger = InMemoryLedger()
    gateway = Gateway(client=client, ledger=ledger, checkpoints=InMemoryCheckpoints(), concurrency=_IN_FLIGHT)
    started = time.perf_counter()
    answers = list(gateway.ask_all(questions=make_questions(prepared)))
    taken = time.perf_counter() - started
    client.close()
    failures = {answer.failure for answer in answers if answer.failure is not None}
    if failures or ledger.totals().calls != len(prepared.windows):
        raise RuntimeError(f"{ledger.totals().calls} calls for {len(prepared.windows)} windows; failures: {failures}")
    return taken
