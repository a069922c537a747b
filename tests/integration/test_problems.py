"""Every error of the API is a problem document, whoever answers for it; people get pages."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from rest_framework.test import APIClient

from jobs.api.v1.uploads import UploadViewSet
from pennie.observability.logs import DiscreetFormatter
from pennie.rest.query_parameters import QueryParametersMiddleware


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v1/uploads/no-uuid/", "/api/"])
def test_an_address_that_is_none(api: APIClient, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_who_has_no_credentials_is_told_how_to_get_some(api: APIClient) -> None:
    answer = APIClient().get("/api/v1/uploads/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert "/api/v1/auth/token/" in answer.json()["detail"]


def test_a_defect_tells_nothing_of_itself(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("juniper".title())

    monkeypatch.setattr(UploadViewSet, "get_queryset", fail)
    api.raise_request_exception = False
    answer = api.get("/api/v1/uploads/")
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    logged = [DiscreetFormatter("%(message)s").format(record) for record in caplog.records]
    assert any("KeyError" in line and "in fail" in line for line in logged)
    assert "Juniper" not in answer.content.decode() + "".join(logged)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_no_defect(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise error("the server closed the connection")

    monkeypatch.setattr(UploadViewSet, "get_queryset", fail)
    answer = api.get("/api/v1/uploads/")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert (answer.json()["code"], answer["Retry-After"]) == ("unavailable", "2")
    assert "closed" not in answer.content.decode()


def test_so_it_is_before_any_view_is_reached(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(QueryParametersMiddleware, "process_view", fail)
    api.raise_request_exception = False
    answer = api.get("/api/v1/uploads/")
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "2")


def test_a_callers_request_id_is_kept_if_it_is_fit(api: APIClient) -> None:
    assert api.get("/api/v1/uploads/", headers={"X-Request-ID": "A-17.of_today"})["X-Request-ID"] == "A-17.of_today"
    assert api.get("/api/v1/uploads/", headers={"X-Request-ID": "a b\u00e9"})["X-Request-ID"] != "a b\u00e9"


@pytest.mark.django_db
def test_people_are_led_to_the_admin(client: Client) -> None:
    assert client.get("/")["Location"] == "/admin/"
    assert client.get("/nothing")["Content-Type"].startswith("text/html")
