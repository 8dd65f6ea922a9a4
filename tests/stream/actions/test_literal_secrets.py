"""Secrets that stand in rules as they are: refused when the file is read, in a sentence that does not repeat them."""

import pytest
from pydantic import BaseModel, ValidationError

from stream.actions.literal_secrets import checked_headers, checked_url
from stream.actions.socket import SocketConnection
from stream.actions.webhook import Webhook

STEP = "store it with `python run.py secret set NAME` and write {secret:NAME} in its place"


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("https://user:hunter2@api.example/x", "a password"),
        ("https://api.example/x?lamp=3&token=hunter2", "a secret such as token"),
        ("https://api.example/x?API_KEY=hunter2", "a secret such as API_KEY"),
    ],
)
def test_an_address_with_a_secret_is_refused(url: str, what: str) -> None:
    """A password, or a parameter that is surely one."""
    with pytest.raises(ValueError, match="never stands in a file") as caught:
        checked_url(url)
    assert str(caught.value) == f"{what} never stands in a file; {STEP}"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example/x?lamp=3&key=left&token=",
        "https://user@api.example/x",
        "https://user:{secret:hook}@api.example/{secret:path}?token={secret:hook}",
        "{secret:whole}",
        "ws://127.0.0.1:8080/",
    ],
)
def test_other_addresses_stand_as_they_are(url: str) -> None:
    """Also those that ask for kept secrets."""
    assert checked_url(url) == url


@pytest.mark.parametrize("name", ["Authorization", "authorization ", "Cookie", "X-API-Key"])
def test_a_header_with_a_secret_is_refused(name: str) -> None:
    """Whatever its case; with a kept secret, or none, it is right."""
    with pytest.raises(ValueError, match="never stands in a file") as caught:
        checked_headers({"X-Rule": "{rule}", name: "Bearer hunter2"})
    assert str(caught.value) == f"a secret such as {name} never stands in a file; {STEP}"
    for right in ("Bearer {secret:hook}", ""):
        assert checked_headers({name: right}) == {name: right}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Webhook, {"url": "https://me:hunter2@api.example/"}),
        (Webhook, {"url": "https://api.example/", "headers": {"Authorization": "Bearer hunter2"}}),
        (SocketConnection, {"url": "wss://me:hunter2@api.example/"}),
        (SocketConnection, {"url": "wss://api.example/", "headers": {"Authorization": "Bearer hunter2"}}),
    ],
)
def test_webhooks_and_sockets_ask_for_it(kind: type[BaseModel], fields: dict[str, object]) -> None:
    """Both when they are read."""
    with pytest.raises(ValidationError, match="never stands in a file"):
        kind.model_validate(fields)
