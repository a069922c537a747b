"""Settings come from the environment; production refuses to start without what it needs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def check(settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**bare, "DJANGO_SETTINGS_MODULE": settings, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_development_works_with_an_empty_environment() -> None:
    assert check("pennie.settings.dev").returncode == 0


def test_production_names_the_variable_that_is_missing() -> None:
    done = check("pennie.settings.production")
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_production_starts_with_what_it_needs() -> None:
    done = check("pennie.settings.production", SECRET_KEY="0" * 50, ALLOWED_HOSTS="pennie.example")
    assert done.returncode == 0
