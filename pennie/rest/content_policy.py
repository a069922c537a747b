"""Content-Security-Policy: what a page of ours may load and run. Nothing comes from another host."""

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
_PAGES = "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
_STYLES = "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
_POLICIES: Final[Mapping[str, str]] = {
    "/api/": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "/admin/": f"{_PAGES}; {_STYLES}; script-src 'self' 'unsafe-eval'",  # Alpine makes functions of its attributes
    "/docs/": f"{_PAGES}; {_STYLES}",
    "/redoc/": f"{_PAGES}; {_STYLES}; worker-src 'self' blob:",
}


class ContentPolicyMiddleware:
    """Sets the policy by the address, unless the view has set one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault(HEADER, choose_policy(path=request.path))
        return response


def choose_policy(*, path: str) -> str:
    """The policy of the pages below an address."""
    return next((policy for start, policy in _POLICIES.items() if path.startswith(start)), _PAGES)
