"""`python -m tests.chaos.sending PATH ...`: a new clinic sends these files; prints [{"upload", "job"}, ...]."""

import json
import sys
from pathlib import Path

import django


def main(paths: list[str]) -> None:
    django.setup()
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from jobs.operations.submitting import submit
    from pennie.accounts.sessions import principal_of
    from pennie.lib.ids import new_id
    from tests.factories import ClinicFactory, MembershipFactory, UserFactory

    sender = UserFactory(email=f"{new_id()}@hollow.example")  # each process counts its persons from 0
    principal = principal_of(MembershipFactory(user=sender, clinic=ClinicFactory(), role="admin"))
    sent = [
        submit(
            principal=principal,
            file=ContentFile(Path(path).read_bytes()),
            name=Path(path).name,
            engine="openai",
            now=timezone.now(),
        )
        for path in paths
    ]
    json.dump([{"upload": str(each.upload.pk), "job": str(each.job.pk)} for each in sent], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
