"""Hostile and broken files through the API and their jobs: a short run here, 2,000 by `make hostile`."""

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from pennie.accounts.models import Clinic
from tests.conftest import client_of
from tests.hostile.building import build, build_one
from tests.hostile.judging import Tally, send_and_judge

COUNT = int(os.environ.get("HOSTILE_FILES", "60"))
SEED = int(os.environ.get("HOSTILE_SEED", "5"))
SECONDS = float(os.environ.get("HOSTILE_SECONDS", "3"))  # for parsing one file
ONE = os.environ.get("HOSTILE_FILE", "")
PARTS = 2 if COUNT <= 100 else 1  # the short run is shared by the workers of the tests

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3 * 3600 if COUNT > 100 else 300)]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_hostile_file_is_read_or_refused_and_harms_nothing(
    part: int, clinic: Clinic, media: Path, settings: Any
) -> None:
    settings.EXTRACTION_TIMEOUT_SECONDS = SECONDS
    api, tally = client_of(clinic), Tally()
    files = [build_one(number=int(ONE), seed=SEED)] if ONE else build(count=COUNT, seed=SEED)
    for file in files:
        if ONE or file.number % PARTS == part:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the library of e-mails warns of broken ones
                send_and_judge(file, api=api, media=media, tally=tally)
    print(f"\nseed {SEED}, part {part + 1} of {PARTS}\n{tally.report()}")  # noqa: T201  # `make hostile` shows it
    assert tally.faults == []


def test_the_same_seed_makes_the_same_files():
    assert list(build(count=12, seed=1)) == list(build(count=12, seed=1))
    assert list(build(count=12, seed=1)) != list(build(count=12, seed=2))
