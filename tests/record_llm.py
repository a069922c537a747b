"""`make record-llm`: record the model's answers about the sample, for both endpoints, into tests/recordings/.

With OPENAI_API_KEY set the provider is asked (OPENAI_BASE_URL, OPENAI_MODEL as for the product); without it the fake
answers and the recordings are marked synthetic.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobs.llm.client import CallFailed
from jobs.llm.dialects import OPENAI_BASE_URL, Api
from jobs.llm.openai import OpenAIClient
from jobs.llm.recorded import PATHS
from tests.fake_openai import API_KEY, TruthAnswerer, read_records, running_fake
from tests.recording.proxy import recording_proxy
from tests.recording.sampling import MODEL, RECORDINGS, SAMPLE, analyze_sample

RECORDED_AT = 1_795_000_000.0  # the fake's clock: recording again changes no file that need not change


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Who answers while we record."""

    base_url: str
    api_key: str
    model: str
    synthetic: bool


@contextmanager
def choose_provider(*, environment: Mapping[str, str]) -> Iterator[Provider]:
    """The provider that the environment names; the fake where it names no key."""
    key = environment.get("OPENAI_API_KEY", "")
    if key:
        yield Provider(
            base_url=environment.get("OPENAI_BASE_URL") or OPENAI_BASE_URL,
            api_key=key,
            model=environment.get("OPENAI_MODEL") or MODEL,
            synthetic=False,
        )
        return
    answerer = TruthAnswerer(records=read_records(SAMPLE))
    with running_fake(answerer=answerer, clock=lambda: RECORDED_AT) as fake:
        yield Provider(base_url=fake.base_url, api_key=API_KEY, model=MODEL, synthetic=True)


def record(*, provider: Provider, api: Api, folder: Path) -> int:
    """Replace the recordings in `folder` by new ones; returns how many. Raises CallFailed and leaves the old ones."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        fresh = Path(made) / folder.name
        with recording_proxy(upstream=provider.base_url, folder=fresh, synthetic=provider.synthetic) as proxy:
            ask_product(provider=provider, base_url=proxy.base_url, api=api)
            recorded = proxy.recorded
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    return recorded


def ask_product(*, provider: Provider, base_url: str, api: Api) -> None:
    """Let the product analyse the sample through `base_url`. Raises CallFailed if a call had no usable answer."""
    client = OpenAIClient(api_key=provider.api_key, model=provider.model, base_url=base_url, api=api)
    try:
        client.describe_model()
        for attempt in analyze_sample(client=client).attempts:
            if attempt.failure is not None:
                raise CallFailed(kind=attempt.failure, detail=f"call {attempt.number} had no usable answer")
    finally:
        client.close()


def main() -> int:
    for api in PATHS:
        folder = RECORDINGS / f"sample-{api}"
        with choose_provider(environment=os.environ) as provider:
            try:
                count = record(provider=provider, api=api, folder=folder)
            except CallFailed as failure:
                sys.stderr.write(f"{folder.name}: not recorded, the old recordings stay: {failure}\n")
                return 1
        source = "the fake: synthetic" if provider.synthetic else f"the provider, model {provider.model}"
        sys.stdout.write(f"{folder.name}: {count} recordings from {source}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
