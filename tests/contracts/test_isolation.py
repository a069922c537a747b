"""No clinic sees or changes what is another's, at any address of the API: generated from the addresses themselves."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from pennie.accounts.models import Clinic
from pennie.accounts.rights import SCOPES
from tests.conftest import client_of
from tests.contracts.isolation import FREE, OBJECTS, OPEN, Operation, list_operations, take_picture

OPERATIONS = list_operations()
GUARDED = [each for each in OPERATIONS if each.route not in OPEN]
SCOPED = [each for each in GUARDED if each.route not in FREE]
WITH_OBJECT = [each for each in OPERATIONS if each.has_parameter]
LISTS = [each for each in SCOPED if each.method == "GET" and not each.has_parameter]


def test_the_addresses_are_found() -> None:
    assert {"GET auth/me/", "DELETE auth/api-keys/<uuid:key_id>/"} <= {str(each) for each in OPERATIONS}
    assert all(each.route in {operation.route for operation in OPERATIONS} for each in WITH_OBJECT)


def test_no_entry_is_left_of_an_address_that_is_gone() -> None:
    gone = [start for start in OBJECTS if not any(each.route.startswith(start) for each in WITH_OBJECT)]
    assert gone == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_each_address_asks_for_a_scope_or_is_known_to_ask_for_none(operation: Operation) -> None:
    assert operation.view is not None, "a view of the REST framework serves it, or no rule of access holds"
    if operation.route in OPEN:
        assert (operation.view.authentication_classes, operation.view.permission_classes) == ([], [])
    elif operation.route in FREE:
        assert [each.__name__ for each in operation.view.permission_classes] == ["IsKnown"]
    else:
        assert [each.__name__ for each in operation.view.permission_classes] == ["IsMember"]
        assert operation.scope in SCOPES


@pytest.mark.parametrize("operation", WITH_OBJECT, ids=str)
def test_an_object_is_there_for_its_own_clinic_alone(
    operation: Operation, clinic: Clinic, outsider: APIClient, api: APIClient
) -> None:
    arguments = operation.make_object(clinic)
    before = take_picture(clinic)
    answer = operation.call(outsider, **arguments)
    assert answer.status_code == 404, answer.content
    assert answer.json()["code"] == "not_found"
    assert take_picture(clinic) == before
    own = operation.call(api, **arguments)  # else all this would show nothing but a wrong address
    own.close()  # it may be a file
    assert own.status_code != 404
    assert own.status_code < 500


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_nobody_is_let_in_without_credentials_or_scope(operation: Operation, clinic: Clinic) -> None:
    arguments = operation.make_object(clinic) if operation.has_parameter else {}
    lesser = client_of(clinic, scopes=[scope for scope in SCOPES if scope != operation.scope])
    lesser.get("/api/v1/auth/me/")  # its last use is written
    before = take_picture(clinic)
    assert operation.call(APIClient(), **arguments).status_code == 401
    if operation in SCOPED:
        answer = operation.call(lesser, **arguments)
        assert answer.status_code == 403
        assert str(operation.scope) in answer.json()["detail"]
    assert take_picture(clinic) == before


@pytest.fixture
def filled(clinic: Clinic) -> dict[str, Any]:
    """An object of each kind in `clinic`: every id of its rows."""
    for make in OBJECTS.values():
        make(clinic)
    picture = take_picture(clinic)
    picture.pop("clinic")
    return {str(row["id"]): label for label, rows in picture.items() for row in rows if "id" in row}


@pytest.mark.parametrize("operation", LISTS, ids=str)
def test_a_list_shows_nothing_of_another_clinic(
    operation: Operation, clinic: Clinic, filled: dict[str, Any], outsider: APIClient
) -> None:
    answer = operation.call(outsider)
    assert answer.status_code == 200
    words = json.dumps(answer.json())
    assert [label for id_, label in filled.items() if id_ in words] == []


_COUNTS = ("ai/check/", "queues/", "dead-letters/kinds/")  # no ids: their own tests tell whose jobs are counted


@pytest.mark.parametrize("operation", [each for each in LISTS if each.route not in _COUNTS], ids=str)
def test_a_list_shows_ones_own(operation: Operation, clinic: Clinic, filled: dict[str, Any], api: APIClient) -> None:
    """Else the test above would see nothing but empty lists."""
    words = json.dumps(operation.call(api).json())
    assert any(id_ in words for id_ in filled)
