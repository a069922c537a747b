"""Development and the demo: works with an empty environment, and with the services that `make run` has started."""

from pennie.stack.announcement import adopt_running_stack

adopt_running_stack()  # before the settings are read: their addresses, unless the environment names others

from pennie.settings.base import *  # noqa: E402, F403
from pennie.settings.base import LOGGING as _LOGGING  # noqa: E402
from pennie.settings.base import env  # noqa: E402

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="for-development-only-never-in-production-0123456789")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# A person reads it, as it happens: the time would only push the words aside.
LOGGING = {
    **_LOGGING,
    "formatters": {
        "plain": {
            "()": "pennie.observability.logs.DiscreetFormatter",
            "format": "%(levelname)s %(name)s: %(message)s",
        }
    },
}
