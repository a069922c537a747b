"""As in development, but PostgreSQL bears less long with a worker that stands still within a transaction."""

from typing import Final, cast

from pennie.settings.dev import *  # noqa: F403
from pennie.settings.dev import DATABASES as _DATABASES

_STANDSTILL_SECONDS: Final = 5  # longer than anything takes us between two statements, under load as well

_options = cast("dict[str, object]", _DATABASES["default"]["OPTIONS"])
_idle = f"-c idle_in_transaction_session_timeout={_STANDSTILL_SECONDS}s"
DATABASES = {
    **_DATABASES,
    "default": {**_DATABASES["default"], "OPTIONS": {**_options, "options": f"{_options['options']} {_idle}"}},
}
