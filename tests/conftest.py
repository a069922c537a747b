"""What holds for every test: property tests draw the same examples in every run.

`HYPOTHESIS_PROFILE=explore` draws new ones, and more of them, to look for what the fixed ones miss.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient

from pennie.accounts.models import ApiKey, Clinic
from pennie.accounts.rights import SCOPES
from tests.factories import ApiKeyFactory, ClinicFactory, MembershipFactory

settings.register_profile(
    "fixed",
    max_examples=60,
    deadline=None,  # a busy machine is no defect
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("fixed"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First those that wait most of their time for processes of their own, without this process's database.

    So one worker waits while the others work, and nobody waits for it at the end.
    """
    items.sort(key=lambda item: not item.get_closest_marker("slow") or bool(item.get_closest_marker("django_db")))


@pytest.fixture
def media(settings: object, tmp_path: Path) -> Path:
    """Where this test's uploads lie."""
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder  # type: ignore[attr-defined]
    return folder


@pytest.fixture
def stored(db: None, media: Path) -> Iterator[None]:
    """A database, a folder for uploads and an empty Redis, for tests of what is kept."""
    yield
    caches["default"].clear()


@pytest.fixture
def clinic(stored: None) -> Clinic:
    made: Clinic = ClinicFactory()
    return made


@pytest.fixture
def other_clinic(stored: None) -> Clinic:
    """Another tenant: nothing of it may be seen from `clinic`, and nothing of `clinic` from it."""
    made: Clinic = ClinicFactory()
    return made


def client_of(clinic: Clinic, *, scopes: list[str] | None = None) -> APIClient:
    """An API client with a key of that clinic, an administrator's; with every scope unless told otherwise."""
    secret = ApiKey.make_secret()
    maker = MembershipFactory(clinic=clinic, role="admin").user
    ApiKeyFactory(clinic=clinic, user=maker, secret=secret, scopes=list(SCOPES) if scopes is None else scopes)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def api(clinic: Clinic) -> APIClient:
    return client_of(clinic)


@pytest.fixture
def outsider(other_clinic: Clinic) -> APIClient:
    """Another clinic's caller, with every scope there."""
    return client_of(other_clinic)
