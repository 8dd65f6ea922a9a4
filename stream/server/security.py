"""Who may talk to the server, and who may see what: the rules for `Host`, `Origin`, the token and the private topics.

Owns the decisions; pure, knows nothing of sockets. What they are for: any web page that the streamer visits can make the
browser send requests to 127.0.0.1. `Host` must be ours, or a page could rebind its own name to this machine; `Origin` must be
the very page we served, or a page could open our socket across origins. A command needs the token besides.

The camera's picture is the user's own face, the topics `tracking` and `pose` its shape and movement, and what is said of the
program's state names files and devices: none of it is for everyone on a network.
"""

import hmac
import ipaddress
import secrets
from dataclasses import dataclass

from stream.hosts import EVERYWHERE, THIS_COMPUTER, bracketed, is_ip
from stream.server.messages import OPEN_TOPICS, TOPICS

_PRIVATE_TOPICS = tuple(topic for topic in TOPICS if topic not in OPEN_TOPICS)


def new_token() -> str:
    """Return a fresh secret, safe to stand in a URL."""
    return secrets.token_urlsafe(24)


def token_matches(expected: str, given: str | None) -> bool:
    """Compare in constant time; no token never matches."""
    return given is not None and hmac.compare_digest(expected.encode(), given.encode(errors="replace"))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


@dataclass(frozen=True, slots=True)
class Guest:
    """Where a client came in, and from where."""

    is_read_only: bool
    """It came by the overlay's socket."""
    is_near: bool
    """Its address is a loopback address: what it is sent leaves this machine on no wire."""
    is_house_open: bool
    """The server listens beyond loopback, so that others may have come as well."""

    def barred(self, *, has_token: bool) -> dict[str, str]:
        """Return the topics that this client may not have, each with the sentence that says why."""
        if self.is_read_only:
            return {topic: f"this socket does not tell {topic}; subscribe to it on /socket" for topic in _PRIVATE_TOPICS}
        barred: dict[str, str] = {}
        if self.is_house_open and not has_token:
            barred = {
                topic: f"{topic} needs the token while the server listens on the network; "
                "open the panel with the URL that Posecast printed"
                for topic in _PRIVATE_TOPICS
            }
        if not self.is_near:
            barred["camera"] = (
                "the camera's picture is not sent over the network, where nothing is encrypted; "
                "watch it on the machine that runs Posecast, with --server.host 127.0.0.1"
            )
        elif not has_token:
            barred["camera"] = "the camera's picture needs the token; open the panel with the URL that Posecast printed"
        return barred


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """Which addresses are ours: those a browser may name in `Host` and `Origin`."""

    host: str
    """As configured: an IP address, a name, or a wildcard (`0.0.0.0`, `::`)."""
    port: int

    def host_is_ours(self, host: str | None) -> bool:
        """Tell whether the `Host` header names this server.

        Behind a wildcard any IP address with our port will do: rebinding needs a name, and no name but ours is taken.
        """
        if host is None:
            return False
        name, port = _split(host.lower())
        if port != str(self.port):
            return False
        ours = (bracketed(host) for host in (*THIS_COMPUTER, self.host.lower()))
        return name in ours or (self._listens_everywhere and is_ip(name.removeprefix("[").removesuffix("]")))

    def origin_is_ours(self, origin: str | None, *, host: str) -> bool:
        """Tell whether the request comes from a page of ours, or from no page at all (no `Origin` header)."""
        return origin is None or origin.lower() == f"http://{host.lower()}"

    def fetch_is_ours(self, *, site: str | None, mode: str | None) -> bool:
        """Tell whether a browser's `Sec-Fetch-*` headers speak of our own page, a visit by the user, or no browser.

        Another port of this machine is another origin, though browsers call it `same-site`.
        """
        return mode == "navigate" or site in (None, "same-origin", "none")

    @property
    def _listens_everywhere(self) -> bool:
        return self.host in EVERYWHERE


def _split(host: str) -> tuple[str, str]:
    """Split a `Host` header; without a port it is HTTP's 80."""
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        return host, "80"
    return name, port
