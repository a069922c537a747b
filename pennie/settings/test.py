"""Tests: nothing of the developer's environment leaks in."""

from pennie.settings.base import *  # noqa: F403

DEBUG = False
SECRET_KEY = "for-tests-only"  # noqa: S105
ALLOWED_HOSTS = ["testserver"]

OPENAI_API_KEY = ""
OPENAI_BASE_URL = ""
OPENAI_MODEL = "gpt-6-luna"
OPENAI_API = "auto"
