"""From a gesture to the effects page: the whole running program, a rule, and a real Chromium in which something flies."""

from pathlib import Path

import live_tools
import pytest
from playwright.sync_api import Page
from web_pages import alpha, open_standing_still, wait_for

pytestmark = pytest.mark.needs_chromium

RULES = """
[[trigger]]
name = "yes"
when = "right_fist"
enabled = false
cooldown_s = 600
do = [
    { action = "overlay.text", text = "{gesture} by {rule}", style = "banner", color = "#00ff00", seconds = 60 },
    { action = "overlay.emote", emote = "GG", count = 5, motion = "burst", size = 20 },
]
"""
"""The built-in performance makes a fist after 3 s and after 14 s, and begins again after 23 s. The rule is switched on when the
page is there, and then fires once.
"""


def test_a_fist_is_seen_on_the_page(page: Page, tmp_path: Path) -> None:
    """Nothing is seen before; then the gesture's name stands there and emotes fly, and in time all is gone."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    settings = live_tools.config(source__name="demo", output__sinks="overlay", triggers__rules=str(rules))
    with live_tools.running(settings) as (program, view):
        assert view.panel_url is not None
        assert program._reactions is not None
        open_standing_still(page, view.panel_url.partition("?")[0] + "overlay/events")
        assert alpha(page).max() == 0
        program._reactions._triggering.switch("yes", on=True)
        wait_for(page, "window.posecast.shown === 2")
        assert page.evaluate("document.getElementById('texts').textContent") == "right_fist by yes"
        assert page.evaluate("getComputedStyle(document.querySelector('.text')).getPropertyValue('--color')") == "#00ff00"
        assert page.evaluate("window.posecast.moving") == 1 + 5
        page.clock.run_for(500)
        first = alpha(page) > 128
        page.clock.run_for(150)
        second = alpha(page) > 128
        assert first.any()
        assert (first != second).any()
        page.clock.run_for(20_000)
        page.evaluate("for (const one of document.getAnimations()) one.finish()")
        wait_for(page, "window.posecast.moving === 0")
        assert alpha(page).max() == 0
        figures = program._reactions.figures()
    assert figures["rules"]["yes"]["fired"] == 1
    assert {name: figures["actions"][name]["failed"] for name in ("overlay.text", "overlay.emote")} == {
        "overlay.text": 0,
        "overlay.emote": 0,
    }
