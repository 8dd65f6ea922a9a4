"""Secrets that stand in a rule file as they are, where people share them with their rules without a thought.

Owns which parts of an address and which headers are secrets for sure; other texts may hold one, too, but nobody can tell. Knows
nothing of who calls the address.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from stream.hosts import checked_parts

_HEADERS: Final = ("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token")
_PARAMETERS: Final = ("token", "access_token", "auth_token", "api_key", "apikey", "api-key", "secret", "password", "passwd")
_HOLE: Final = "{secret:"
_STEP: Final = "store it with `python run.py secret set NAME` and write {secret:NAME} in its place"


def checked_url(url: str) -> str:
    """Return the address if neither its password nor a parameter such as `token` stands in it as it is.

    Raises:
        ValueError: one sentence, without the secret; or it is no address.
    """
    parts = checked_parts(url)
    if parts.password and _HOLE not in parts.password:
        raise ValueError(f"a password never stands in a file; {_STEP}")
    for name, value in parse_qsl(parts.query):
        if name.lower() in _PARAMETERS and _HOLE not in value:
            raise ValueError(f"a secret such as {name} never stands in a file; {_STEP}")
    return url


def checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers if none that is for secrets, such as `Authorization`, holds one as it is.

    Raises:
        ValueError: one sentence, without the secret.
    """
    for name, value in headers.items():
        if name.strip().lower() in _HEADERS and value.strip() and _HOLE not in value:
            raise ValueError(f"a secret such as {name} never stands in a file; {_STEP}")
    return headers
