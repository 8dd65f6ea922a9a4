"""Tests of what the panel's commands do."""

from pathlib import Path

import pytest

from stream.calibrating import CalibrationDesk
from stream.control import Control
from stream.server.commands import Calibrate, Change
from stream.server.messages import Settings
from stream.sinks.virtual_camera import VirtualCameraSettings, VirtualCameraSink
from trackers.errors import UserError

START = Settings(mirror=False, background="#00b140", avatar="mascot", framing="bust", show_camera=False)


class Renderer:
    framing = "bust"


def control() -> tuple[Control, Renderer, VirtualCameraSink]:
    renderer, sink = Renderer(), VirtualCameraSink(VirtualCameraSettings(background="#00b140"))
    made = Control(START, calibrating=CalibrationDesk("default", folder=Path("nowhere"), tell=lambda *_: None))
    made.put_to_use(renderer, [sink])  # type: ignore[arg-type]
    return made, renderer, sink


def test_a_change_reaches_the_renderer_and_the_sinks() -> None:
    """Framing goes to the renderer, the background to the virtual camera, and both into the settings."""
    made, renderer, sink = control()
    made.carry_out(Change(framing="full", background="#102030", mirror=True))
    assert (renderer.framing, sink.background) == ("full", "#102030")
    assert made.settings == Settings(mirror=True, background="#102030", avatar="mascot", framing="full", show_camera=False)


def test_an_avatar_that_does_not_exist_is_refused() -> None:
    """The panel's choice is checked against the avatars there are."""
    made, _, _ = control()
    with pytest.raises(UserError, match="^avatar must be one of mascot, got 'nobody'; choose one in the panel$"):
        made.carry_out(Change(avatar="nobody"))
    assert made.settings == START


def test_a_calibration_is_asked_for_once() -> None:
    """Each request is taken exactly once."""
    made, _, _ = control()
    assert made.take_calibration_request() is None
    made.carry_out(Calibrate())
    made.carry_out(Calibrate("stop"))
    assert made.take_calibration_request() == "neutral"
    assert made.take_calibration_request() == "stop"
    assert made.take_calibration_request() is None


def test_what_cannot_be_done_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sink that cannot take the new background refuses it with a sentence; the old settings stay."""
    made, renderer, sink = control()

    def refuse(_: VirtualCameraSink, spec: str) -> None:
        raise UserError(f"{spec} cannot be used as a background; try a colour")

    monkeypatch.setattr(VirtualCameraSink, "background", property(lambda _: "#00b140", refuse))
    with pytest.raises(UserError):
        made.carry_out(Change(framing="full", background="#ffffff"))
    assert made.settings == START
    assert (renderer.framing, sink.background) == ("bust", "#00b140")
