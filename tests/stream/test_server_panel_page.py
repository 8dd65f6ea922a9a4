"""The panel in a real Chromium: it shows what is published, commands what is clicked, and hides what is private."""

import json
from typing import Any

import golden_messages
import numpy as np
import pytest
from playwright.sync_api import Page
from server_clients import TOKEN, crowd, make_server, wait_until
from web_pages import MORNING, ORANGE, Feeder, pixels, stand_still, texts, wait_for

from stream.server import messages
from stream.server.commands import Calibrate, Change, Command
from stream.server.connection import Connection
from stream.server.hub import MAX_CLIENTS
from stream.server.pictures import camera_picture
from stream.server.server import Server
from trackers.errors import UserError
from trackers.skeleton import BODY_EDGES, HAND_EDGES

pytestmark = pytest.mark.needs_chromium


def _open_panel(page: Page, server: Server, url: str | None = None) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    server.publish_state("status", golden_messages.status())
    page.goto(url or server.panel_url)
    wait_for(page, "document.getElementById('state').textContent === 'Live'")


def test_panel_shows_what_is_published(page: Page, server: Server) -> None:
    """The page reads the fields of the golden examples: figures, engines with their reasons, sinks and settings."""
    _open_panel(page, server)
    wait_until(lambda: server.wants("metrics") and server.wants("tracking"))
    server.publish_state("metrics", messages.metrics_message(golden_messages.report()))
    wait_for(page, "document.getElementById('fps-in').textContent !== '–'")
    assert texts(page, "fps-in", "fps-out", "latency-p50", "latency-p95") == ["30.0", "60.0", "41", "59"]
    assert page.inner_text("#stages").split() == [
        text for name in ("capture", "track", "pose", "render", "send") for text in (name, "4.1", "/", "5.3")
    ]
    assert page.inner_text("#counts").split() == ["Dropped", "3", "Repeated", "1", "CPU", "87", "%", "Memory", "412", "MB"]
    assert page.inner_text("#tracker") == "posecast on XNNPACK, 2 threads\nthe models run on the CPU"
    assert page.inner_text("#renderer") == "puppet on CPU\nno neural model belongs to this avatar"
    assert page.inner_text("#source") == "camera 0 (HD Webcam)\n1280 × 720, 30 fps, MJPG"
    assert page.locator("#sinks li.idle").inner_text() == "virtual-camera\nno backend on this system; install v4l2loopback"
    assert page.inner_text("#overlay-url") == "http://127.0.0.1:8765/overlay"
    assert page.is_checked("#mirror")
    assert page.is_checked("input[value=upper]")
    assert page.locator("[data-colour].chosen").get_attribute("data-colour") == "#0047bb"
    assert page.is_hidden("#view-only")


def test_panel_shows_what_is_tracked(page: Page, server: Server) -> None:
    """A lamp per part, the skeleton in the part's colour, and darkness when tracking stops."""
    page.clock.install(time=MORNING)
    _open_panel(page, server)
    wait_until(lambda: server.wants("tracking"))
    stand_still(page)
    server.publish_state("tracking", messages.tracking_message(golden_messages.tracking()))
    page.wait_for_selector("#lamp-body.found")
    assert page.locator(".lamps .found").all_inner_texts() == ["Face", "Body", "Right hand"]
    drawn = page.evaluate(
        "[...document.getElementById('skeleton').getContext('2d').getImageData(0, 0, 640, 480).data].filter(x => x).length"
    )
    assert drawn > 2000
    page.clock.run_for(1000)
    assert page.locator(".lamps .found").count() == 3
    page.clock.run_for(1500)
    assert page.locator(".lamps .found").count() == 0


def test_panel_tables_are_the_trackers(page: Page, server: Server) -> None:
    """The edges that the page draws are those of trackers/skeleton.py."""
    page.goto(server.url)
    tables = page.evaluate("import('/web/skeleton.js').then(({BODY_EDGES, HAND_EDGES}) => [BODY_EDGES, HAND_EDGES])")
    assert tables == [[list(edge) for edge in table] for table in (BODY_EDGES, HAND_EDGES)]


def test_panel_shows_the_avatar(page: Page, server: Server) -> None:
    """The preview is the overlay's picture, over the panel's own ground."""
    with Feeder(server):
        _open_panel(page, server)
        page.wait_for_selector("#avatar-empty", state="hidden")
        box = page.locator("#avatar").bounding_box()
        assert box is not None
        shot = pixels(page.screenshot())
    x, y = int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] * 0.4)
    np.testing.assert_allclose(shot[y, x, :3], ORANGE, atol=5)
    assert page.inner_text("#avatar-size") == "256 × 256"
    assert shot[int(box["y"] + 10), int(box["x"] + 10), :3].max() < 60


def test_panel_sends_commands(page: Page, server: Server, commands: list[Command]) -> None:
    """Each control sends its own setting, and nothing else."""
    _open_panel(page, server)
    for selector in ("#mirror", "#framing span >> text=Full body", "[aria-label=Black]", "#calibrate", "#calibrate-reset"):
        page.click(selector)
    page.focus("#controls")
    page.keyboard.press("c")
    page.select_option("#avatar-name", "mascot")
    page.locator("#background").evaluate("(input) => { input.value = '#ff00ff'; input.onchange({ target: input }); }")
    wanted = [
        *(
            Change(mirror=False),
            Change(framing="full"),
            Change(background="#000000"),
            Calibrate(),
            Calibrate("reset"),
            Calibrate(),
        ),
        *(Change(avatar="mascot"), Change(background="#ff00ff")),
    ]
    wait_until(lambda: len(commands) == len(wanted))
    assert commands == wanted


def test_panel_shows_a_calibration_as_it_goes(page: Page, server: Server, commands: list[Command]) -> None:
    """The bar and the words follow the pass that runs, its button stops it, and at the end there are only the words."""
    _open_panel(page, server)
    assert page.inner_text("#calibration-detail") == "default: neutral face, 2026-11-21"
    assert page.inner_text("#calibration-text") == "Raise your eyebrows."
    assert page.evaluate("document.getElementById('calibration-progress').value") == pytest.approx(0.31)
    assert page.is_visible("#calibration-progress")
    page.click("#calibrate-range")
    wait_until(lambda: commands == [Calibrate("stop")])
    done = {"profile": "default", "detail": "not calibrated", "running": None, "state": "failed", "progress": 0.31}
    server.publish_state("status", golden_messages.status() | {"calibration": done | {"text": "Calibration stopped: …"}})
    page.wait_for_selector("#calibration-progress", state="hidden")
    assert page.inner_text("#calibration-text") == "Calibration stopped: …"
    assert page.is_hidden("#calibrate-reset")
    page.click("#calibrate-range")
    wait_until(lambda: commands == [Calibrate("stop"), Calibrate("range")])


def test_panel_shows_the_camera_only_when_switched_on(page: Page, server: Server, commands: list[Command]) -> None:
    """The real picture is neither asked for nor shown before the switch is on, nor after it is off again."""
    _open_panel(page, server)
    assert not server.wants("camera")
    page.click("#show-camera")
    wait_until(lambda: server.wants("camera"))
    server.publish_camera(camera_picture(np.full((480, 640, 3), (10, 200, 90), dtype=np.uint8)))
    page.wait_for_selector("#camera", state="visible")
    page.click("#show-camera")
    wait_until(lambda: not server.wants("camera"))
    assert page.is_hidden("#camera")
    assert commands == [Change(show_camera=True), Change(show_camera=False)]


def test_panel_without_token_only_watches(page: Page, server: Server, commands: list[Command]) -> None:
    """It says so, its controls are off, and the key for calibration does nothing."""
    _open_panel(page, server, server.url)
    page.wait_for_selector("#view-only")
    assert "open the link that Posecast printed" in page.inner_text("#view-only")
    assert page.is_disabled("#mirror")
    page.keyboard.press("c")
    server.publish_state("metrics", messages.metrics_message(golden_messages.report()))
    wait_for(page, "document.getElementById('fps-in').textContent === '30.0'")
    assert commands == []


def test_panel_finds_a_place_in_a_crowd(page: Page, server: Server, commands: list[Command]) -> None:
    """Sockets without the token, as many as there may be, do not keep the user from the panel and what it commands."""
    with crowd(server, MAX_CLIENTS):
        _open_panel(page, server)
        page.click("#mirror")
        wait_until(lambda: commands == [Change(mirror=False)])


def test_panel_without_token_watches_over_the_network(page: Page) -> None:
    """It asks for nothing that it may not have, or it would get nothing at all; it shows the avatar alone, and says why."""
    with make_server(host="0.0.0.0") as server:
        server.publish_state("status", golden_messages.status())
        page.goto(server.url)
        wait_until(lambda: server.wants("overlay"))
        assert not any(server.wants(topic) for topic in ("tracking", "pose", "status", "events"))
        assert page.inner_text("#toast") == ""
        assert page.inner_text(".notice:visible").startswith("Only the avatar is shown. Posecast listens on the network: ")
        assert page.is_visible("#avatar-empty")
        assert not any(page.is_visible(f"#{part}") for part in ("triggers", "gestures", "settings", "skeleton-empty", "fps-in"))
        page.goto("about:blank")


def test_panel_over_the_network_says_why_there_is_no_camera(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the token it tracks and commands; the switch of the camera tells where the picture can be seen."""
    monkeypatch.setattr(Connection, "remote_address", ("192.168.1.7", 50000))
    with make_server(host="0.0.0.0") as server:
        _open_panel(page, server)
        wait_until(lambda: server.wants("tracking"))
        page.click("#show-camera")
        where = "on the machine that runs Posecast, with --server.host 127.0.0.1."
        text = f"The camera's picture is not sent over the network: open this panel {where}"
        wait_for(page, f"document.getElementById('toast').textContent === {json.dumps(text)}")
        assert not server.wants("camera")
        page.goto("about:blank")


def test_panel_says_when_the_source_is_lost(page: Page, server: Server) -> None:
    """A lost camera is a banner with its sentence; when it comes back the banner goes."""
    _open_panel(page, server)
    status = golden_messages.status()
    server.publish_state("status", status | {"state": "lost", "detail": "camera 0 was unplugged; waiting for it"})
    page.wait_for_selector("#banner", state="visible")
    assert page.inner_text("#banner") == "Camera 0 was unplugged; waiting for it"
    server.publish_state("status", status)
    page.wait_for_selector("#banner", state="hidden")


def test_panel_tells_why_a_command_was_refused(page: Page) -> None:
    """The sentence is shown, and the control goes back to what holds."""

    def refuse(command: Command) -> None:
        raise UserError("the mirror is fixed here")

    with make_server(refuse) as server:
        _open_panel(page, server)
        page.click("#mirror")
        wait_for(page, "document.getElementById('toast').textContent === 'the mirror is fixed here'")
        assert page.is_checked("#mirror")
        page.goto("about:blank")


def _status_of(avatar: str) -> dict[str, Any]:
    status: Any = golden_messages.status()
    names = {"avatars": ["mascot", "robin", "torn"], "framings": status["choices"]["framings"]}
    return status | {"choices": names, "settings": status["settings"] | {"avatar": avatar}}


def test_panel_changes_the_avatar(page: Page, server: Server, commands: list[Command]) -> None:
    """It lists them all; a chosen one is being prepared until it is told that it is there, whatever older statuses say."""
    _open_panel(page, server)
    server.publish_state("status", _status_of("mascot"))
    wait_for(page, "document.getElementById('avatar-name').options.length === 3")
    assert page.locator("#avatar-name option").all_inner_texts() == ["mascot", "robin", "torn"]
    assert page.is_hidden("#avatar-preparing")
    page.select_option("#avatar-name", "robin")
    wait_until(lambda: commands == [Change(avatar="robin")])
    page.wait_for_timeout(1000)  # longer than other controls wait
    server.publish_state("status", _status_of("mascot"))
    page.wait_for_selector("#avatar-preparing", state="visible")
    assert page.input_value("#avatar-name") == "robin"
    server.publish_event(messages.event_message(name="avatar.changed", level="info", text="the avatar is robin now"))
    server.publish_state("status", _status_of("robin"))
    page.wait_for_selector("#avatar-preparing", state="hidden")
    assert page.input_value("#avatar-name") == "robin"


def test_panel_goes_back_to_the_old_avatar_when_another_cannot_come(page: Page, server: Server) -> None:
    """With the sentence that says why."""
    _open_panel(page, server)
    server.publish_state("status", _status_of("mascot"))
    wait_for(page, "document.getElementById('avatar-name').options.length === 3")
    page.select_option("#avatar-name", "torn")
    why = (
        "the avatar stays as it was: torn.avatar must be a whole zip archive, got a damaged one; get a fresh copy of the avatar"
    )
    server.publish_event(messages.event_message(name="avatar.failed", level="error", text=why))
    wait_for(page, f"document.getElementById('toast').textContent === {json.dumps(why)}")
    assert page.input_value("#avatar-name") == "mascot"
    assert page.is_hidden("#avatar-preparing")


def test_panel_copies_the_links_for_obs(page: Page, server: Server) -> None:
    """The overlay's link is the one on the page; the panel's own holds the token, which the page never shows."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.clock.install(time=MORNING)
    _open_panel(page, server)
    stand_still(page)  # a button says "Copied" only for a while
    page.click("#copy-overlay")
    page.wait_for_selector("#copy-overlay >> text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "http://127.0.0.1:8765/overlay"
    page.click("#copy-effects")
    page.wait_for_selector("#copy-effects >> text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "http://127.0.0.1:8765/overlay/events"
    page.click("#copy-panel")
    page.wait_for_selector("#copy-panel >> text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == server.panel_url
    assert TOKEN not in page.content()


def test_names_cannot_smuggle_html(page: Page, server: Server) -> None:
    """A camera may call itself what it likes: it is text."""
    evil = "<img src=x onerror=alert(1)>"
    _open_panel(page, server)
    status = golden_messages.status()
    source: Any = status["source"]
    server.publish_state("status", status | {"source": source | {"name": evil}})
    wait_for(page, f"document.getElementById('source').textContent.startsWith({json.dumps(evil)})")
    assert page.locator("#source img").count() == 0
