"""The overlay page in a real Chromium: true transparency, moving pictures, and coming back by itself."""

import numpy as np
import pytest
from playwright.sync_api import Page
from server_clients import make_server
from web_pages import ORANGE, SIZE_PX, Feeder, pixels, wait_for

from stream.server.server import Server, ServerSettings

pytestmark = pytest.mark.needs_chromium


WITHOUT_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : original.call(this, kind, ...rest);
};
"""


@pytest.mark.parametrize("painter", ["webgl2", "2d"])
def test_overlay_is_transparent_where_the_avatar_is_not(page: Page, server: Server, painter: str) -> None:
    """The page's corner lets OBS's scene through, its middle shows the avatar's colour, and half transparent is half."""
    if painter == "2d":
        page.add_init_script(WITHOUT_WEBGL)
    with Feeder(server):
        page.goto(server.overlay_url)
        wait_for(page, "window.posecast && window.posecast.drawn > 3")
        shot = pixels(page.screenshot(omit_background=True))
    assert page.evaluate("window.posecast.painter") == painter
    assert shot.shape == (SIZE_PX, SIZE_PX, 4)
    assert shot[250, 5, 3] == 0
    assert shot[100, 128, 3] == 255
    np.testing.assert_allclose(shot[100, 128, :3], ORANGE, atol=4)
    np.testing.assert_allclose(shot[160, 128, 3], 128, atol=4)
    np.testing.assert_allclose(shot[160, 128, :3], ORANGE, atol=8)


def test_overlay_moves(page: Page, server: Server) -> None:
    """Pictures advance, no older one replaces a newer, and the moving bar is seen at different places."""
    with Feeder(server):
        page.goto(server.overlay_url)
        bars = set()
        seqs = []
        for _ in range(4):
            seen = seqs[-1] if seqs else -1
            wait_for(page, f"window.posecast && window.posecast.seq > {seen + 5}")
            seqs.append(page.evaluate("window.posecast.seq"))
            shot = pixels(page.screenshot(omit_background=True))
            bars.add(int(np.flatnonzero(shot[8, :, 3] > 128).mean()))
    assert seqs == sorted(seqs)
    assert len(bars) >= 3


@pytest.mark.parametrize(
    ("query", "visible"),
    [("", (0, 256, 64, 192)), ("?fit=cover", (0, 256, 0, 256))],
)
def test_overlay_keeps_its_shape(page: Page, server: Server, query: str, visible: tuple[int, int, int, int]) -> None:
    """In a source twice as wide as high a square picture keeps its shape: contained whole, or covering all."""
    full = np.full((SIZE_PX, SIZE_PX, 4), (*ORANGE, 255), dtype=np.uint8)
    page.set_viewport_size({"width": 512, "height": SIZE_PX})
    with Feeder(server, lambda step: full):
        page.goto(server.overlay_url + query)
        wait_for(page, "window.posecast && window.posecast.drawn > 3")
        alpha = pixels(page.screenshot(omit_background=True))[..., 3]
    columns = np.flatnonzero(alpha[128] > 128)
    wanted = (128, 383) if query == "" else (0, 511)
    assert (columns.min(), columns.max()) == wanted


def test_overlay_can_be_mirrored(page: Page, server: Server) -> None:
    """`?mirror` flips this overlay only."""
    half = np.zeros((SIZE_PX, SIZE_PX, 4), dtype=np.uint8)
    half[:, : SIZE_PX // 2] = (*ORANGE, 255)
    with Feeder(server, lambda step: half):
        page.goto(f"{server.overlay_url}?mirror")
        wait_for(page, "window.posecast && window.posecast.drawn > 3")
        alpha = pixels(page.screenshot(omit_background=True))[..., 3]
    assert alpha[128, 40] == 0
    assert alpha[128, 215] == 255


def test_overlay_shows_heights_that_are_no_multiple_of_16(page: Page, server: Server) -> None:
    """The padding of the packed picture is never seen."""
    page.set_viewport_size({"width": SIZE_PX, "height": 200})
    with Feeder(server, lambda step: np.full((200, SIZE_PX, 4), (*ORANGE, 255), dtype=np.uint8)):
        page.goto(server.overlay_url)
        wait_for(page, "window.posecast && window.posecast.drawn > 3")
        shot = pixels(page.screenshot(omit_background=True))
    assert shot[..., 3].min() == 255
    np.testing.assert_allclose(shot[199, :, :3].mean(axis=0), ORANGE, atol=4)


def test_overlay_connects_again_by_itself(page: Page) -> None:
    """Posecast may be started after OBS, and started again, without touching the source."""
    with make_server() as first:
        port = first.port
        page.goto(first.overlay_url)
        with Feeder(first):
            wait_for(page, "window.posecast && window.posecast.drawn > 0")
    drawn = page.evaluate("window.posecast.drawn")
    with _server_at(port) as second, Feeder(second):
        wait_for(page, f"window.posecast.drawn > {drawn} + 3")
    page.goto("about:blank")


def _server_at(port: int) -> Server:
    return Server(ServerSettings(port=port), on_command=lambda command: None)
