"""Settings that every environment shares. What differs by environment comes from environment variables."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

INSTALLED_APPS = ["jobs", "documents", "patients"]
DATABASES: dict[str, dict[str, object]] = {}  # the heart keeps nothing; the stack brings PostgreSQL

USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
LANGUAGE_CODE = "en-us"

# The model's API. Without a key the rules engine does the work.
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")  # empty: the SDK's own default
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-6-luna")
OPENAI_API = env.str("OPENAI_API", default="auto")  # auto, responses or chat
OPENAI_TIMEOUT_SECONDS = env.float("OPENAI_TIMEOUT_SECONDS", default=120.0)
OPENAI_CONCURRENCY = env.int("OPENAI_CONCURRENCY", default=16)  # calls in flight of one process

# What an upload may hold.
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=200 * 1024 * 1024)
UPLOAD_MAX_PAGES = env.int("UPLOAD_MAX_PAGES", default=2000)
EMAIL_MAX_PARTS = env.int("EMAIL_MAX_PARTS", default=50)
EMAIL_MAX_DEPTH = env.int("EMAIL_MAX_DEPTH", default=5)
EXTRACTION_TIMEOUT_SECONDS = env.float("EXTRACTION_TIMEOUT_SECONDS", default=120.0)
EXTRACTION_MEMORY_BYTES = env.int("EXTRACTION_MEMORY_BYTES", default=2 * 1024**3)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
