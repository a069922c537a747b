"""After a purge no table and no folder holds a word of the file, its animal or its owner."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from documents.models import Upload
from jobs.models import Attempt, Job
from jobs.operations.submitting import Submitted
from patients.models import Patient
from pennie.accounts.models import Clinic
from tests.conftest import client_of
from tests.fake_openai import FakeOpenAI

pytestmark = pytest.mark.django_db(transaction=True)

# What referral_packet.txt says of its animal and owner, and what its sender says of it.
PLANTED = ("Achterberg", "Quarry Hill", "956000011874420", "555-0134", "Zilverdorn")


def find_planted(media: Path) -> Iterator[str]:
    """Where a planted word still stands: table.column, or a file."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        for table, column in cursor.fetchall():
            for word in PLANTED:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s',
                    [f"%{word}%"],
                )
                if cursor.fetchone()[0]:
                    yield f"{table}.{column}: {word}"
    for path in media.rglob("*"):
        if path.is_file() and any(word.encode() in path.read_bytes() for word in PLANTED):
            yield path.name


def test_nothing_personal_outlives_a_purge(
    send: Callable[..., Submitted],
    work: Callable[[Job], Job],
    model: FakeOpenAI,
    clinic: Clinic,
    media: Path,
) -> None:
    api = client_of(clinic)
    job = work(send(external_id="Zilverdorn-1", metadata={"of": "Zilverdorn"}).job)
    assert job.state == "completed"
    assert {place.partition(":")[0] for place in find_planted(media)} >= {
        "documents_extractedtext.text",
        "documents_fact.quote",
        "jobs_attempt.request",
        "jobs_windowcheckpoint.finding",
        "patients_owner.name",
    }
    upload, (patient,) = Upload.objects.get(), Patient.objects.all()
    owner = patient.owner
    assert owner is not None
    for path in (f"uploads/{upload.pk}", f"patients/{patient.pk}", f"owners/{owner.pk}"):
        assert api.delete(f"/api/v1/{path}/").status_code == 204
        assert api.post(f"/api/v1/{path}/purge/").status_code in (200, 204)
    assert list(find_planted(media)) == []
    attempts = Attempt.objects.all()
    assert {(attempt.request, attempt.answer) for attempt in attempts} == {("", "")}
    assert all(attempt.input_tokens for attempt in attempts), "what they took stays on the ledger"
    assert all(attempt.cost_usd for attempt in attempts), "and what they cost"
