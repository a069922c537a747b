from typing import get_args

import pytest

from jobs.domain.health import HEALTHY, tells_health
from jobs.domain.retries import FailureKind

EXPECTED: dict[str, bool | None] = {
    "connection_refused": False,
    "not_sent": False,
    "connection_reset": False,
    "timeout": False,
    "request_timeout": False,
    "conflict": True,
    "rate_limited": True,
    "insufficient_quota": None,
    "server_error": False,
    "bad_request": True,
    "too_long": True,
    "unauthorized": True,
    "forbidden": True,
    "not_found": True,
    "content_filter": True,
    "refused": True,
    "truncated": True,
    "invalid_json": True,
    "wrong_schema": True,
    "empty": True,
    "unknown_finish": True,
    "model_away": None,
    "over_budget": None,
    "not_recorded": None,
    "unforeseen": None,
}


def test_every_kind_has_a_row_here_and_in_the_table():
    assert set(get_args(FailureKind)) == set(HEALTHY) == set(EXPECTED)


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_row(kind):
    assert tells_health(kind) is EXPECTED[kind]


def test_a_call_that_did_not_fail_is_healthy():
    assert tells_health(None) is True
