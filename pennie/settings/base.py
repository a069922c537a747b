"""Settings that every environment shares. What differs by environment comes from environment variables."""

from pathlib import Path

from pennie.settings.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment()

INSTALLED_APPS = ["jobs", "documents", "patients"]
DATABASES: dict[str, dict[str, object]] = {}  # the heart keeps nothing; the stack brings PostgreSQL

USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
LANGUAGE_CODE = "en-us"

# The model's API. Without a key the rules engine does the work.
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")  # empty: the SDK's own default
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-6-luna")
OPENAI_API = env.choice("OPENAI_API", default="auto", among=("auto", "responses", "chat"))
OPENAI_TIMEOUT_SECONDS = env.seconds("OPENAI_TIMEOUT_SECONDS", default=120.0)
OPENAI_CONCURRENCY = env.count("OPENAI_CONCURRENCY", default=16)  # calls in flight of one process

# What an upload may hold.
UPLOAD_MAX_BYTES = env.count("UPLOAD_MAX_BYTES", default=200 * 1024 * 1024)
UPLOAD_MAX_PAGES = env.count("UPLOAD_MAX_PAGES", default=2000)
EMAIL_MAX_PARTS = env.count("EMAIL_MAX_PARTS", default=50)
EMAIL_MAX_DEPTH = env.count("EMAIL_MAX_DEPTH", default=5)
EXTRACTION_TIMEOUT_SECONDS = env.seconds("EXTRACTION_TIMEOUT_SECONDS", default=120.0)
EXTRACTION_MEMORY_BYTES = env.count("EXTRACTION_MEMORY_BYTES", default=2 * 1024**3)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("LOG_LEVEL", default="WARNING", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    },
    # Below WARNING these tell addresses with all that stands in them, and what was sent.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx2", "httpcore2", "openai")},
}
