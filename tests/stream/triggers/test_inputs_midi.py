"""MIDI: what messages mean, ports that come and go, and a system without MIDI. The driver is faked behind mido's back ends."""

import contextlib
import logging
import sys
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import mido
import pytest

from stream.triggers import inputs_midi
from stream.triggers.inputs import Inputs
from stream.triggers.inputs_midi import MidiInputs, signal_of
from stream.triggers.signals import Signal
from trackers.errors import UserError


class Desk:
    """The far end: which ports are plugged in, and who listens."""

    def __init__(self) -> None:
        self.plugged = ["nanoKEY2 20:0"]
        self.open: dict[str, Callable[[Any], None]] = {}
        self.broken: Exception | None = None
        self.taken: set[str] = set()

    def play(self, port: str, *messages: mido.Message) -> None:
        """Send messages from a port, as the driver's thread does."""
        for message in messages:
            self.open[port](message)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A driver of mido's, installed under a name."""
    desk = Desk()
    module: Any = types.ModuleType("far_midi")

    def get_devices(**_: object) -> list[dict[str, object]]:
        if desk.broken:
            raise desk.broken
        return [{"name": name, "is_input": True, "is_output": False} for name in [*desk.plugged, "Midi Through:0 14:0"]]

    class Input(mido.ports.BaseInput):  # type: ignore[misc]
        def _open(self, callback: Callable[[Any], None], **_: object) -> None:
            if self.name in desk.taken:
                raise OSError("taken")
            desk.open[self.name] = callback

        def _close(self) -> None:
            del desk.open[self.name]

        def _receive(self, block: bool = True) -> None:
            pass

    module.get_devices, module.Input = get_devices, Input
    monkeypatch.setitem(sys.modules, "far_midi", module)
    yield desk
    assert desk.open == {}, "a port was left open"


def _inputs(on_signal: Callable[[Signal], None]) -> MidiInputs:
    return MidiInputs(on_signal, backend=mido.Backend("far_midi"), look_s=0.01)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("message", "name", "value"),
    [
        (mido.Message("note_on", note=60, velocity=127, channel=3), "60", 1.0),
        (mido.Message("note_on", note=60, velocity=0), "60", 0.0),
        (mido.Message("note_off", note=60, velocity=64), "60", 0.0),
        (mido.Message("control_change", control=7, value=127), "cc7", 1.0),
    ],
)
def test_meaning_of_messages(message: mido.Message, name: str, value: float) -> None:
    """Notes by number, whatever the channel; a note at velocity 0 ends; controllers are values."""
    assert signal_of(message, at_ns=5) == Signal("midi", name, value, 5)


def test_other_messages_mean_nothing() -> None:
    """The clock ticks, and no rule hears it."""
    assert signal_of(mido.Message("clock"), at_ns=0) is None


def test_notes_are_heard(desk: Desk) -> None:
    """From every port that is a device."""
    heard: list[Signal] = []
    with _inputs(heard.append) as inputs:
        assert inputs.detail == "MIDI of nanoKEY2 20:0"
        desk.play("nanoKEY2 20:0", mido.Message("clock"), mido.Message("note_on", note=60, velocity=127))
    assert [(signal.name, signal.value) for signal in heard] == [("60", 1.0)]
    assert desk.open == {}


def test_ports_come_and_go(desk: Desk) -> None:
    """Plugged in later it is heard; unplugged it is let go; plugged in again it is heard again."""
    heard: list[Signal] = []
    desk.plugged = []
    with _inputs(heard.append) as inputs:
        assert inputs.detail == "MIDI, but no port is there yet; one is found when plugged in"
        for note in (60, 61):
            desk.plugged = ["pads"]
            _wait(lambda: inputs.ports == ["pads"])
            desk.play("pads", mido.Message("note_on", note=note, velocity=127))
            desk.plugged = []
            _wait(lambda: inputs.ports == [])
    # a note that was down when its port went away has ended: nobody could end it any more
    assert [(signal.name, signal.value) for signal in heard] == [("60", 1.0), ("60", 0.0), ("61", 1.0), ("61", 0.0)]


def test_port_that_another_program_holds_is_tried_again(desk: Desk) -> None:
    """The others are heard meanwhile."""
    desk.plugged, desk.taken = ["a", "b"], {"a"}
    with _inputs(lambda signal: None) as inputs:
        assert inputs.ports == ["b"]
        desk.taken = set()
        _wait(lambda: inputs.ports == ["a", "b"])


def test_driver_that_stumbles_is_outlived(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a list that fails once nor a rule that fails ends the listening."""

    def fail(signal: Signal) -> None:
        raise RuntimeError("a rule")

    with _inputs(fail) as inputs, caplog.at_level(logging.DEBUG, logger="stream"):
        desk.broken = OSError("restarting")
        _wait(lambda: "could not be listed" in caplog.text)
        desk.broken = None
        desk.plugged.append("late")
        _wait(lambda: "late" in inputs.ports)
        desk.play("late", mido.Message("note_on"))
    assert "a MIDI message could not be handled" in caplog.text


def test_system_without_midi_is_told(desk: Desk) -> None:
    """One sentence with the driver's reason."""
    desk.broken = OSError("error creating ALSA sequencer client object.")
    with pytest.raises(UserError) as caught:
        _inputs(lambda signal: None).__enter__()
    assert str(caught.value) == (
        "MIDI cannot be heard here (error creating ALSA sequencer client object); "
        "on Linux try sudo modprobe snd-seq, then start again"
    )


def test_what_is_heard_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, in one line, so that one sees whether the controller is there."""
    monkeypatch.setattr(inputs_midi, "_load_backend", lambda: mido.Backend("far_midi"))
    told: list[str] = []
    with Inputs(lambda signal: None, keys=[], midi=True, on_heard=told.append, on_problem=pytest.fail):
        assert told == [f"MIDI of {desk.plugged[0]}"]


def test_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that brings it; the rest goes on."""
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    problems: list[str] = []
    with Inputs(lambda signal: None, keys=[], midi=True, on_heard=pytest.fail, on_problem=problems.append):
        pass
    assert problems == ['MIDI needs packages: mido and python-rtmidi; pip install ".[midi]", then start again']


def test_real_driver_is_heard_or_says_why() -> None:
    """Through a virtual port of rtmidi where the system has MIDI; elsewhere the real driver's refusal is one sentence."""
    heard: list[Signal] = []
    problems: list[str] = []
    inputs = MidiInputs(heard.append, look_s=0.05)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(inputs)
        except UserError as error:
            problems.append(str(error))
        else:
            port = stack.enter_context(mido.open_output("posecast test", virtual=True))
            _wait(lambda: any("posecast test" in name for name in inputs.ports))
            port.send(mido.Message("note_on", note=62, velocity=127))
            _wait(lambda: bool(heard))
    if problems:
        assert problems[0].startswith("MIDI cannot be heard here (")
    else:
        assert heard[0].name == "62"
