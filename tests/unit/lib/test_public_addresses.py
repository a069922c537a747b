"""Addresses that strangers may name: the internet, and nothing of ours."""

from ipaddress import ip_address

import pytest

from pennie.lib.public_addresses import ForbiddenAddress, NoAddress, find_address, is_public, look_up, parse_networks


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # it leads to this machine
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # clouds tell their secrets there
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::7f00:1", False),  # translated to 127.0.0.1
        ("64:ff9b::5db8:d70e", True),
        ("64:ff9b:1::a00:1", False),  # a network's own translation
        ("::127.0.0.1", False),
        ("::10.0.0.1", False),
        ("::ffff:0:7f00:1", False),
        ("fec0::1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
        ("2002:a00:1::", False),
    ],
)
def test_only_what_is_on_the_internet_is_public(address, public):
    assert is_public(ip_address(address)) is public


def resolving(*addresses):
    return lambda host, port: addresses


@pytest.mark.parametrize("second", ["127.0.0.1", "::1", "169.254.169.254"])
@pytest.mark.parametrize("is_first", [True, False])
def test_one_address_of_ours_forbids_the_name(second, is_first):
    both = (second, "93.184.215.14") if is_first else ("93.184.215.14", second)
    with pytest.raises(ForbiddenAddress):
        find_address("example.org", 443, resolve=resolving(*both))


def test_the_first_address_of_the_name_is_taken():
    found = find_address(
        "example.org", 443, resolve=resolving("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    )
    assert found == ip_address("93.184.215.14")


def test_what_is_trusted_may_be_named_and_nothing_else_of_ours():
    trusted = parse_networks("10.0.0.0/8, ::1")
    assert find_address("x", 1, trusted=trusted, resolve=resolving("10.9.8.7")) == ip_address("10.9.8.7")
    assert find_address("x", 1, trusted=trusted, resolve=resolving("::1")) == ip_address("::1")
    with pytest.raises(ForbiddenAddress):
        find_address("x", 1, trusted=trusted, resolve=resolving("127.0.0.1"))


@pytest.mark.parametrize("addresses", [(), ("nonsense",)])
def test_a_name_that_leads_nowhere_is_told(addresses):
    with pytest.raises(NoAddress):
        find_address("x", 1, resolve=resolving(*addresses))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost"])
def test_other_ways_to_write_loopback_are_found_out_by_the_resolver(host):
    with pytest.raises((ForbiddenAddress, NoAddress)):
        find_address(host, 80, resolve=look_up)


@pytest.mark.parametrize("text", ["10.0.0.0/40", "here", "10.0.0.0/8;192.168.0.0/16"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(ValueError, match="does not appear to be"):
        parse_networks(text)


def test_no_networks_are_none():
    assert parse_networks(" ") == ()
