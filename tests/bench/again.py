"""`python -m tests.bench.again UPLOAD ...`: has uploads analysed again, by who sent them.

Prints [{"upload", "job"}, ...].
"""

import json
import sys
from uuid import UUID

import django


def main(uploads: list[str]) -> None:
    django.setup()
    from django.utils import timezone

    from documents.models import Upload
    from jobs.operations.submitting import rerun
    from pennie.accounts.models import Membership
    from pennie.accounts.sessions import principal_of

    told = []
    for pk in map(UUID, uploads):
        clinic = Upload.objects.values_list("clinic_id", flat=True).get(pk=pk)
        sender = Membership.objects.select_related("user", "clinic").get(clinic_id=clinic)
        job = rerun(principal=principal_of(sender), upload_id=pk, engine="openai", now=timezone.now())
        told.append({"upload": str(pk), "job": str(job.pk)})
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
