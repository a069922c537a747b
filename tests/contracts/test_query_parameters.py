"""No address ignores a parameter that it does not know, and each takes those that the OpenAPI document tells of it."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from pennie.accounts.models import Clinic
from tests.contracts.isolation import ROOT, Operation, list_operations, make_api_key
from tests.contracts.test_openapi import read_kept

OPERATIONS = list_operations()
_NAMED = re.compile(r"\{\w+\}")
_PARAMETER = re.compile(r"<[^>]+>")
SAMPLES = {"integer": "1", "boolean": "true", "date": "2026-01-02", "date-time": "2026-01-02T03:04:05Z"}
NOBODY = "01983a5e-0000-7000-8000-00000000000f"


def list_told() -> list[tuple[str, str, Any]]:
    """Path, method and definition of each query parameter of the document."""
    return [
        (path, method, parameter)
        for path, operations in read_kept()["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    ]


def make_value(schema: Any) -> str:
    schema = schema.get("items", schema)
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("format") == "uuid":
        return NOBODY
    return SAMPLES.get(schema.get("format", schema["type"]), SAMPLES.get(schema["type"], "word"))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_parameter_that_is_not_known_is_refused_by_name(operation: Operation, clinic: Clinic, api: APIClient) -> None:
    route = _PARAMETER.sub(lambda part: "1" if "int:" in part[0] else NOBODY, operation.route)
    answer = api.generic(operation.method, f"/{ROOT}{route}?updated_sinc=2026-01-02&format=json")
    told = answer.json()
    assert (answer.status_code, told["code"], answer["Content-Type"]) == (
        400,
        "unknown_parameter",
        "application/problem+json",
    )
    assert told["detail"].startswith("`updated_sinc` is no parameter of this address.")
    assert all(name in told["detail"] for name in told["allowed"])


@pytest.mark.parametrize(
    ("path", "method", "parameter"), list_told(), ids=lambda told: told["name"] if isinstance(told, dict) else told
)
def test_a_parameter_that_is_told_is_taken(
    path: str, method: str, parameter: Any, clinic: Clinic, api: APIClient
) -> None:
    answer = api.generic(
        method.upper(), f"{_NAMED.sub(NOBODY, path)}?{parameter['name']}={make_value(parameter['schema'])}"
    )
    assert answer.status_code < 500
    assert answer.status_code == 200 or answer.json()["code"] != "unknown_parameter"


def test_the_next_page_and_the_form_of_the_answer_go_on_as_they_were(clinic: Clinic, api: APIClient) -> None:
    make_api_key(clinic)
    first = api.get("/api/v1/auth/api-keys/", {"page_size": "1", "format": "json"})
    following = urlsplit(first.json()["next"])
    assert api.get(f"{following.path}?{following.query}").status_code == 200
    assert api.head("/api/v1/auth/api-keys/?page_siz=1").status_code == 400
    assert api.options("/api/v1/auth/api-keys/?page_siz=1").status_code == 200


def test_many_unknown_parameters_are_counted_not_listed(clinic: Clinic, api: APIClient) -> None:
    query = "&".join(f"{number}{'x' * 100}=1" for number in range(9))
    told = api.get(f"/api/v1/limits/?{query}").json()
    assert " and 4 more are no parameters of this address." in told["detail"]
    assert len(told["detail"]) < 600
