"""How hosts are written, and by which addresses this computer is known.

Owns the notations of hosts in settings and URLs. Knows nothing of who is called or who calls.
"""

import ipaddress
import re
import socket
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

import psutil
from pydantic import AfterValidator

THIS_COMPUTER: Final = ("localhost", "127.0.0.1", "::1")
"""Never reached through a proxy, which would be somebody else's this computer."""

EVERYWHERE: Final = ("0.0.0.0", "::", "")
"""As what a server listens on: all addresses of this computer."""

_NAME: Final = re.compile(r"[\w-]+(\.[\w-]+)*\.?")


def checked_host(text: str) -> str:
    """Return a name or an IP address as it was meant: without space around it or brackets; empty stays empty.

    Raises:
        ValueError: it is something else, such as a URL.
    """
    host = text.strip()
    if host.startswith("[") and host.endswith("]") and is_ip(host[1:-1]):
        host = host[1:-1]
    if host and not _NAME.fullmatch(host) and not is_ip(host):
        raise ValueError(f"it must be a name or an IP address alone, without http:// or a port, got {text!r}")
    return host


def named_host(text: str) -> str:
    """As `checked_host`, but not empty.

    Raises:
        ValueError: it is empty, or as `checked_host`.
    """
    if not text.strip():
        raise ValueError("it must be a name or an IP address, such as 192.168.1.20, got nothing")
    return checked_host(text)


Host = Annotated[str, AfterValidator(named_host)]
HostOrNone = Annotated[str, AfterValidator(checked_host)]
"""Empty: none."""


def checked_parts(url: str) -> SplitResult:
    """Return the parts of a URL; one with holes for secrets before its parameters is taken as it is.

    Raises:
        ValueError: it can never be called.
    """
    try:
        parts = urlsplit(url)
        where = url.partition("//")[2].partition("/")[0]  # of `parts`, line ends are gone already
        if url != url.strip() or any(letter.isspace() for letter in where):
            raise ValueError
        if "{" not in url.partition("?")[0] and (not parts.hostname or parts.port == 0):
            raise ValueError
    except ValueError:
        raise ValueError("it must name a host, and a port from 1 to 65535 if any, such as http://192.168.1.20:8123") from None
    return parts


def bracketed(host: str) -> str:
    """Return the host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def network_addresses() -> list[str]:
    """Return the IPv4 addresses by which other computers of the local network may know this one."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [one.address for name, those in psutil.net_if_addrs().items() if name in up for one in those if _is_lan(one)]
    return list(dict.fromkeys(found))


def _is_lan(address: Any) -> bool:
    if address.family is not socket.AF_INET:
        return False
    ip = ipaddress.ip_address(address.address)
    return ip.is_private and not ip.is_loopback and not ip.is_link_local


def is_ip(host: str) -> bool:
    """Tell whether a host is written as an IP address, without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
