"""The effects page in a real Chromium: shows what rules ask for, moves, and leaves nothing behind."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page
from web_pages import alpha, open_standing_still, pixels, wait_for

from stream.actions.overlay import effect_message
from stream.server.server import Server

pytestmark = pytest.mark.needs_chromium

EMOTE = {"emote": "GG", "image": "", "count": 6, "motion": "burst", "size": 20}


def _opened(page: Page, server: Server) -> None:
    open_standing_still(page, f"{server.overlay_url}/events")


def test_page_is_empty_until_something_happens(page: Page, server: Server) -> None:
    """All of OBS's scene is seen through it, no frame is drawn, and other events change nothing."""
    _opened(page, server)
    assert server.effect_pages == 1
    server.publish_event({"type": "event", "name": "source.lost", "level": "info", "text": "x"})
    server.publish_effect({"type": "effect", "effect": "constructor"})
    server.publish_effect(effect_message("clear"))
    wait_for(page, "window.posecast.shown === 1")
    assert alpha(page).max() == 0
    assert page.evaluate("window.posecast.frames") == 0


@pytest.mark.parametrize("motion", ["rise", "burst"])
def test_emotes_fly_and_are_gone(page: Page, server: Server, motion: str) -> None:
    """They are seen, at different places, and afterwards the page is as before and draws no frames."""
    _opened(page, server)
    server.publish_effect(effect_message("emote", **EMOTE | {"motion": motion}))
    wait_for(page, "window.posecast.moving === 6")
    page.clock.run_for(500)
    assert page.evaluate("window.posecast.frames") > 20
    first = alpha(page) > 128
    page.clock.run_for(150)
    second = alpha(page) > 128
    assert first.any()
    assert (first != second).any()
    page.clock.run_for(20_000)
    assert page.evaluate("window.posecast.moving === 0 && Boolean(document.querySelector('#stage.idle'))")
    assert alpha(page).max() == 0
    frames = page.evaluate("window.posecast.frames")
    page.clock.run_for(100)
    assert page.evaluate("window.posecast.frames") == frames


def test_confetti_has_the_colours_and_ends(page: Page, server: Server) -> None:
    """Pieces of the colours that were asked for; when the last has fallen nothing is left."""
    _opened(page, server)
    server.publish_effect(effect_message("confetti", seconds=0.3, colors=["#ff0000", "#0000ff"]))
    wait_for(page, "window.posecast.shown === 1")
    page.clock.run_for(400)
    shot = pixels(page.screenshot(omit_background=True))
    solid = shot[shot[..., 3] > 250][:, :3].astype(int)
    assert len(solid) > 20
    assert (solid[:, 1] < 60).all()
    assert (solid[:, 0] > solid[:, 2] + 100).any()
    assert (solid[:, 2] > solid[:, 0] + 100).any()
    page.clock.run_for(20_000)
    assert page.evaluate("window.posecast.moving") == 0
    assert alpha(page).max() == 0


@pytest.mark.parametrize("style", ["pop", "banner", "neon"])
def test_text_is_text(page: Page, server: Server, style: str) -> None:
    """A line is shown as it is, markup and all, in its colour, and goes by itself; a newer one of its style replaces it."""
    _opened(page, server)
    server.publish_effect(effect_message("text", text="old", seconds=50, style=style, color=""))
    text = "<b>Hi</b> &amp;"
    server.publish_effect(effect_message("text", text=text, seconds=40, style=style, color="#00ff00"))
    wait_for(page, "window.posecast.shown === 2")
    assert page.evaluate("document.getElementById('texts').textContent") == text
    assert page.evaluate("getComputedStyle(document.querySelector('.text')).getPropertyValue('--color')") == "#00ff00"
    assert page.evaluate("getComputedStyle(document.querySelector('.text')).animationDuration") == "40s"
    page.evaluate("for (const one of document.getAnimations()) one.currentTime = 13_000")
    assert alpha(page).max() > 200
    page.evaluate("for (const one of document.getAnimations()) one.finish()")
    wait_for(page, "document.getElementById('texts').children.length === 0")
    assert alpha(page).max() == 0


def test_panic_clears_all(page: Page, server: Server) -> None:
    """`clear` ends every effect at once."""
    _opened(page, server)
    server.publish_effect(effect_message("emote", **EMOTE))
    server.publish_effect(effect_message("confetti", seconds=20, colors=["#fff"]))
    server.publish_effect(effect_message("text", text="x", seconds=50, style="pop", color=""))
    wait_for(page, "window.posecast.shown === 3")
    page.clock.run_for(200)
    assert page.evaluate("window.posecast.moving") > 6
    server.publish_effect(effect_message("clear"))
    wait_for(page, "window.posecast.shown === 4")
    page.clock.run_for(100)
    assert page.evaluate("window.posecast.moving === 0 && Boolean(document.querySelector('#stage.idle'))")
    assert alpha(page).max() == 0


def test_many_effects_stay_bounded(page: Page, server: Server) -> None:
    """A rule that fires without end does not fill the page's memory."""
    _opened(page, server)
    for number in range(10):
        server.publish_effect(effect_message("emote", **EMOTE | {"count": 100, "emote": f"n{number % 2}", "size": 2}))
        server.publish_effect(effect_message("text", text=str(number), seconds=50, style="pop", color=""))
    wait_for(page, "window.posecast.shown === 20")
    assert page.evaluate("window.posecast.moving") == 601
    server.publish_effect(effect_message("clear"))
    wait_for(page, "window.posecast.moving === 0")


def test_own_picture_flies(page: Page, server: Server, emotes: "Emotes") -> None:
    """A picture of the folder is shown upright and in its colours; one that is missing is no fault of the page's scripts."""
    emotes.write("my wave (1).png", np.full((40, 80, 3), (255, 0, 255), np.uint8))
    _opened(page, server)
    server.publish_effect(effect_message("emote", **EMOTE | {"emote": "", "image": "my wave (1).png", "size": 30}))
    wait_for(page, "window.posecast.moving > 0")
    page.clock.run_for(400)
    shot = pixels(page.screenshot(omit_background=True))
    np.testing.assert_allclose(np.median(shot[shot[..., 3] > 250][:, :3], axis=0), (255, 0, 255), atol=3)


class Emotes:
    """The user's folder of pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, picture: np.ndarray) -> None:
        """Keep a picture (H, W, 3) RGB."""
        assert cv2.imwrite(str(self.folder / name), picture[..., ::-1])


@pytest.fixture
def emotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emotes:
    """An empty folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "posecast" / "emotes"
    folder.mkdir(parents=True)
    return Emotes(folder)
