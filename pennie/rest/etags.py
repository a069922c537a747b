"""ETag and If-Match: a change is refused where the caller has seen an older state (RFC 9110, section 13.1.1)."""

from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that you read it with. Where it was changed since, nothing is done: 412 `stale`.",
)


def read_if_match(request: Request) -> frozenset[str] | None:
    """The versions that the caller knows; None where any is welcome: no If-Match, or `*`.

    A proxy that compresses makes a tag weak; it names the same version all the same.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    return frozenset(tag.removeprefix("W/").strip('"') for tag in parse_etags(header))


def tag(response: Response, *, version: str) -> Response:
    """`response` with its version as ETag."""
    response["ETag"] = f'"{version}"'
    return response
