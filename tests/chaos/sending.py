"""`python -m tests.chaos.sending [PATH ...]`: a new clinic sends these files.

Prints {"key", "sent": [{"upload", "job"}, ...]}; the key is one for the API, with every scope.
"""

import json
import sys
from pathlib import Path

import django


def main(paths: list[str]) -> None:
    django.setup()
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from jobs.operations.submitting import submit
    from pennie.accounts.models import ApiKey
    from pennie.accounts.rights import SCOPES
    from pennie.accounts.sessions import principal_of
    from pennie.lib.ids import new_id
    from tests.factories import ApiKeyFactory, ClinicFactory, MembershipFactory, UserFactory

    sender = UserFactory(email=f"{new_id()}@hollow.example")  # each process counts its persons from 0
    principal = principal_of(MembershipFactory(user=sender, clinic=ClinicFactory(), role="admin"))
    key = ApiKey.make_secret()
    ApiKeyFactory(clinic=principal.clinic, user=sender, secret=key, scopes=list(SCOPES))
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
    told = [{"upload": str(each.upload.pk), "job": str(each.job.pk)} for each in sent]
    json.dump({"key": key, "sent": told}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
