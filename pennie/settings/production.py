"""Production: refuses to start without what it needs, and says which variable is missing."""

from pennie.settings.base import *  # noqa: F403
from pennie.settings.base import env

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
