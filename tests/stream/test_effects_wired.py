"""Effects, from a rule to the page, with the real server between them: nobody's effects are refused, somebody's arrive."""

import time
from pathlib import Path
from typing import Any

import pytest
from server_clients import client, hear, say, wait_until

from stream.avatar_choice import AvatarChoice
from stream.calibrating import CalibrationDesk
from stream.config import load_config
from stream.control import Control
from stream.events import EventLog
from stream.metrics import Metrics
from stream.part_watch import PartWatch
from stream.reactions import Reactions
from stream.server.commands import TriggerCommand
from stream.server.messages import Settings
from stream.server.server import Server
from stream.triggers.rule_files import rules_of_tables
from trackers.part_state import PartTimes

RULE = {"name": "yes", "when": "t_pose", "do": {"action": "overlay.confetti"}}


def _reactions(server: Server) -> tuple[Reactions, Control]:
    events = EventLog()
    calibrating = CalibrationDesk("default", folder=Path("nowhere"), tell=lambda *_: None)
    settings = Settings(False, "#000000", "mascot", "bust", show_camera=False)
    control = Control(settings, calibrating=calibrating, choice=AvatarChoice(load_config(None, {}), events))
    parts = PartWatch(times=PartTimes(), events=events, metrics=Metrics())
    rules = rules_of_tables({"trigger": [RULE]}, origin="test", own_gestures=())
    return Reactions(load_config(None, {}), rules, server=server, control=control, parts=parts, events=events), control


def test_effects_need_a_page(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel is told of the page that is missing, and of the page that came."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    reactions, control = _reactions(server)

    def told() -> dict[str, Any]:
        time.sleep(0.1)  # it is told no more often
        reactions.tick()
        message: dict[str, Any] = hear(panel)
        while message["type"] != "triggers":
            message = hear(panel)
        return message

    def fire() -> list[str]:
        control.others[TriggerCommand](TriggerCommand("fire", "yes"))
        wait_until(lambda: told()["log"][-1]["verdict"] != "fired")
        return [told()["log"][-1][name] for name in ("verdict", "text")]

    with reactions, client(server, "triggers") as panel:
        missing = f"0 pages listen; add {server.effects_url} to OBS as a browser source"
        wait_until(lambda: told()["connections"][0]["detail"] == missing)
        assert fire() == ["refused", missing]
        with client(server, path="/overlay/socket") as page:
            say(page, type="subscribe", topics=["effects"])
            wait_until(lambda: told()["connections"][0]["detail"] == "1 page listens")
            assert fire()[0] == "done"
            messages = [hear(page) for _ in range(2)]
            assert "confetti" in [message.get("effect") for message in messages]
