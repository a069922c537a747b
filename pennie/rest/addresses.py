"""Where a request comes from, behind proxies that are ours."""

from ipaddress import IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

_IPV6_SITE = 64  # bits that name one subscriber, who may use every address below


def find_address(request: HttpRequest) -> str | None:
    """The caller's address: of IPv6 the network that a subscriber has; None where there is none (a Unix socket).

    With TRUSTED_PROXIES = n it is the n-th from the right of X-Forwarded-For: those further left are the caller's own
    words, which anybody may make up.
    """
    said = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        said = hops[-settings.TRUSTED_PROXIES]
    return _normalise(said)


def _normalise(said: str) -> str | None:
    try:
        address = ip_address(said)
    except ValueError:
        return None
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address.packed, _IPV6_SITE), strict=False).network_address)
