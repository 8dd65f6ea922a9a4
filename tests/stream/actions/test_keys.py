"""Keys pressed on a real X screen, as the focused program gets them; and what is said where there is none."""

import asyncio
import gc
from collections.abc import Iterator

import pytest
from client_tools import done, order, tools
from pydantic import ValidationError
from virtual_screen import Program, forget_pynput, virtual_screen

from stream.actions.base import Rejected
from stream.actions.keys import KeysConnection, KeysPress

CTRL, SHIFT, F9 = 0xFFE3, 0xFFE1, 0xFFC6


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """One screen for the tests of this file."""
    with virtual_screen() as name:
        yield name
    forget_pynput()


def _press(*keys: str, hold_s: float = 0.02) -> None:
    client = KeysConnection(allow=True).client("keys", tools=tools())
    asyncio.run(done(client, *[order(KeysPress(keys=each, hold_s=hold_s)) for each in keys]))


@pytest.mark.needs_display
def test_keys_go_down_in_order_and_up_in_reverse(screen: str) -> None:
    """The program sees ctrl, shift, F9 with both held, and all let go, as real key events."""
    with Program() as program:
        _press("shift+ctrl+F9")
        seen = program.touched(6)
        assert program.is_quiet()
    assert [(each.down, each.symbol) for each in seen] == [
        *((True, CTRL), (True, SHIFT), (True, F9)),
        *((False, F9), (False, SHIFT), (False, CTRL)),
    ]
    assert (seen[2].ctrl, seen[2].shift) == (True, True)
    assert all(each.real for each in seen)


@pytest.mark.needs_display
def test_letters_are_real_key_events(screen: str) -> None:
    """A letter is pressed on the keyboard, not sent to one window: OBS and games take nothing else."""
    with Program() as program:
        _press("m", "7", "ctrl+a")
        seen = program.touched(8)
    assert [(each.down, each.symbol) for each in seen] == [
        *((True, ord("m")), (False, ord("m")), (True, ord("7")), (False, ord("7"))),
        *((True, CTRL), (True, ord("a")), (False, ord("a")), (False, CTRL)),
    ]
    assert all(each.real for each in seen)
    assert seen[5].ctrl


@pytest.mark.needs_display
def test_keys_are_let_go_when_the_action_is_cut_off(screen: str) -> None:
    """A time-out or the end of the program leaves no key down."""

    async def run() -> None:
        client = KeysConnection(allow=True).client("keys", tools=tools())
        await client.connect()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.perform(order(KeysPress(keys="ctrl+f9", hold_s=5)))
        await client.close()

    with Program() as program:
        asyncio.run(run())
        assert [each.down for each in program.touched(4)] == [True, True, False, False]


@pytest.mark.needs_display
def test_key_that_this_system_lacks_is_told(screen: str) -> None:
    """A name that is known in general may have no key here."""

    async def run() -> str | None:
        client = KeysConnection(allow=True).client("keys", tools=tools())
        await client.connect()
        wrong = client.check(KeysPress(keys="ctrl+f24"))
        assert client.check(KeysPress(keys="ctrl+f9")) is None
        await client.close()
        return wrong

    assert asyncio.run(run()) == "this system has no key 'f24'; take another than ctrl+f24"


def test_without_leave_nothing_is_pressed() -> None:
    """The user must allow it, and no attempt is made before."""
    client = KeysConnection().client("keys", tools=tools())
    with pytest.raises(Rejected) as caught:
        asyncio.run(client.connect())
    assert str(caught.value) == "keys are pressed only if allowed; write allow = true under [connections.keys]"


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # python-xlib leaves its socket open when nobody answers
@pytest.mark.parametrize(
    ("display", "sentence"),
    [
        ("", "keys need an X screen, but DISPLAY is not set; start Posecast in a desktop session"),
        (":987", "keys need an X screen, but DISPLAY is ':987' and does not answer; start Posecast in a desktop session"),
    ],
)
def test_without_a_screen_it_says_so(monkeypatch: pytest.MonkeyPatch, display: str, sentence: str) -> None:
    """One sentence, and no more attempts."""
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    forget_pynput()
    said = ""
    try:
        _press("f9")
    except Rejected as error:
        said = str(error)
    gc.collect()  # here, not in another test
    assert said == sentence


def test_keys_are_checked_at_load() -> None:
    """A key that is not known names the near ones; the normal writing is kept."""
    assert KeysPress(keys="Shift+Ctrl+F9").keys == "ctrl+shift+f9"
    with pytest.raises(ValidationError, match=r"no key is called 'spcae', as 'ctrl\+spcae' says; did you mean space"):
        KeysPress(keys="ctrl+spcae")
