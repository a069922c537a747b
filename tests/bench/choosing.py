"""`python -m tests.bench.choosing COUNT ROUNDS`: what it takes to choose and claim a job while COUNT wait.

Over five clinics. Prints {"choose_ms": [...], "claim_ms": [...]}, one figure a round.
"""

import json
import sys
import time
from typing import Any

import django

_CLINICS = 5


def main(count: int, rounds: int) -> None:
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from jobs.leases import claim
    from jobs.models import Job
    from jobs.operations.choosing import choose_job
    from pennie.lib.ids import new_id
    from tests.factories import ClinicFactory, UploadFactory

    clinics = [ClinicFactory() for _ in range(_CLINICS)]
    for start in range(0, count, 5_000):
        _make_waiting(clinics, count=min(5_000, count - start), upload_factory=UploadFactory, new_id=new_id)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    named = Job.objects.order_by("-id").values_list("pk", flat=True)[0]
    told: dict[str, list[float]] = {"choose_ms": [], "claim_ms": []}
    for _ in range(rounds):
        began = time.perf_counter()
        chosen = choose_job(job_id=named)
        told["choose_ms"].append(1e3 * (time.perf_counter() - began))
        assert chosen is not None
        began = time.perf_counter()
        assert claim(job_id=chosen, worker="bench", seconds=3600, now=timezone.now()) is not None
        told["claim_ms"].append(1e3 * (time.perf_counter() - began))
    json.dump(told, sys.stdout)


def _make_waiting(clinics: list[Any], *, count: int, upload_factory: Any, new_id: Any) -> None:
    """Uploads without text: only their jobs are looked at."""
    from documents.models import Upload
    from jobs.models import Job

    uploads = [
        upload_factory.build(
            clinic=clinics[number % len(clinics)], sha256=new_id().hex * 2, content="", external_id="", patient=None
        )
        for number in range(count)
    ]
    Upload.objects.bulk_create(uploads)
    Job.objects.bulk_create(
        Job(id=new_id(), clinic=upload.clinic, upload=upload, engine="rules", version=1) for upload in uploads
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
