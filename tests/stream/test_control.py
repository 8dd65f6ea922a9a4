"""Tests of what the panel's commands do."""

from collections.abc import Callable
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
    kept = 0

    def keep(self) -> None:
        self.kept += 1


class AvatarChoice:
    """Two avatars; a change is noted."""

    def __init__(self) -> None:
        self.worn: list[str] = []
        self.is_busy = False

    def check(self, name: str) -> None:
        if name not in ("mascot", "robot"):
            raise UserError(f"nobody is called {name}")

    def change(self, renderer: object, name: str, *, worn: Callable[[], None]) -> None:
        if self.is_busy:
            raise UserError("another avatar is being prepared; try again when it is there")
        self.worn.append(name)
        worn()


def control() -> tuple[Control, Renderer, VirtualCameraSink]:
    renderer, sink = Renderer(), VirtualCameraSink(VirtualCameraSettings(background="#00b140"))
    desk = CalibrationDesk("default", folder=Path("nowhere"), tell=lambda *_: None)
    made = Control(START, calibrating=desk, choice=AvatarChoice())  # type: ignore[arg-type]
    made.put_to_use(renderer, [sink])  # type: ignore[arg-type]
    return made, renderer, sink


def test_a_change_reaches_the_renderer_and_the_sinks() -> None:
    """Framing goes to the renderer, the background to the virtual camera, and both into the settings."""
    made, renderer, sink = control()
    made.carry_out(Change(framing="full", background="#102030", mirror=True))
    assert (renderer.framing, sink.background) == ("full", "#102030")
    assert made.settings == Settings(mirror=True, background="#102030", avatar="mascot", framing="full", show_camera=False)


def test_an_avatar_that_does_not_exist_is_refused() -> None:
    """The panel's choice is checked against the avatars there are, before anything else of the change is done."""
    made, renderer, _ = control()
    with pytest.raises(UserError, match="^nobody is called nobody$"):
        made.carry_out(Change(avatar="nobody", framing="full"))
    assert (made.settings, renderer.framing) == (START, "bust")


def test_when_the_worn_avatar_is_gone_from_disk_all_else_can_still_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above all the camera's picture can be switched off, also by a panel that names the present avatar along."""
    made, _, _ = control()
    made.carry_out(Change(show_camera=True))

    def gone(name: str) -> None:
        raise UserError(f"{name} is gone")

    monkeypatch.setattr(made.choice, "check", gone)
    made.carry_out(Change(show_camera=False))
    made.carry_out(Change(avatar="mascot", mirror=True))
    assert (made.settings.show_camera, made.settings.mirror) == (False, True)
    with pytest.raises(UserError, match="^robot is gone$"):
        made.carry_out(Change(avatar="robot"))


def test_another_avatar_is_in_the_settings_once_it_is_on_stage() -> None:
    """The choice brings it; only then do the settings say so, and the present one is not brought again."""
    made, _, _ = control()
    made.carry_out(Change(avatar="robot", mirror=True))
    made.carry_out(Change(avatar="robot"))
    assert (made.settings.avatar, made.settings.mirror, made.choice.worn) == ("robot", True, ["robot"])  # type: ignore[attr-defined]


def test_while_an_avatar_is_prepared_another_is_refused_with_all_that_came_with_it() -> None:
    """The sentence is the renderer's; framing, background and settings are as before."""
    made, renderer, sink = control()
    made.choice.is_busy = True  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="^another avatar is being prepared"):
        made.carry_out(Change(avatar="robot", framing="full", background="#102030"))
    assert (made.settings, renderer.framing, sink.background) == (START, "bust", "#00b140")
    made.carry_out(Change(framing="full"))
    assert made.settings.framing == "full"


def test_choosing_the_present_avatar_calls_off_the_one_that_is_prepared() -> None:
    """Only a choice does; another setting leaves it to come."""
    made, renderer, _ = control()
    made.carry_out(Change(framing="full"))
    assert renderer.kept == 0
    made.carry_out(Change(avatar="mascot"))
    assert renderer.kept == 1


def test_before_anything_draws_another_avatar_is_refused() -> None:
    """The panel is there before the renderer is; what needs no renderer is taken."""
    desk = CalibrationDesk("default", folder=Path("nowhere"), tell=lambda *_: None)
    made = Control(START, calibrating=desk, choice=AvatarChoice())  # type: ignore[arg-type]
    with pytest.raises(UserError, match="^Posecast is starting; choose the avatar when it runs$"):
        made.carry_out(Change(avatar="robot", mirror=True))
    made.carry_out(Change(avatar="mascot", mirror=True))
    assert made.settings.mirror


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
