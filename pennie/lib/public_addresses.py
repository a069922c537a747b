"""Addresses on the internet that strangers may name: looked up once, and never one of our own network.

Source: OWASP, Server-Side Request Forgery Prevention; `ipaddress.is_global` of the IANA registries.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

Address = IPv4Address | IPv6Address
Network = Any  # IPv4Network | IPv6Network, which have no common type
LookUp = Callable[[str, int], Sequence[str]]

_UNICAST: Final = IPv6Network("2000::/3")  # all that the registry has given out; the rest translates, or is reserved
_DOCUMENTATION: Final = IPv6Network("3fff::/20")
_NAT64: Final = IPv6Network("64:ff9b::/96")  # global to the registry, but it leads to any IPv4 address


class NoAddress(Exception):
    """The name leads nowhere."""


class ForbiddenAddress(Exception):
    """The name leads to an address that is not public."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks as "10.0.0.0/8, 127.0.0.1". Raises ValueError."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def is_public(address: Address) -> bool:
    """Whether it is on the internet, also behind what translates to IPv4."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST or address in _DOCUMENTATION:
            return False
    return address.is_global and not address.is_multicast


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system's resolver gives them. Raises NoAddress."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoAddress from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def find_address(host: str, port: int, *, trusted: Sequence[Network] = (), resolve: LookUp = look_up) -> Address:
    """The address to connect to: the first of the name's. Nobody asks the resolver again, which might say another.

    `trusted` networks may be named though they are not public. One address that may not be named forbids the name, so
    that nobody gets by with a mixture. Raises NoAddress, ForbiddenAddress.
    """
    addresses = [_parse(text) for text in resolve(host, port)]
    if not addresses:
        raise NoAddress
    if not all(is_public(address) or is_within(address, trusted) for address in addresses):
        raise ForbiddenAddress
    return addresses[0]


def _parse(text: str) -> Address:
    try:
        return ip_address(text.partition("%")[0])  # a zone names an interface of ours
    except ValueError:
        raise NoAddress from None
