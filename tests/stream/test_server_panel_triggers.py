"""The panel's cards of rules and gestures in a real Chromium: it shows what is told, and asks for what is clicked."""

from dataclasses import asdict

import golden_messages
import golden_triggers
import pytest
from playwright.sync_api import Page
from server_clients import wait_until
from web_pages import wait_for

from stream.actions.base import ConnectionStatus
from stream.gestures.status import TeachingStatus
from stream.server import messages
from stream.server.commands import Command, GestureCommand, TriggerCommand
from stream.server.server import Server

pytestmark = pytest.mark.needs_chromium


def _open(page: Page, server: Server, *, url: str | None = None, width_px: int = 1280, stopped: bool = False) -> None:
    page.set_viewport_size({"width": width_px, "height": 800})
    server.publish_state("status", golden_messages.status())
    page.goto(url or server.panel_url)
    wait_until(lambda: server.wants("triggers") and server.wants("gestures"))
    server.publish_state("triggers", golden_triggers.triggers(stopped=stopped))
    server.publish_state("gestures", golden_triggers.gestures())
    page.wait_for_selector("#rules li >> nth=4")
    page.wait_for_selector("#gesture-bars li >> nth=2")


def _row(page: Page, name: str) -> list[str]:
    return page.locator("#rules li", has=page.get_by_text(name, exact=True)).inner_text().split("\n")


def test_rules_are_told_in_words(page: Page, server: Server) -> None:
    """Name, when, what, how it went last and why it did not fire; the dot says what it is doing."""
    _open(page, server)
    assert [text for text in _row(page, "brb") if text] == [
        "brb",
        "t_pose held for 0.5 s, while scene is Game",
        "obs.scene BRB on obs, light color purple fade 0.5 s on desk",
        "failed: desk did not answer within 3 s",
        "12 s ago, 3×",
        "cool-down, 2.1 s left",
        "Test",
    ]
    assert "Undo" in _row(page, "party")
    assert "right_hand_height 0.62" in _row(page, "dimmer")
    states = page.evaluate("[...document.querySelectorAll('#rules .dot')].map((dot) => dot.dataset.state)")
    assert states == ["", "active", "", "", "lit"]
    assert [page.locator("#rules input").nth(row).is_checked() for row in range(5)] == [True, True, True, False, True]
    assert page.evaluate("document.querySelectorAll('#rules .fill')[2].style.width") == "50%"


def test_connections_and_log(page: Page, server: Server) -> None:
    """The newest line stands first."""
    _open(page, server)
    assert page.locator("#connections li").all_inner_texts() == [
        "obs\nOBS 32.0, 3 scenes",
        "desk (wled)\n192.168.1.20 does not answer; again in 5 s",
        "overlay\n1 page listens",
    ]
    lines = [line.split("\n") for line in page.locator("#log li").all_inner_texts()]
    assert lines == [
        ["now", "fired", "party right_fist (0.88)", "light color red on desk"],
        ["9 s ago", "not fired", "brb t_pose (0.93)", "cool-down, 2.1 s left"],
        ["12 s ago", "failed", "brb t_pose (0.93)", "desk did not answer within 3 s"],
    ]


def test_a_clock_does_not_drown_the_log(page: Page, server: Server) -> None:
    """What fires every few seconds is one entry that counts; other entries stay, and only whole ones are seen."""
    _open(page, server)
    message = golden_triggers.triggers()
    for seq in range(100, 200, 2):
        clock = {"rule": "tick", "cause": "every 3 s", "action": "", "target": "", "latency_ms": None}
        fired = clock | {"seq": seq, "at_ns": golden_triggers.NOW_NS, "verdict": "fired", "text": "overlay.confetti on overlay"}
        done = fired | {"seq": seq + 1, "verdict": "done", "latency_ms": 4.2}
        server.publish_state("triggers", message | {"log": [fired, done]})
        # A state that the page has not taken yet is lost to the next one, so each is waited for, the first one too.
        count = f"{(seq - 98) // 2}×" if seq > 100 else "every 3 s"
        wait_for(page, f"document.querySelector('#log small').textContent.endsWith('{count}')")
    lines = [line.split("\n") for line in page.locator("#log li").all_inner_texts()]
    assert lines[0] == ["now", "done in 4 ms", "tick every 3 s, 50×", "overlay.confetti on overlay"]
    assert len(lines) == 4
    heights = page.evaluate("[...document.querySelectorAll('#log li')].map((item) => item.offsetHeight)")
    assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('log')).maxHeight)") % heights[0] == 0
    assert len(set(heights)) == 1


def test_a_rule_tells_how_it_went_wrong_until_it_goes_well(page: Page, server: Server) -> None:
    """An action that was refused is no success, whatever came after it; the next time begins anew."""
    _open(page, server)
    message = golden_triggers.triggers()
    line = {"at_ns": golden_triggers.NOW_NS, "rule": "combo", "cause": "panel", "action": "", "target": "", "latency_ms": None}
    fired = line | {"seq": 50, "verdict": "fired", "text": "overlay.emote wave.png on overlay"}
    refused = line | {"seq": 51, "verdict": "refused", "text": "no picture 'wave.png'"}
    done = line | {"seq": 52, "verdict": "done", "text": "overlay.confetti on overlay"}
    server.publish_state("triggers", message | {"log": [fired, refused, done]})
    wait_for(page, "document.querySelectorAll('#rules .problem')[2].textContent === \"refused: no picture 'wave.png'\"")
    assert page.locator("#log li").first.inner_text().split("\n")[1:] == ["refused", "combo panel", "no picture 'wave.png'"]
    told = {**message["rules"][2], "why_not": "refused: no picture 'wave.png'"}
    server.publish_state("triggers", message | {"rules": [*message["rules"][:2], told], "log": [fired, refused, done]})
    wait_for(page, "document.querySelectorAll('#rules li')[2].innerText.split('no picture').length === 2")  # once
    server.publish_state("triggers", message | {"log": [fired | {"seq": 53}]})
    wait_for(page, "document.querySelectorAll('#rules .problem')[2].textContent === ''")


def test_nothing_is_tested_while_all_is_stopped(page: Page, server: Server) -> None:
    """The button is off and says why; resuming brings it back."""
    _open(page, server, stopped=True)
    wait_for(page, "document.querySelector('#rules .test').disabled")
    assert page.locator("#rules .test").first.get_attribute("title") == "Everything is stopped: resume, then test"
    server.publish_state("triggers", golden_triggers.triggers())
    wait_for(page, "!document.querySelector('#rules .test').disabled")


def test_keys_that_cannot_be_heard_are_told(page: Page, server: Server) -> None:
    """Under the connections, each once, also if it was told before the page was open."""
    server.publish_event(messages.event_message(name="input.failed", text="no keys", level="warning"))
    _open(page, server)
    server.publish_event(messages.event_message(name="input.failed", text="no notes", level="warning"))
    server.publish_event(messages.event_message(name="input.failed", text="no keys", level="warning"))
    server.publish_event(messages.event_message(name="last", text="the last", level="warning"))
    page.wait_for_selector("#toast >> text=the last")
    assert page.locator("#unheard li").all_inner_texts() == ["no keys", "no notes"]


def test_rules_are_commanded(page: Page, server: Server, commands: list[Command]) -> None:
    """Test, switch, panic; and after a panic, resume."""
    _open(page, server)
    page.locator("#rules button >> nth=0").click()
    page.locator("#rules input >> nth=0").click()
    page.locator("#rules input >> nth=3").click()
    page.click("#panic")
    server.publish_state("triggers", golden_triggers.triggers(stopped=True))
    page.wait_for_selector("#triggers-stopped", state="visible")
    assert page.is_hidden("#panic")
    page.click("#resume")
    wanted = [
        TriggerCommand("fire", "brb"),
        TriggerCommand("disable", "brb"),
        TriggerCommand("enable", "stop"),
        TriggerCommand("panic"),
        TriggerCommand("resume"),
    ]
    wait_until(lambda: len(commands) == len(wanted))
    assert commands == wanted


def test_a_connection_that_gave_up_is_tried_again(page: Page, server: Server, commands: list[Command]) -> None:
    """Only there is a button, and it stays under the finger while news come."""
    _open(page, server)
    assert page.locator("#connections button:visible").count() == 0
    told = golden_triggers.triggers()
    refused = ConnectionStatus("obs", "obs", "rejected", "OBS has another password; python run.py secret set obs.password")
    told["connections"] = [asdict(refused), *(asdict(status) for status in golden_triggers.connections()[1:])]
    server.publish_state("triggers", told)
    button = page.locator("#connections button:visible")
    wait_for(page, "!document.querySelector('#connections button').hidden")
    assert (button.count(), button.inner_text()) == (1, "Try again")
    page.evaluate("window.first = document.querySelector('#connections button')")
    server.publish_state("triggers", told | {"now_ns": golden_triggers.NOW_NS + 60_000_000_000})
    wait_for(page, "document.querySelector('#rules .last').textContent.startsWith('72 s ago')")
    assert page.evaluate("window.first.isConnected")
    button.click()
    wait_until(lambda: commands == [TriggerCommand("retry", connection="obs")])


def test_a_click_finds_the_button_on_which_it_began(page: Page, server: Server, commands: list[Command]) -> None:
    """News that come between press and release change the row in place."""
    _open(page, server)
    box = page.locator("#rules button >> nth=0").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    server.publish_state("triggers", golden_triggers.triggers() | {"now_ns": golden_triggers.NOW_NS + 60_000_000_000})
    wait_for(page, "document.querySelector('#rules .last').textContent.startsWith('72 s ago')")
    page.mouse.up()
    wait_until(lambda: commands == [TriggerCommand("fire", "brb")])


def test_gestures_show_how_sure_they_are(page: Page, server: Server) -> None:
    """A bar each, first those that rules name, that are made or that were taught; one that is made is marked."""
    _open(page, server)
    assert page.locator("#gesture-bars li").all_inner_texts() == ["t pose", "right fist", "salute"]
    assert page.inner_text("#gestures-all") == "All gestures (4)"
    assert page.is_hidden("#gesture-others")
    page.click("#gestures-all")
    assert page.locator("#gesture-others li").all_inner_texts() == ["right pinch"]
    assert page.locator("#gesture-bars .made").all_inner_texts() == ["right fist"]
    widths = page.evaluate("[...document.querySelectorAll('#gesture-bars .fill')].map((fill) => fill.style.width)")
    assert widths == ["12%", "88%", "46%"]
    message = golden_triggers.gestures()
    made = [state | {"active": state["name"] == "right_pinch"} for state in message["gestures"]]  # type: ignore[attr-defined]
    server.publish_state("gestures", message | {"gestures": made})
    wait_for(page, "document.querySelectorAll('#gesture-bars li').length === 4")
    server.publish_state("gestures", message)
    wait_for(page, "document.querySelectorAll('#gesture-bars .made').length === 1")
    assert page.locator("#gesture-bars li").all_inner_texts()[2] == "right pinch"  # in sight for a while


def test_a_gesture_is_taught(page: Page, server: Server, commands: list[Command]) -> None:
    """Name, take, stop, train, forget; the words and the bar follow."""
    _open(page, server)
    told = [page.inner_text(f"#teach-{name}") for name in ("count", "take", "text", "seen")]
    assert told == ["4", "salute, take 2 of 3", "Make the gesture and hold it.", "Seen: body, right hand"]
    assert page.evaluate("document.getElementById('teach-progress').value") == pytest.approx(0.4)
    page.click("#teach-record >> text=Stop")
    done = TeachingStatus(
        "done", "salute", text="1 gesture learnt.", notes=("In 0 of 3 takes.", "salute is near t_pose."), gestures=("salute",)
    )
    server.publish_state("gestures", golden_triggers.gestures(done))
    page.wait_for_selector("#teach-count", state="hidden")
    assert page.inner_text("#teach-text") == "1 gesture learnt."
    assert page.inner_text("#teach-first") == "In 0 of 3 takes."
    page.click("#teach-more >> text=1 more")
    assert page.locator("#teach-notes li").all_inner_texts() == ["salute is near t_pose."]
    page.click("#teach-record")  # without a name nothing is asked
    page.fill("#teach-name", " Peace sign ")
    page.click("#teach-record")
    page.click("#teach-train")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("[aria-label='Forget salute']")
    wanted = [
        GestureCommand("stop"),
        GestureCommand("record", "peace_sign"),
        GestureCommand("train"),
        GestureCommand("remove", "salute"),
    ]
    wait_until(lambda: len(commands) == len(wanted))
    assert commands == wanted


def test_without_token_there_is_nothing_to_click(page: Page, server: Server, commands: list[Command]) -> None:
    """Everything is shown, nothing can be asked."""
    _open(page, server, url=server.url)
    controls = page.locator(":is(#triggers, #gestures) :is(button, input)")
    assert controls.count() > 10
    assert all(controls.nth(number).is_disabled() for number in range(controls.count()))
    assert commands == []


def test_without_rules_it_says_how_to_begin(page: Page, server: Server) -> None:
    """Instead of an empty table; there is nothing to stop."""
    page.set_viewport_size({"width": 1280, "height": 800})
    server.publish_state("status", golden_messages.status())
    page.goto(server.panel_url)
    wait_until(lambda: server.wants("triggers"))
    server.publish_state("triggers", golden_triggers.triggers() | {"rules": [], "origin": "", "connections": [], "log": []})
    wait_for(page, "document.getElementById('triggers-empty').checkVisibility()")
    assert page.is_hidden("#panic")
    assert page.is_hidden("#triggers-more")


@pytest.mark.parametrize("width_px", [360, 1280])
def test_nothing_is_cut_off(page: Page, server: Server, width_px: int) -> None:
    """Neither in a window nor in a narrow dock of OBS does the page scroll sideways, and every switch is inside its card."""
    _open(page, server, width_px=width_px)
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    card = page.locator("#triggers").bounding_box()
    assert card is not None
    for control in page.locator("#rules :is(button, input):visible").all():
        box = control.bounding_box()
        assert box is not None
        assert card["x"] < box["x"]
        assert box["x"] + box["width"] < card["x"] + card["width"]


def test_names_of_rules_cannot_smuggle_html(page: Page, server: Server) -> None:
    """What came from a file or a lamp is text."""
    evil = "<img src=x onerror=alert(1)>"
    _open(page, server)
    message = golden_triggers.triggers()
    rules = [{**message["rules"][0], "name": evil, "when": evil, "do": evil, "why_not": evil}]  # type: ignore[index]
    server.publish_state("triggers", message | {"rules": rules, "origin": evil, "connections": [], "log": []})
    wait_for(page, "document.querySelectorAll('#rules li').length === 1")
    assert page.locator("#triggers img").count() == 0
    assert page.inner_text("#rules strong") == evil
