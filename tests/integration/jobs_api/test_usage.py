"""What the model cost, by API: to administrators, of their own clinic."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from pennie.accounts.models import Clinic
from pennie.accounts.rights import SCOPES_OF_ROLE
from tests.conftest import client_of
from tests.factories import AttemptFactory, JobFactory

USAGE = "/api/v1/usage/"
DEAREST = "/api/v1/usage/dearest/"
NOVEMBER = {"since": "2026-11-01", "until": "2026-12-01"}


def call(clinic: Clinic, *, cost: str | None = "0.02") -> Any:
    return AttemptFactory(
        job=JobFactory(upload__clinic=clinic),
        state="settled",
        model="gpt-6-luna",
        input_tokens=900,
        output_tokens=100,
        cost_usd=cost and Decimal(cost),
        started_at=datetime(2026, 11, 5, tzinfo=UTC),
    )


def test_usage_is_told_by_upload_with_the_total(api: APIClient, clinic: Clinic) -> None:
    attempt = call(clinic)
    call(clinic, cost=None)
    told = api.get(USAGE, NOVEMBER).json()
    assert (told["by"], told["since"], told["until"], told["groups"]) == ("upload", "2026-11-01", "2026-12-01", 2)
    assert told["total"]["known_cost_usd"] == "0.02000000"
    assert (told["total"]["calls"], told["total"]["uncertain_calls"]) == (2, 1)
    lines = attempt.job.upload.line_count
    assert told["results"][0] == {
        "key": str(attempt.job.upload_id),
        "calls": 1,
        "failed_calls": 0,
        "uncertain_calls": 0,
        "input_tokens": 900,
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 100,
        "known_cost_usd": "0.02000000",
        "lines": lines,
        "tokens_per_1000_lines": round(1_000_000 / lines, 1),
        "known_cost_usd_per_1000_lines": f"{Decimal(20) / lines:.8f}",
    }


@pytest.mark.parametrize("by", ["document", "upload", "user", "model", "day"])
def test_another_clinic_is_told_of_nothing(clinic: Clinic, outsider: APIClient, api: APIClient, by: str) -> None:
    attempt = call(clinic)
    told = outsider.get(USAGE, {**NOVEMBER, "by": by}).json()
    assert (told["results"], told["total"]["calls"], told["total"]["known_cost_usd"]) == ([], 0, "0.00000000")
    assert outsider.get(DEAREST, NOVEMBER).json()["results"] == []
    assert api.get(USAGE, {**NOVEMBER, "by": by}).json()["total"]["calls"] == 1
    assert api.get(DEAREST, NOVEMBER).json()["results"][0]["upload"] == str(attempt.job.upload_id)


def test_usage_is_for_administrators() -> None:
    assert [role for role, scopes in SCOPES_OF_ROLE.items() if "usage:read" in scopes] == ["admin"]


def test_without_the_scope_nothing_is_told(clinic: Clinic) -> None:
    lesser = client_of(clinic, scopes=["jobs:read", "uploads:read"])
    for path in (USAGE, DEAREST):
        refused = lesser.get(path)
        assert refused.status_code == 403
        assert "usage:read" in refused.json()["detail"]


def test_the_dearest_uploads_are_told_with_why(api: APIClient, clinic: Clinic) -> None:
    for cost in range(12):
        call(clinic, cost=f"0.0{cost}")
    told = api.get(DEAREST, NOVEMBER).json()["results"]
    assert len(told) == 10
    assert told[0]["known_cost_usd"] == "0.09000000"
    assert told[0]["why"].startswith("$0.0900 for 6 lines in 1 call: ")
    assert (told[0]["runs"], told[0]["causes"]) == (1, [])


def test_usage_takes_a_fixed_number_of_queries(api: APIClient, clinic: Clinic, django_assert_num_queries: Any) -> None:
    call(clinic)
    api.get(USAGE)  # the key's first use is written down
    for _ in range(2):
        for by in ("document", "upload", "user", "model", "day"):
            with django_assert_num_queries(2):  # the key, the costs
                api.get(USAGE, {**NOVEMBER, "by": by})
        with django_assert_num_queries(5):
            api.get(DEAREST, NOVEMBER)
        for _ in range(3):
            call(clinic)


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("by", "moon", "Send one of document, upload, user, model, day"),
        ("by", "clinic", "Send one of document, upload, user, model, day"),
        ("limit", "0", "Send a whole number from 1 to 1000"),
        ("limit", "1001", "Send a whole number from 1 to 1000"),
        ("limit", "many", "Send a whole number from 1 to 1000"),
        ("since", "soon", "Send one such as 2026-03-31."),
        ("until", "2026-13-01", "Send one such as 2026-03-31."),
        ("until", "2026-11-01", "Choose a later `until`."),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_refused_with_the_cure(
    api: APIClient, name: str, value: str, cure: str
) -> None:
    refused = api.get(USAGE, {"since": "2026-11-01", name: value})
    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["errors"][0]["pointer"] == f"/{name}"
    assert cure in refused.json()["errors"][0]["detail"]
    if name in ("since", "until"):
        assert api.get(DEAREST, {"since": "2026-11-01", name: value}).status_code == 400
