"""Tests: nothing of the developer's environment leaks in but the addresses of PostgreSQL and Redis."""

import os

from pennie.settings.environment import Environment

# Before the settings are read: each has its default, whatever is exported.
Environment.ENVIRON = {
    name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL") if name in os.environ
}

from pennie.settings.base import *  # noqa: E402, F403

DEBUG = False
SECRET_KEY = "for-tests-only-and-long-enough-to-sign-tokens-with"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a real one is slow by design
WHITENOISE_AUTOREFRESH = True  # no collected files
