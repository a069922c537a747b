"""How many queries an answer takes."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

SIGN_IN = 1  # the key with its user, clinic and membership


def count_queries(client: APIClient, url: str, query: dict[str, Any] | None = None) -> int:
    """Those of a GET beyond signing in, of a caller who was here within the minute."""
    client.get(url, query)  # notes the key's use
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url, query)
    assert response.status_code == 200, response.content
    return len(queries) - SIGN_IN
