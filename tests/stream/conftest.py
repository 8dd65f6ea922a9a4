"""Fixtures of the tests of `stream`: a running server, and a Chromium to look at its pages."""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from server_clients import make_server
from steady_loop import SteadyLoop

from stream.server.commands import Command
from stream.server.server import Server

if TYPE_CHECKING:  # the tests without a browser need no Playwright, and those without an avatar no network
    from playwright.sync_api import Browser, Page

    from avatar.package.library import Library

for helpers in ("neural", "package"):  # made-up avatars of other rooms' tests
    sys.path.append(str(Path(__file__).parents[1] / "avatar" / helpers))

TIMED = ("dispatcher", "dmx", "link", "obs_client", "obs_socket", "wled")
"""Modules of actions that look at the time only inside a loop."""

FLAGS = [
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP evil.example 127.0.0.1"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> "Library":
    """The built-in avatar and one of the user's. They look different: their learnt textures do."""
    from made_avatars import empty_library, put

    made = empty_library(tmp_path_factory.mktemp("library"))
    put(made, "mascot")
    put(made, "robin")
    return made


@pytest.fixture(scope="module")
def browser(chromium: str) -> "Iterator[Browser]":
    """One Chromium for all tests of a file; a foreign name leads to this machine, as after DNS rebinding."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(autouse=True)
def _no_stall_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every loop that a test makes leaves out the time in which the computer stood still, and so does what runs in it."""
    monkeypatch.setattr(asyncio, "new_event_loop", SteadyLoop)
    monkeypatch.setattr(asyncio.events, "new_event_loop", SteadyLoop)
    clock = SimpleNamespace(monotonic=lambda: asyncio.get_running_loop().time(), perf_counter_ns=time.perf_counter_ns)
    for name in TIMED:
        monkeypatch.setattr(f"stream.actions.{name}.time", clock)


def _is_fault(kind: str, text: str) -> bool:
    # A server that is away while the page connects again is no fault of the page.
    return kind == "error" and not text.startswith("WebSocket connection to")


@pytest.fixture
def page(browser: "Browser", server: Server) -> "Iterator[Page]":
    """A fresh page; an error in its scripts, or something that its policy blocked, fails the test. Closed before the server."""
    opened = browser.new_page(viewport={"width": 256, "height": 256})
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text) if _is_fault(line.type, line.text) else None)
    yield opened
    opened.close()
    assert errors == []


@pytest.fixture
def commands() -> list[Command]:
    """Return what the server was told."""
    return []


@pytest.fixture
def server(commands: list[Command]) -> Iterator[Server]:
    """A running server."""
    with make_server(commands.append) as running:
        yield running
