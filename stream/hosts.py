"""How hosts are written.

Owns the notations of this computer and of hosts in URLs. Knows nothing of who is called or who calls.
"""

from typing import Final

THIS_COMPUTER: Final = ("localhost", "127.0.0.1", "::1")
"""Never reached through a proxy, which would be somebody else's this computer."""


def bracketed(host: str) -> str:
    """Return the host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
