"""Each scenario in its short form; `make chaos` runs the full one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.deploying import deploy
from tests.chaos.rig import Rig, running_rig
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.sieges import SIEGES
from tests.chaos.trial import SHORT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder: Path = tmp_path_factory.mktemp("chaos")
    with running_rig(folder=folder) as rig:
        yield rig


WITH_CLIENTS = {"kills": SIEGES["kills"], "deploy": deploy}  # of the campaigns two, for the time that they take


@pytest.mark.parametrize("name", WITH_CLIENTS)
def test_whoever_uses_it_is_served_all_the_while(rig: Rig, name: str) -> None:
    verdict = WITH_CLIENTS[name](rig, SHORT)
    assert verdict.broken == [], verdict.account


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_job_ends_as_it_must_and_nothing_is_paid_twice(rig: Rig, name: str) -> None:
    verdict = SCENARIOS[name](rig, SHORT)
    assert verdict.broken == [], verdict.account
