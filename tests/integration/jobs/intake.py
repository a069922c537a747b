"""A clock that is set by hand, and commands that run as processes of their own on the tests' database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from jobs.domain.pacing import Pace
from jobs.operations.intake.attending import Attendance
from jobs.operations.intake.sources import Hold
from jobs.operations.pacing import Pacer
from pennie.accounts.principal import Principal

ROOT = Path(__file__).parent.parent.parent.parent


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def attend(principal: Principal, source: Any, *, clock: Clock, under_way: int = 0, at_most: int = 1) -> Attendance:
    """`under_way` jobs of `at_most` at the beginning: the pace holds where it is reached."""
    pacer = Pacer(pace=Pace(at_most=at_most), count_under_way=lambda: under_way)
    return Attendance(principal=principal, hold=Hold(source.pk, clock=clock), pacer=pacer, clock=clock)


@contextmanager
def running(*arguments: str, media: Path) -> Iterator["subprocess.Popen[str]"]:
    """`manage.py` on this test's database, killed at last if it has not ended."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))
    said = {
        "DATABASE_URL": database,
        "MEDIA_ROOT": str(media),
        "DJANGO_SETTINGS_MODULE": "pennie.settings.test",
        "REDIS_URL": settings.REDIS_URL,
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **said},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
