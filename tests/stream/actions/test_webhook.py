"""Webhooks against a server on this machine: what is sent, what is told, and what never is."""

import asyncio
import contextlib
import logging
import socket
import threading

import pytest
from client_tools import done, order, tools
from far_http import Heard, far_http
from pydantic import ValidationError

from stream.actions.base import Order, Refused
from stream.actions.webhook import WebConnection, Webhook

SECRET = "t0k/en ?&"


def _call(*orders: Order, timeout_s: float = 3.0) -> None:
    asyncio.run(done(WebConnection(timeout_s=timeout_s).client("web", tools=tools({"hook": SECRET})), *orders))


def test_request_is_filled() -> None:
    """Method, path, query, headers and JSON come as written, with the cause filled in."""
    with far_http() as far:
        hook = Webhook(
            url=f"{far.url}/hook/{{gesture}}?c={{cause}}",
            method="PUT",
            headers={"Authorization": "Bearer {secret:hook}", "X-Rule": "{rule}"},
            body={"content": "{gesture}!", "confidence": "{confidence}"},
        )
        _call(order(hook))
    (heard,) = far.heard
    assert (heard.method, heard.path) == ("PUT", "/hook/t_pose?c=t_pose%20%280.93%29")
    assert heard.headers["authorization"] == f"Bearer {SECRET}"
    assert heard.headers["x-rule"] == "party"
    assert heard.headers["content-type"] == "application/json"
    assert heard.json == {"content": "t_pose!", "confidence": 0.93}


def test_text_goes_as_it_is_and_nothing_as_nothing() -> None:
    """A text body is sent letter by letter; without one there is none."""
    with far_http() as far:
        _call(order(Webhook(url=far.url, body='{"text": "{gesture} ü"}')), order(Webhook(url=far.url, method="GET")))
    assert far.heard[0].body == '{"text": "t_pose ü"}'.encode()
    assert (far.heard[1].method, far.heard[1].body) == ("GET", b"")


def test_this_computer_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's proxy would be asked for its own 127.0.0.1."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with far_http() as far:
        _call(order(Webhook(url=far.url)))
    assert len(far.heard) == 1


def test_connection_is_kept() -> None:
    """Several calls to one host go over one connection."""
    with far_http() as far:
        _call(*[order(Webhook(url=far.url))] * 5)
    assert len(far.heard) == 5
    assert len({heard.port for heard in far.heard}) == 1


def test_secret_in_the_address_is_quoted_unless_it_is_all() -> None:
    """A token inside an address cannot break out of its place; a whole address may be secret."""
    with far_http() as far:
        _call(order(Webhook(url=f"{far.url}/{{secret:hook}}/x")))
        client = WebConnection().client("web", tools=tools({"all": f"{far.url}/whole?a=b"}))
        asyncio.run(done(client, order(Webhook(url="{secret:all}"))))
    assert [heard.path for heard in far.heard] == ["/t0k%2Fen%20%3F%26/x", "/whole?a=b"]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "HOST answered 404 Not Found to POST; check the webhook's address and headers"),
        (500, "HOST answered 500 Internal Server Error to POST; check the webhook's address and headers"),
        (302, "HOST answered 302 Found and points elsewhere; write the address that it points to"),
    ],
)
def test_answers_that_are_no_success_are_told(status: int, sentence: str) -> None:
    """One sentence with the host alone: path and query may hold a secret. A redirection is not followed."""
    with far_http(lambda heard: (status, b"")) as far:
        far.headers = {"Location": "/elsewhere"}
        with pytest.raises(Refused) as caught:
            _call(order(Webhook(url=f"{far.url}/secret?key=x")))
    assert str(caught.value) == sentence.replace("HOST", f"127.0.0.1:{far.port}")
    assert len(far.heard) == 1


def test_nobody_there_and_nobody_in_time() -> None:
    """Both are one sentence."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(Refused) as caught:
            _call(order(Webhook(url=f"http://127.0.0.1:{port}/x")))
        assert str(caught.value) == (
            f"127.0.0.1:{port} cannot be reached (ConnectError); see whether it is on and the address right"
        )
        free.listen()
        with pytest.raises(Refused) as caught:
            _call(order(Webhook(url=f"http://127.0.0.1:{port}/x")), timeout_s=0.2)
        assert str(caught.value) == f"127.0.0.1:{port} did not answer in time; see whether it is on"


def test_no_secret_is_ever_told(caplog: pytest.LogCaptureFixture) -> None:
    """Not by any logger at its most talkative, not by an error, whatever fails."""

    def angry(heard: Heard) -> tuple[int, bytes]:
        return 401, heard.headers["x-token"].encode()

    said = []
    with caplog.at_level(logging.DEBUG), far_http(angry) as far:
        for url in (f"{far.url}/{{secret:hook}}", "http://127.0.0.1:1/{secret:hook}", "{secret:hook}"):
            hook = Webhook(url=url, headers={"X-Token": "{secret:hook}"})
            with pytest.raises(Refused) as caught:
                _call(order(hook))
            said += [str(caught.value), repr(hook)]
    assert said[4] == "a webhook's address must begin with http:// or https:// and name a host; check its secret"
    for word in (SECRET, "t0k"):
        assert not any(word in text for text in [*said, caplog.text])


def test_header_that_cannot_be_is_told_without_its_value() -> None:
    """A secret with a line break cannot smuggle in a header, and is not quoted."""
    with far_http() as far:
        client = WebConnection().client("web", tools=tools({"hook": "a\r\nX-Evil: 1"}))
        with pytest.raises(Refused) as caught:
            asyncio.run(done(client, order(Webhook(url=far.url, headers={"X-A": "{secret:hook}"}))))
    assert "Evil" not in str(caught.value)
    assert far.heard == []


def test_an_answer_without_end_is_left() -> None:
    """What is answered beyond a little is not read."""
    left = threading.Event()

    def answer(far: socket.socket) -> None:
        link, _ = far.accept()
        with link, contextlib.suppress(OSError):
            link.recv(65536)
            link.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                link.sendall(b"x" * 65536)
        left.set()

    with socket.create_server(("127.0.0.1", 0)) as far:
        thread = threading.Thread(target=answer, args=(far,))
        thread.start()
        _call(order(Webhook(url=f"http://127.0.0.1:{far.getsockname()[1]}/")), timeout_s=60)
        assert left.wait(60)
        thread.join()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "ftp://x"}, "it must begin with http:// or https://"),
        ({"url": "http://x/{gestrue}"}, "{gestrue} is not known; did you mean gesture or rule?"),
        ({"url": "http://x", "body": {"a": "{conf}"}}, "{conf} is not known; did you mean confidence?"),
        ({"url": "http://x", "method": "HACK"}, "Input should be 'GET'"),
        ({"url": "http://x", "retries": 3}, "Extra inputs are not permitted"),
    ],
)
def test_fields_are_checked_at_load(fields: dict[str, object], words: str) -> None:
    """What cannot work is told when the rules are read."""
    with pytest.raises(ValidationError) as caught:
        Webhook.model_validate(fields)
    assert words in str(caught.value)
