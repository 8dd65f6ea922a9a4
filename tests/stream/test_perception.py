"""Who looks on at perception cannot fail it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from avatar.mascot import build_mascot
from stream import parts
from stream.config import Config
from stream.control import Control
from stream.events import Event, EventLog
from stream.metrics import Metrics
from stream.perception import Perception
from stream.session import SessionRecorder
from stream.sources.base import SourceInfo
from stream.sources.recording import DEMO_PATH
from trackers.contract import EngineInfo, Tracker
from trackers.recording import read_pcast
from trackers.types import Frame, Stamp, Tracking


class Nobody:
    """A tracker that finds nobody."""

    info = EngineInfo("none", "nothing", "for tests")

    def track(self, frame: Frame) -> Tracking:
        return Tracking(frame.stamp, 64, 48, None, None, None, None)


class Tired(Nobody):
    """A tracker that takes a lighter model from its third frame on, and the usual one again from its fifth."""

    heavy, light = EngineInfo("none", "nothing", "full"), EngineInfo("none", "nothing", "lite; eased to keep 12 ms a frame")

    def __init__(self) -> None:
        self.info = self.heavy

    def track(self, frame: Frame) -> Tracking:
        self.info = self.light if 2 <= frame.stamp.seq < 4 else self.heavy
        return super().track(frame)


def perception(events: EventLog, tracker: Nobody | None = None) -> Perception:
    config = Config()
    desk = parts.make_calibration_desk(config, events)
    control = Control(parts.panel_settings(config, avatar="mascot"), calibrating=desk, choice=cast(Any, SimpleNamespace()))
    rig = build_mascot().rig
    return Perception(cast(Tracker, tracker or Nobody()), rig=lambda: rig, control=control, events=events, metrics=Metrics())


def frame(seq: int) -> Frame:
    return Frame(np.zeros((48, 64, 3), np.uint8), Stamp(seq, seq * 33_000_000))


def told(events: EventLog, name: str = "perception.listener_failed") -> list[str]:
    heard: list[Event] = []
    events.listen(heard.append)
    events.deliver()
    return [event.text for event in heard if event.name == name]


def test_who_looks_on_cannot_fail_it() -> None:
    """Each failure is told once, everybody is called again, and poses are given all the while."""
    events, calls = EventLog(), list[str]()
    seen = perception(events)

    def fail(name: str, words: str) -> None:
        calls.append(name)
        raise ValueError(words)

    seen.watch("the picture", lambda _: fail("frame", "too thin"))
    seen.listen("the rules", lambda *_: fail("pose", "no rules"))
    seen.listen("the panel", lambda *_: calls.append("panel"))
    assert all(seen.see(frame(seq)) is not None for seq in range(2))
    assert calls == ["frame", "pose", "panel"] * 2
    assert told(events) == [
        "the picture could not take what was seen (too thin); trying again with each frame",
        "the rules could not take what was seen (no rules); trying again with each frame",
    ]


def test_a_tracker_that_eases_and_recovers_says_so_once_each() -> None:
    """The step and the way back are events, each with what runs now; nothing is told while nothing changes."""
    events = EventLog()
    seen = perception(events, Tired())
    for seq in range(8):
        seen.see(frame(seq))
    assert told(events, "tracker.changed") == ["tracking: lite; eased to keep 12 ms a frame", "tracking: full"]


def test_one_tracking_that_is_not_finite_does_not_stay() -> None:
    """A foreign recording or model may hold one: it is told, and the next frame has a pose again."""
    events, heard = EventLog(), list[Event]()
    events.listen(heard.append)
    seen = perception(events)
    good = next(iter(read_pcast(DEMO_PATH)))
    assert good.face is not None
    bad = replace(good, face=replace(good.face, camera_from_head=np.full((3, 3), np.nan, np.float32)))
    stamps = [Stamp(seq, 10**9 + seq * 33_000_000) for seq in range(30)]
    poses = [seen.take(replace(bad if stamp.seq == 5 else good, stamp=stamp)) for stamp in stamps]
    assert [seq for seq, pose in enumerate(poses) if pose is None] == [5]
    events.deliver()
    told = [event.text for event in heard if event.name == "pose.failed"]
    assert told == ["posing failed (the pose holds numbers that are not finite); the avatar idles until it works again"]


def test_a_closed_session_ends_nothing(tmp_path: Path) -> None:
    """A perception that outlives its join still speaks to the session's recorder, which is closed."""
    events = EventLog()
    seen = perception(events)
    info = SourceInfo("x", "demo", 64, 48, 30, live=False)
    with SessionRecorder(str(tmp_path / "x.pcast"), source=info, engine="", events=events) as recorder:
        seen.listen("the session's recorder", recorder)
        assert seen.see(frame(0)) is not None
    assert all(seen.see(frame(seq)) is not None for seq in range(1, 60))
    assert told(events) == [
        "the session's recorder could not take what was seen "
        "(PcastWriter.write needs an open writer; use it in a `with` block); trying again with each frame"
    ]
