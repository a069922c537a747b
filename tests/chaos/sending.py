"""`python -m tests.chaos.sending [--clinics N] [PATH ...]`: a new clinic, the last of N, sends these files.

Prints {"keys", "sent": [{"upload", "job"}, ...]}; of each clinic there is a key for the API, with every scope.
"""

import argparse
import json
import sys
from pathlib import Path

import django


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clinics", type=int, default=1)
    parser.add_argument("paths", type=Path, nargs="*")
    options = parser.parse_args(arguments)
    django.setup()
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from jobs.operations.submitting import submit
    from pennie.accounts.models import ApiKey
    from pennie.accounts.rights import SCOPES
    from pennie.accounts.sessions import principal_of
    from pennie.lib.ids import new_id
    from tests.factories import ApiKeyFactory, ClinicFactory, MembershipFactory, UserFactory

    keys = [ApiKey.make_secret() for _ in range(options.clinics)]
    for key in keys:
        sender = UserFactory(email=f"{new_id()}@hollow.example")  # each process counts its persons from 0
        principal = principal_of(MembershipFactory(user=sender, clinic=ClinicFactory(), role="admin"))
        ApiKeyFactory(clinic=principal.clinic, user=sender, secret=key, scopes=list(SCOPES))
    sent = [
        submit(
            principal=principal,
            file=ContentFile(path.read_bytes()),
            name=path.name,
            engine="openai",
            now=timezone.now(),
        )
        for path in options.paths
    ]
    told = [{"upload": str(each.upload.pk), "job": str(each.job.pk)} for each in sent]
    json.dump({"keys": keys, "sent": told}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
