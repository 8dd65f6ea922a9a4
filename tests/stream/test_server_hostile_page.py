"""A hostile page in a real Chromium: another origin of this machine, and a name that was rebound to it."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from server_clients import TOKEN, get

from stream.server import messages
from stream.server.commands import Command
from stream.server.server import Server

pytestmark = pytest.mark.needs_chromium


HOSTILE = """<!doctype html><title>hostile</title><script>
const ours = "127.0.0.1:%d";
const outcome = {};
const socket = (name, url) => new Promise((done) => {
  const link = new WebSocket(url);
  link.onopen = () => { outcome[name] = "open"; done(); };
  link.onerror = () => { outcome[name] = "refused"; done(); };
});
const fetched = (name, options) => fetch(`http://${ours}/`, options).then(
  async (answer) => { outcome[name] = `${answer.type} ${(await answer.text()).length}`; },
  () => { outcome[name] = "refused"; },
);
const tag = (name, kind, attributes) => new Promise((done) => {
  const made = Object.assign(document.createElement(kind), attributes);
  made.onload = () => { outcome[name] = "loaded"; done(); };
  made.onerror = () => { outcome[name] = "refused"; done(); };
  document.documentElement.append(made);
});
Promise.all([
  socket("socket", `ws://${ours}/socket`),
  socket("socket with token", `ws://${ours}/socket?token=%s`),
  socket("overlay socket", `ws://${ours}/overlay/socket`),
  fetched("fetch", {}),
  fetched("fetch without cors", { mode: "no-cors" }),
  tag("script", "script", { src: `http://${ours}/web/link.js` }),
  tag("picture", "img", { src: `http://${ours}/web/icon.svg` }),
]).then(() => { window.outcome = outcome; });
</script><iframe id="frame" src="http://127.0.0.1:%d/"></iframe>"""


@pytest.fixture
def hostile_url(server: Server, tmp_path: Path) -> Iterator[str]:
    """A page on another port of this machine, which does all that a page can do."""
    (tmp_path / "index.html").write_text(HOSTILE % (server.port, TOKEN, server.port), encoding="utf-8")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}/"
        web.shutdown()
        thread.join()


def test_hostile_page_gets_nothing(browser: Browser, server: Server, hostile_url: str, commands: list[Command]) -> None:
    """A page of another origin, even on this machine and with the token, opens no socket, reads and embeds no file."""
    with browser.new_page() as page:
        page.goto(hostile_url)
        page.wait_for_function("window.outcome")
        assert page.evaluate("window.outcome") == {
            "socket": "refused",
            "socket with token": "refused",
            "overlay socket": "refused",
            "fetch": "refused",
            "fetch without cors": "refused",
            "script": "refused",
            "picture": "refused",
        }
        assert page.frames[1].evaluate("document.getElementById('controls')") is None
    assert commands == []
    assert not any(server.wants(topic) for topic in messages.TOPICS)


def test_rebound_page_gets_nothing(browser: Browser, server: Server) -> None:
    """A foreign name that leads to this machine is refused by its name."""
    with browser.new_page() as page:
        answer = page.goto(f"http://evil.example:{server.port}/")
        assert answer is not None
        assert answer.status == 403
        assert get(server, "/")[0] == 200
