"""What the tests of the pages share: a picture with a known look, a feeder, and ways to look at a page."""

import threading
from collections.abc import Callable
from datetime import datetime

import cv2
import numpy as np
from playwright.sync_api import Page
from server_clients import wait_until

from avatar.types import Rendered
from stream.server.server import Server
from stream.sinks.overlay import OverlaySink
from trackers.types import ImageArray, Stamp

ORANGE = (240, 150, 60)
SIZE_PX = 256
MORNING, NOON = datetime(2026, 1, 1, 6), datetime(2026, 1, 1, 12)


def avatar_picture(step: int, *, height: int = SIZE_PX) -> ImageArray:
    """Return (H, 256, 4) RGBA: an orange ball, half transparent in its lower half, with a bar that moves with `step`."""
    y, x = np.mgrid[:height, :SIZE_PX]
    picture = np.zeros((height, SIZE_PX, 4), dtype=np.uint8)
    inside = np.hypot(x - SIZE_PX / 2, y - height / 2) < 0.35 * min(height, SIZE_PX)
    picture[inside] = (*ORANGE, 255)
    picture[inside & (y >= height / 2)] = (*ORANGE, 128)
    left = 40 + step % 40 * 4
    picture[4:12, left : left + 16] = (30, 60, 220, 255)
    return picture


class Feeder:
    """Publishes moving pictures from its own thread, as the pipeline does, until closed."""

    def __init__(self, server: Server, make: Callable[[int], ImageArray] = avatar_picture) -> None:
        self._sink = OverlaySink(server)
        self._make = make
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0

    def __enter__(self) -> "Feeder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(1 / 60):
            self._sink.send(Rendered(self._make(self.sent), Stamp(self.sent, 0)))
            self.sent += 1


def pixels(png: bytes) -> np.ndarray:
    """Return a screenshot as (H, W, 4) RGBA."""
    picture = cv2.imdecode(np.frombuffer(png, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)


def wait_for(page: Page, expression: str) -> None:
    """Wait, a bounded time, until a JavaScript expression holds (the page's policy forbids Playwright's own way)."""
    wait_until(lambda: bool(page.evaluate(f"Boolean({expression})")))


def stand_still(page: Page) -> None:
    """Stop the clock of a page that was opened with `page.clock` installed; from now on it goes by `page.clock.run_for`."""
    page.clock.pause_at(NOON)


def open_standing_still(page: Page, address: str) -> None:
    """Open a page with a clock that stands still: what flies does so by its `run_for`, however slow the computer."""
    page.clock.install(time=MORNING)
    page.goto(address)
    wait_for(page, "window.posecast && window.posecast.ready")
    stand_still(page)


def alpha(page: Page) -> np.ndarray:
    """Return how solid a page is, (H, W)."""
    return pixels(page.screenshot(omit_background=True))[..., 3]


def texts(page: Page, *ids: str) -> list[str]:
    """Return the text of elements by their ids."""
    return [page.inner_text(f"#{name}") for name in ids]
