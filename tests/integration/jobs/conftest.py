"""A clinic that sends records, and a model that answers with their truth."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from jobs.models import Job
from jobs.operations import running
from jobs.operations.submitting import Submitted, submit
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import principal_at
from tests.fake_openai import API_KEY, FakeOpenAI, TruthAnswerer, read_records, running_fake

RECORDS = Path(__file__).parent.parent.parent / "records"


@pytest.fixture
def principal(clinic: Clinic) -> Principal:
    made: Principal = principal_at(clinic, role="admin")
    return made


@pytest.fixture
def send(principal: Principal) -> Callable[..., Submitted]:
    """Submit a record by its name, or `content=` as a file."""

    def send(name: str = "referral_packet.txt", *, content: bytes | None = None, **options: Any) -> Submitted:
        content = (RECORDS / name).read_bytes() if content is None else content
        given = {"principal": principal, "now": timezone.now(), **options}
        return submit(file=ContentFile(content), name=name, **given)

    return send


@pytest.fixture
def work() -> Callable[[Job], Job]:
    """Run a job as a worker would; the job as it stands after."""

    def work(job: Job) -> Job:
        running.run_job(job_id=job.pk, worker="worker@test")
        job.refresh_from_db()
        return job

    return work


@pytest.fixture
def model(settings: Any) -> Iterator[FakeOpenAI]:
    """The fake provider with the truth of the samples, and the settings that lead to it."""
    records = read_records(RECORDS / "referral_packet.txt", RECORDS / "practice_export.txt")
    with running_fake(answerer=TruthAnswerer(records=records)) as fake:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = fake.base_url
        settings.OPENAI_API = "responses"
        yield fake
