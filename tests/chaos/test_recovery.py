"""Each scenario in its short form; `make chaos` runs the full one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.rig import Rig, running_rig
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.trial import SHORT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder: Path = tmp_path_factory.mktemp("chaos")
    with running_rig(folder=folder) as rig:
        yield rig


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_job_ends_as_it_must_and_nothing_is_paid_twice(rig: Rig, name: str) -> None:
    verdict = SCENARIOS[name](rig, SHORT)
    assert verdict.broken == [], verdict.account
