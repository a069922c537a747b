"""As in development, but what is lost is found sooner, and each process says in PostgreSQL who it is.

PostgreSQL bears less long with a worker that stands still within a transaction; housekeeping comes every two seconds.
"""

import os
from typing import Final, cast

from pennie.settings.dev import *  # noqa: F403
from pennie.settings.dev import DATABASES as _DATABASES
from pennie.settings.dev import INSTALLED_APPS as _APPS

_STANDSTILL_SECONDS: Final = 5  # longer than anything takes us between two statements, under load as well
_TIDY_SECONDS: Final = 2.0

_options = cast("dict[str, object]", _DATABASES["default"]["OPTIONS"])
_idle = f"-c idle_in_transaction_session_timeout={_STANDSTILL_SECONDS}s"
_bounds = {"options": f"{_options['options']} {_idle}", "application_name": os.environ.get("CHAOS_NAME", "pennie")}
DATABASES = {**_DATABASES, "default": {**_DATABASES["default"], "OPTIONS": {**_options, **_bounds}}}
INSTALLED_APPS = [*_APPS, "tests.chaos.points.Points"]
CELERY_BEAT_SCHEDULE = {"tidy": {"task": "jobs.tidy", "schedule": _TIDY_SECONDS, "options": {"queue": "bulk"}}}
