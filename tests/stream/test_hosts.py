"""Hosts in settings and URLs: what is taken, and what is refused before anything is called."""

import socket
from types import SimpleNamespace

import pytest

from stream.hosts import bracketed, checked_host, checked_parts, named_host, network_addresses


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("192.168.1.20", "192.168.1.20"), ("wled-küche.local", "wled-küche.local"), (" desk ", "desk"), ("a.b.", "a.b.")),
        *(("::1", "::1"), ("[fe80::1]", "fe80::1"), ("", "")),
    ],
)
def test_names_and_addresses_are_taken(written: str, meant: str) -> None:
    """Space and brackets are not part of them."""
    assert checked_host(written) == meant


@pytest.mark.parametrize(
    "written",
    ["127.0.0.1:8099", "http://desk", "a b", "desk/x", "a..b", "me@desk", "::1::2", "{secret:h}", "[::1", "[]", "[desk]"],
)
def test_what_is_no_host_is_refused(written: str) -> None:
    """As people copy it out of a browser."""
    with pytest.raises(ValueError, match=r"^it must be a name or an IP address alone, without http:// or a port, got '"):
        checked_host(written)


def test_nothing_is_refused_where_a_host_is_needed() -> None:
    """Not only in the moment in which it is called."""
    with pytest.raises(ValueError, match="such as 192.168.1.20, got nothing"):
        named_host(" ")
    assert named_host("desk") == "desk"


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://desk:99999/",
        "http://desk:0",
        "desk:8123",
        "http:///x",
        "http://desk:x",
        " http://desk",
        "http://de sk",
        "http://desk\n",
    ],
)
def test_what_can_never_be_called_is_refused(url: str) -> None:
    """Without the URL itself, which may hold a secret."""
    with pytest.raises(ValueError, match="it must name a host") as raised:
        checked_parts(url)
    assert "desk" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["http://desk", "https://[::1]:8123/x?y=1", "{secret:url}", "http://{secret:host}:{secret:port}/"]
)
def test_what_may_be_called_is_taken(url: str) -> None:
    """Holes are filled later."""
    assert checked_parts(url).geturl() == url


def test_other_computers_are_told_an_address_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of interfaces that are up, and neither this computer's own nor one that it gave itself."""
    addresses = {"lo": "127.0.0.1", "eth0": "192.168.1.7", "old": "192.168.1.8", "self": "169.254.3.4", "net": "8.8.8.8"}
    given = {name: [SimpleNamespace(family=socket.AF_INET, address=text)] for name, text in addresses.items()}
    given["eth0"].append(SimpleNamespace(family=socket.AF_INET6, address="fe80::1%eth0"))
    monkeypatch.setattr("psutil.net_if_addrs", lambda: given)
    monkeypatch.setattr("psutil.net_if_stats", lambda: {name: SimpleNamespace(isup=name != "old") for name in given})
    assert network_addresses() == ["192.168.1.7"]


def test_ipv6_stands_in_brackets() -> None:
    """In URLs."""
    assert (bracketed("::1"), bracketed("desk")) == ("[::1]", "desk")
