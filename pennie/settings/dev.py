"""Development: works with an empty environment."""

from pennie.settings.base import *  # noqa: F403
from pennie.settings.base import LOGGING as _LOGGING
from pennie.settings.base import env

DEBUG = True
SECRET_KEY = env.str("SECRET_KEY", default="for-development-only")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

# A person reads it, as it happens: the time would only push the words aside.
LOGGING = {**_LOGGING, "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}}}
