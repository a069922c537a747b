"""Settings come from the environment; production refuses to start without what it needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from pennie.settings.environment import Environment

ROOT = Path(__file__).parent.parent.parent
NUMBERS = (
    *("OPENAI_TIMEOUT_SECONDS", "OPENAI_CONCURRENCY", "UPLOAD_MAX_BYTES", "UPLOAD_MAX_PAGES", "EMAIL_MAX_PARTS"),
    *("EMAIL_MAX_DEPTH", "EXTRACTION_TIMEOUT_SECONDS", "EXTRACTION_MEMORY_BYTES"),
    *(
        "UPLOAD_MAX_LINES",
        "UPLOAD_MAX_PIXELS",
        "ZIP_MAX_ENTRIES",
        "ZIP_MAX_BYTES",
        "ZIP_MAX_RATIO",
        "OCR_TIMEOUT_SECONDS",
    ),
    *("OPENAI_REQUESTS_PER_MINUTE", "OPENAI_TOKENS_PER_MINUTE"),
)


COMPLETE = {
    "SECRET_KEY": "kH3-vq8Tz_x2Lw9Rb7Yc5Nf1Md4Sg6Pj0Aa-Ue_Ti8Oo2Kk5Vv9",  # invented
    "ALLOWED_HOSTS": "pennie.example, www.pennie.example",
    "DATABASE_URL": "postgres://pennie@db.example/pennie",
    "REDIS_URL": "redis://redis.example",
}


def check(settings: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", "check", *options],
        cwd=ROOT,
        env={**bare, "DJANGO_SETTINGS_MODULE": settings, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_development_works_with_an_empty_environment() -> None:
    assert check("pennie.settings.dev").returncode == 0


@pytest.mark.parametrize("value", [None, " "])
@pytest.mark.parametrize("name", COMPLETE)
def test_production_names_the_variable_that_is_missing(name: str, value: str | None) -> None:
    given = {each: said for each, said in {**COMPLETE, name: value}.items() if said is not None}
    done = check("pennie.settings.production", **given)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name} is not set. Set it to ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("secret", ["short-secret", "0" * 60])
def test_production_refuses_a_secret_that_can_be_guessed_and_does_not_tell_it(secret: str) -> None:
    done = check("pennie.settings.production", **{**COMPLETE, "SECRET_KEY": secret})
    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY is too easy to guess. Set it to ")
    assert secret not in done.stderr


def test_production_starts_with_what_it_needs_and_has_nothing_to_warn_of() -> None:
    done = check("pennie.settings.production", "--deploy", "--fail-level", "WARNING", **COMPLETE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues (0 silenced)" in done.stdout


def read_environment(**variables: str) -> Environment:
    """The settings' reader, over `variables` instead of the process's."""

    class Given(Environment):
        ENVIRON = variables

    return Given()


@pytest.mark.parametrize("said", ["0", "-3", "1.5", "many", "", "²"])
def test_a_count_that_is_none_is_refused_with_its_name_and_the_cure(said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^OPENAI_CONCURRENCY is .* whole number from 1 .* to take 16\.$"):
        read_environment(OPENAI_CONCURRENCY=said).count("OPENAI_CONCURRENCY", default=16)


@pytest.mark.parametrize("said", ["0", "-3", "1.5", "many"])
def test_a_bound_that_is_none_is_refused_with_its_name_and_the_cure(said: str) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=r"^OPENAI_TOKENS_PER_MINUTE is .* whole number from 1 .* have none\.$"
    ):
        read_environment(OPENAI_TOKENS_PER_MINUTE=said).optional_count("OPENAI_TOKENS_PER_MINUTE")


def test_a_bound_may_be_left_out() -> None:
    assert read_environment(A=" ").optional_count("A") is None
    assert read_environment().optional_count("A") is None
    assert read_environment(A="600").optional_count("A") == 600


def test_none_may_be_meant_where_it_has_a_meaning() -> None:
    assert read_environment(DEFAULT_CALLS_PER_HOUR="0").count("DEFAULT_CALLS_PER_HOUR", default=100, least=0) == 0
    with pytest.raises(ImproperlyConfigured, match=r"whole number from 0 .* to take 100\.$"):
        read_environment(DEFAULT_CALLS_PER_HOUR="-1").count("DEFAULT_CALLS_PER_HOUR", default=100, least=0)


@pytest.mark.parametrize("said", ["abc", "0", "-1", "nan", "inf", ""])
def test_a_time_that_is_none_is_refused_with_its_name_and_the_cure(said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^OPENAI_TIMEOUT_SECONDS is .* number of seconds above 0.* 120\.$"):
        read_environment(OPENAI_TIMEOUT_SECONDS=said).seconds("OPENAI_TIMEOUT_SECONDS", default=120.0)


def test_a_choice_is_taken_in_any_case_and_refused_if_there_is_no_such() -> None:
    levels = ("INFO", "WARNING")
    assert read_environment(LOG_LEVEL=" info").choice("LOG_LEVEL", default="WARNING", among=levels) == "INFO"
    with pytest.raises(ImproperlyConfigured, match=r"^LOG_LEVEL is 'loud'.* one of INFO, WARNING"):
        read_environment(LOG_LEVEL="loud").choice("LOG_LEVEL", default="WARNING", among=levels)


def test_what_is_unset_has_its_default() -> None:
    bare = read_environment()
    assert (bare.count("A", default=16), bare.seconds("B", default=2.5)) == (16, 2.5)


def test_a_setting_that_cannot_be_meant_ends_a_command_with_one_sentence() -> None:
    done = check("pennie.settings.dev", OPENAI_API="foo")
    assert done.returncode == 1
    assert done.stderr.startswith("OPENAI_API is 'foo'")
    assert "Traceback" not in done.stderr


def test_nothing_of_the_environment_reaches_the_tests_settings() -> None:
    names = {*NUMBERS, "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API", "LOG_LEVEL", "TIME_ZONE"}
    code = "import pennie.settings.test as given; print({n: v for n, v in vars(given).items() if n.isupper()})"
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **dict.fromkeys(names, "leaked")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "'OPENAI_MODEL': 'gpt-6-luna'" in told.stdout
    assert "leaked" not in told.stdout


def test_libraries_that_log_addresses_and_bodies_are_held_at_warnings() -> None:
    code = (
        "import django, logging; django.setup();"
        "print([logging.getLogger(n).isEnabledFor(logging.INFO) for n in ('jobs', 'httpx2', 'httpcore2.x', 'openai')])"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "pennie.settings.dev", "LOG_LEVEL": "debug"}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.strip() == "[True, False, False, False]"


@pytest.mark.parametrize(("environment", "most"), [({}, 20), ({"JOB_THREADS": "20"}, 40), ({"DATABASE_POOL": "9"}, 9)])
def test_a_pool_has_two_connections_for_each_job(environment: dict[str, str], most: int) -> None:
    """A worker with fewer would lose its jobs: their leases could not be renewed."""
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pennie.settings import base; print(base.DATABASES['default']['OPTIONS']['pool']['max_size'])",
        ],
        cwd=ROOT,
        env={**bare, "DATABASE_URL": COMPLETE["DATABASE_URL"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert int(told.stdout) == most


@pytest.mark.parametrize("said", ["cheap", "-1", "NaN", "Infinity", "1,5"])
def test_a_price_that_cannot_be_meant_is_refused(said: str) -> None:
    environment = read_environment(OPENAI_INPUT_PRICE=said, OPENAI_OUTPUT_PRICE="1")
    with pytest.raises(ImproperlyConfigured, match=r"^OPENAI_INPUT_PRICE is .* US dollars for a million tokens"):
        environment.price("OPENAI_INPUT_PRICE", together_with="OPENAI_OUTPUT_PRICE")


def test_prices_are_set_both_or_none() -> None:
    pair = {"name": "OPENAI_INPUT_PRICE", "together_with": "OPENAI_OUTPUT_PRICE"}
    assert read_environment().price(**pair) is None
    assert read_environment(OPENAI_INPUT_PRICE="0", OPENAI_OUTPUT_PRICE="2").price(**pair) == 0
    with pytest.raises(ImproperlyConfigured, match="Set both, or none"):
        read_environment(OPENAI_INPUT_PRICE="0.4").price(**pair)


@pytest.mark.parametrize("said", ["", "eng spa", "-c", "eng+", "eng;rm", "eng+--psm"])
def test_languages_that_tesseract_could_not_take_are_refused(said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^OCR_LANGUAGES is .* joined by \+"):
        read_environment(OCR_LANGUAGES=said).languages("OCR_LANGUAGES", default="eng+spa")


def test_languages_are_taken_as_tesseract_names_them() -> None:
    said = "eng+chi_sim_vert+script/Latin"
    assert read_environment(OCR_LANGUAGES=said).languages("OCR_LANGUAGES", default="eng") == said


@pytest.mark.parametrize("said", ["$ecret", "", r"\$a", " with spaces "])
def test_a_password_is_taken_to_the_letter(said: str) -> None:
    assert read_environment(IMAP_PASSWORD=said).verbatim("IMAP_PASSWORD") == said
