"""Global keys: names by themselves, and heard on a real X screen."""

import queue
import subprocess
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from virtual_screen import forget_pynput, virtual_screen

from stream.triggers.conditions import Heard, Made
from stream.triggers.inputs import Inputs, keys_in, needs_midi
from stream.triggers.inputs_keys import HeldKeys, KeyInputs
from stream.triggers.signals import Signal
from trackers.errors import UserError


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """One screen for the tests of this file."""
    with virtual_screen() as name:
        yield name
    forget_pynput()


def _touch(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True)


def _next(heard: "queue.Queue[Signal]", count: int) -> list[tuple[str, float]]:
    return [(signal.name, signal.value) for signal in (heard.get(timeout=60) for _ in range(count))]


class MacListener(threading.Thread):
    """pynput's listener as it is on macOS: where it may not hear, its thread is ready and ends, and nothing is raised."""

    IS_TRUSTED = False  # of the class: only the thread asks

    def __init__(self, *, may_hear: bool) -> None:
        super().__init__(daemon=True)
        self._may_hear, self._ready, self._ends = may_hear, False, threading.Event()

    def run(self) -> None:
        self._ready = True
        if self._may_hear:
            self._ends.wait(60)

    def stop(self) -> None:
        self._ends.set()


@pytest.mark.parametrize("may_hear", [True, False])
def test_macos_hears_keys_where_it_is_allowed(monkeypatch, may_hear: bool) -> None:
    """Whether it is cannot be asked before the listener runs."""
    listener = MacListener(may_hear=may_hear)
    keyboard = SimpleNamespace(Listener=lambda **_: listener)
    monkeypatch.setattr("stream.triggers.inputs_keys.load_keyboard", lambda: keyboard)
    keys = KeyInputs(lambda signal: None, names=["f9"])
    if may_hear:
        with keys:
            assert listener.is_alive()
    else:
        with pytest.raises(UserError) as error, keys:
            pass
        assert str(error.value) == (
            "macOS does not let this program hear keys; allow your terminal in System Settings, Privacy & Security, "
            "Input Monitoring and Accessibility, then start again"
        )
    assert not listener.is_alive()


@pytest.mark.needs_display
def test_asked_keys_are_heard_and_no_others(screen: str) -> None:
    """Down and up, with modifiers; what else is typed never leaves the listener."""
    heard: queue.Queue[Signal] = queue.Queue()
    with KeyInputs(heard.put, names=["f9", "ctrl+shift+m", "exclam", "!"]) as inputs:
        assert inputs.detail == "keys !, ctrl+shift+m, exclam, f9"
        _touch("key", "h", "u", "n", "t", "e", "r", "2", "m", "shift+m", "F9")
        _touch("key", "ctrl+shift+m", "shift+1")
        assert _next(heard, 6) == [("f9", 1), ("f9", 0), ("ctrl+shift+m", 1), ("ctrl+shift+m", 0), ("!", 1), ("!", 0)]
    _touch("key", "F9")
    assert heard.empty()


@pytest.mark.needs_display
def test_held_key_is_told_once(screen: str) -> None:
    """X repeats a key that is held; a rule hears it once, and its end."""
    heard: queue.Queue[Signal] = queue.Queue()
    with KeyInputs(heard.put, names=["f9", "f10"]):
        _touch("keydown", "F9", "sleep", "1", "keyup", "F9", "key", "F10")  # X repeats after 0.66 s
        assert _next(heard, 4) == [("f9", 1), ("f9", 0), ("f10", 1), ("f10", 0)]


@pytest.mark.needs_display
def test_rule_that_fails_does_not_end_listening(screen: str, caplog: pytest.LogCaptureFixture) -> None:
    """The next key is heard all the same."""
    heard: queue.Queue[Signal] = queue.Queue()

    def fail(signal: Signal) -> None:
        heard.put(signal)
        raise RuntimeError("a rule")

    with KeyInputs(fail, names=["f9"]):
        _touch("key", "F9", "F9")
        assert len(_next(heard, 4)) == 4
    assert "a key could not be handled" in caplog.text


@pytest.mark.needs_display
def test_listening_many_times_leaves_nothing(screen: str) -> None:
    """Closing ends the thread, also twice, also when nothing was pressed."""
    before = threading.active_count()
    for _ in range(5):
        with KeyInputs(lambda signal: None, names=["f9"]) as inputs:
            pass
        inputs.close()
    assert threading.active_count() == before


def test_without_a_screen_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is told in one sentence, and entering does not fail."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    forget_pynput()
    problems: list[str] = []
    with Inputs(lambda signal: None, keys=["f9"], midi=False, on_heard=pytest.fail, on_problem=problems.append):
        pass
    assert problems == ["keys need an X screen, but DISPLAY is not set; start Posecast in a desktop session"]


def test_on_wayland_without_x_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names what is missing there."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    forget_pynput()
    with pytest.raises(UserError) as caught:
        KeyInputs(lambda signal: None, names=["f9"]).__enter__()
    assert str(caught.value) == "keys need XWayland, and DISPLAY is not set; start Posecast in an X11 session"


def test_no_rule_needs_it_so_nothing_is_opened() -> None:
    """Without a rule for keys or MIDI neither is touched."""
    with Inputs(lambda signal: None, keys=[], midi=False, on_heard=pytest.fail, on_problem=pytest.fail):
        pass


def test_names_with_modifiers() -> None:
    """In one order; let go in any order; a key is told up by the name that it was told down."""
    held = HeldKeys()
    assert held.press("shift") is None
    assert held.press("ctrl") is None
    assert held.press("m") == "ctrl+shift+m"
    assert held.press("m") is None
    assert held.release("ctrl") == []
    assert held.release("m") == ["ctrl+shift+m"]
    assert held.press("m") == "shift+m"
    assert held.release("x") == []


def test_keys_that_were_let_go_unheard_are_not_held_for_ever() -> None:
    """Cmd and L lock the screen, which hears their ends; while they repeat they are held, however long."""
    held = HeldKeys()
    held.press("cmd", now_s=100)
    assert held.press("l", now_s=100.2) == "cmd+l"
    assert held.press("l", now_s=129) is None
    assert held.press("l", now_s=158) is None
    assert held.press("f9", now_s=190) == "f9"
    assert held.press("l", now_s=190) == "l"


def test_character_made_by_shift() -> None:
    """`!` is `!`; when shift is let go first, its end comes with the key that X tells then."""
    held = HeldKeys()
    held.press("shift")
    assert held.press("!") == "!"
    held.release("shift")
    assert held.release("1") == ["!"]
    assert held.press("!") == "!"


def test_what_rules_need() -> None:
    """Keys by name, MIDI if any state or mapped value is of it; nothing for rules of gestures alone."""
    gesture = Made(word="dab", names=("dab_left", "dab_right"))
    states = [gesture, Heard("key", "f9"), Heard("key", "f9"), Heard("key", "ctrl+a")]
    assert keys_in(states) == {"f9", "ctrl+a"}
    assert keys_in([gesture, Heard("midi", "60")]) == frozenset()
    assert needs_midi([gesture, Heard("midi", "60")], values=["head_roll"])
    assert needs_midi([gesture], values=["midi cc7"])
    assert not needs_midi(states, values=["head_roll"])
