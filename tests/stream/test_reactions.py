"""What the panel may command of gestures and how often it is told, without the rest of the program."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from stream.avatar_choice import AvatarChoice
from stream.calibrating import CalibrationDesk
from stream.config import load_config
from stream.control import Control
from stream.events import EventLog
from stream.gestures.store import GestureStore, ordinary_takes
from stream.metrics import Metrics
from stream.part_watch import PartWatch
from stream.reactions import Reactions
from stream.server.commands import GestureCommand, TriggerCommand
from stream.server.messages import Settings
from stream.triggers.rule_types import NO_RULES
from trackers.errors import UserError
from trackers.part_state import PartTimes

SETTINGS = Settings(mirror=False, background="#00b140", avatar="mascot", framing="bust", show_camera=False)


class Panels:
    """A server to which somebody listens, and the topics that it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def wants(self, topic: str) -> bool:
        return True

    def publish_state(self, topic: str, message: Mapping[str, object]) -> None:
        self.given.append(topic)

    def publish_event(self, message: Mapping[str, object]) -> None:
        pass


@pytest.fixture
def panels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Panels:
    """Panels of a program that has never taught a gesture."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return Panels()


def reactions(panels: Panels, events: EventLog | None = None, **settings: str) -> tuple[Reactions, Control]:
    events = events or EventLog()
    desk = CalibrationDesk("default", folder=Path("nowhere"), tell=lambda *_: None)
    config = load_config(None, {key.replace("__", "."): value for key, value in settings.items()})
    control = Control(SETTINGS, calibrating=desk, choice=AvatarChoice(config, events))
    parts = PartWatch(times=PartTimes(), events=events, metrics=Metrics())
    made = Reactions(config, NO_RULES, server=panels, control=control, parts=parts, events=events)  # type: ignore[arg-type]
    return made, control


def test_teaching_without_gestures_is_refused(panels: Panels) -> None:
    """Nothing would ever come of the countdown; rules can still be commanded."""
    made, control = reactions(panels, gestures__enabled="false")
    with made:
        with pytest.raises(UserError) as refused:
            control.carry_out(GestureCommand("record", "salute"))
        control.carry_out(TriggerCommand("panic"))
    assert str(refused.value) == "gestures do not run in this session; start without gestures.enabled = false"
    with pytest.raises(UserError, match="Posecast is starting or ending; try again later"):
        control.carry_out(TriggerCommand("panic"))


def test_removing_what_a_rule_names_is_said(panels: Panels, tmp_path: Path) -> None:
    """The next live would refuse to start; what runs goes on."""
    file, events, told = tmp_path / "posecast" / "posecast.toml", EventLog(), list[str]()
    events.listen(lambda event: told.append(event.text) if event.name == "gesture.missed" else None)
    GestureStore().add_take("salute", ordinary_takes()[0][30:70], source="test")
    file.parent.mkdir(exist_ok=True)
    file.write_text('[[trigger]]\nname = "a"\nwhen = "salute"\ndo = [{ action = "panic" }]\n')
    made, control = reactions(panels, events)
    with made:
        control.carry_out(GestureCommand("remove", "salute"))
    events.deliver()
    assert len(told) == 1
    assert told[0].startswith(
        "Live does not start again until the rule that still names salute is changed: posecast.toml, trigger 1"
    )
    assert "names the gesture 'salute', which is not known" in told[0]


def test_panels_are_told_at_every_tick(panels: Panels, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks come a little early and a little late; none of them leaves the panels without news."""
    made, _ = reactions(panels)
    with made:
        for now_ms in (100, 203, 300, 398, 501, 597):
            clock = SimpleNamespace(perf_counter_ns=lambda now_ns=now_ms * 1_000_000: now_ns)
            monkeypatch.setattr("stream.reactions.time", clock)
            made.tick()
    assert panels.given == ["triggers", "gestures"] * 6
