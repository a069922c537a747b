"""Tests: nothing of the developer's environment leaks in."""

from pennie.settings.environment import Environment

Environment.ENVIRON = {}  # before the settings are read: each has its default, whatever is exported

from pennie.settings.base import *  # noqa: E402, F403

DEBUG = False
SECRET_KEY = "for-tests-only"  # noqa: S105
ALLOWED_HOSTS = ["testserver"]
