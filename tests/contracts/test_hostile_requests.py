"""What no well-meaning caller sends is refused at every address, and is never a defect."""

import base64
from typing import Any

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.http import UnreadablePostError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from pennie.accounts.models import Clinic
from tests.contracts.isolation import Operation, list_operations

OPERATIONS = list_operations()
LISTS = [each for each in OPERATIONS if each.method == "GET" and not each.has_parameter]
WRITES = [each for each in OPERATIONS if each.method in ("POST", "PUT", "PATCH")]

QUERIES = ["page_size=-1", "page_size=x", "cursor=%00", "cursor=%C3%A9", "updated_since=%00", "updated_since=soon"]
POSITIONS = ["p=zzz", "p=", "p=%00", "o=-5", "o=99999999999999999999", "r=1&p=99999999999999999999", "p=é"]
BODIES = {
    "broken": b'{"name": ',
    "no text": b"\xff\xfe",
    "nested too deeply": b"[" * 100_000,
    "nested rather deeply": b"[" * 800 + b"]" * 800,
    "half a character": b'{"name": "a\\ud800", "scopes": ["\\ud800"]}',
    "a character that cannot be kept": b'{"name": "a\\u0000"}',
    "no number": b'{"name": NaN}',
    "a number without end": b'{"name": ' + b"9" * 5000 + b"}",
    "a list": b"[1]",
    "a word": b'"name"',
    "nothing": b"null",
}


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_a_query_that_cannot_be_meant_is_no_defect(operation: Operation, api: APIClient) -> None:
    cursors = [base64.b64encode(position.encode()).decode() for position in POSITIONS]
    statuses = [api.get(f"/api/v1/{operation.route}?{query}").status_code for query in QUERIES]
    statuses += [api.get(f"/api/v1/{operation.route}", {"cursor": cursor}).status_code for cursor in cursors]
    assert [status for status in statuses if status >= 500] == []


def test_a_cursor_that_was_not_given_out_is_refused_with_the_cure(api: APIClient) -> None:
    for cursor in ("not base64", base64.b64encode(b"p=zzz").decode()):
        answer = api.get("/api/v1/auth/api-keys/", {"cursor": cursor})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/cursor"
        assert "begin without a cursor" in answer.json()["detail"]


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_a_body_that_cannot_be_meant_is_no_defect(operation: Operation, clinic: Clinic, api: APIClient) -> None:
    arguments = operation.make_object(clinic) if operation.has_parameter else {}

    def send(body: bytes, kind: str = "application/json") -> Any:
        return operation.call(api, body=body, content_type=kind, **arguments)

    statuses = {name: send(body).status_code for name, body in BODIES.items()}
    assert {name: status for name, status in statuses.items() if status >= 500} == {}
    assert send(b"<a/>", "application/xml").status_code < 500
    assert send(b"--x", "multipart/form-data; boundary=x").status_code < 500
    assert send(b"--x", "multipart/form-data").status_code < 500


@pytest.mark.parametrize(
    "name", ["broken", "no text", "nested too deeply", "nested rather deeply", "half a character", "no number"]
)
def test_a_body_that_is_no_json_is_refused_as_such(api: APIClient, name: str) -> None:
    answer = api.post("/api/v1/auth/api-keys/", BODIES[name], content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "parse_error"


def test_a_character_that_cannot_be_kept_is_told_from_its_name(api: APIClient) -> None:
    def name_owner(name: str) -> Any:
        return api.post("/api/v1/owners/", {"name": name})

    assert name_owner("a\x00").json()["code"] == "parse_error"
    assert name_owner("a\\\x00").json()["code"] == "parse_error"
    assert name_owner("a\\u0000").status_code == 201


def test_a_body_that_is_too_large_is_refused_with_the_most(api: APIClient) -> None:
    body = b'{"name": "' + b"a" * (1024 * 1024) + b'"}'
    answer = api.post("/api/v1/auth/api-keys/", body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert "1048576 bytes" in answer.json()["detail"]


@pytest.mark.parametrize(("error", "status"), [(UnreadablePostError(), 400), (TooManyFieldsSent(), 400)])
def test_a_request_that_breaks_off_or_is_bloated_is_no_defect(error: Exception, status: int) -> None:
    class BrokenView(APIView):
        authentication_classes = []
        permission_classes = []

        def post(self, request: Request) -> Response:
            raise error

    answer = BrokenView.as_view()(APIRequestFactory().post("/"))
    assert (answer.status_code, answer.data["code"]) == (status, "parse_error")
