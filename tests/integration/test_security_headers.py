"""What every answer says to a browser."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from pennie.rest.content_policy import HEADER, ContentPolicyMiddleware


@pytest.mark.parametrize("path", ["/api/v1/auth/me/", "/docs/", "/admin/login/", "/nowhere"])
@pytest.mark.django_db
def test_an_answer_is_not_guessed_at_framed_or_told_to_others(path: str) -> None:
    answer = Client().get(path)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer[HEADER]


def policy_of(path: str) -> str:
    return ContentPolicyMiddleware(lambda request: HttpResponse())(RequestFactory().get(path))[HEADER]


def test_only_the_admin_may_make_code_of_text() -> None:
    assert "'unsafe-eval'" in policy_of("/admin/jobs/job/")
    for path in ("/api/v1/uploads/", "/docs/", "/redoc/", "/", "/administration/"):
        assert "unsafe-eval" not in policy_of(path)
        assert "script-src" not in policy_of(path)  # falls to default-src, without 'unsafe-inline'


def test_an_answer_of_the_api_loads_nothing() -> None:
    assert policy_of("/api/v1/uploads/").startswith("default-src 'none'")


def test_a_policy_that_the_view_set_is_kept() -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={HEADER: "sandbox"})

    assert ContentPolicyMiddleware(answer)(RequestFactory().get("/api/v1/uploads/"))[HEADER] == "sandbox"
