"""DMX fixtures: addresses that cannot be, what a colour means for channels, and fades."""

import pytest
from pydantic import ValidationError

from stream.actions import colours
from stream.actions.artnet import ArtNetConnection
from stream.actions.base import Refused
from stream.actions.dmx_fixtures import Fader, Fixture, Look, levels_of
from stream.actions.light import Light
from stream.actions.sacn import SacnConnection

RGB = ("red", "green", "blue")


def look(color: str, brightness: float = 1.0) -> Look:
    return Look(colours.parse(color), brightness, True)


@pytest.mark.parametrize(
    ("channels", "shown", "levels"),
    [
        (("dimmer", *RGB), look("#ff8000", 0.5), {"dimmer": 128, "red": 255, "green": 128, "blue": 0}),
        (RGB, look("#ff8000", 0.5), {"red": 128, "green": 64, "blue": 0}),
        (
            ("dimmer", *RGB, "white", "strobe"),
            look("#ff8080"),
            {"dimmer": 255, "red": 127, "green": 0, "blue": 0, "white": 128},
        ),
        ((*RGB, "amber"), look("#ff8000"), {"red": 84, "green": 0, "blue": 0, "amber": 171}),
        (("cyan", "magenta", "yellow"), look("#ff8000"), {"cyan": 0, "magenta": 127, "yellow": 255}),
        (("dimmer",), look("gray"), {"dimmer": 128}),
        (("white", "pan"), look("white", 0.25), {"white": 64}),
        (("dimmer", *RGB), Look(colours.parse("red"), 1.0, False), {"dimmer": 0, "red": 255, "green": 0, "blue": 0}),
        (RGB, Look(colours.parse("red"), 1.0, False), {"red": 0, "green": 0, "blue": 0}),
    ],
)
def test_a_colour_becomes_levels(channels: tuple[str, ...], shown: Look, levels: dict[str, int]) -> None:
    """With and without dimmer, white, amber; other channels are left alone."""
    assert levels_of(Fixture(name="par", address=1, channels=channels), shown) == levels


def test_a_look_keeps_what_an_action_does_not_name() -> None:
    """Off and on again gives the colour and brightness of before; a colour switches on."""
    shown = Look()
    shown.follow(Light(color="red", brightness=40))
    shown.follow(Light(power=False))
    assert (shown.on, shown.brightness, shown.color.to_hex()) == (False, 0.4, "#ff0000")
    shown.follow(Light(brightness=0))
    shown.follow(Light(power=True))
    assert (shown.on, shown.brightness) == (True, 0.4)
    shown.follow(Light(brightness=0))
    shown.follow(Light(color="blue"))
    assert (shown.on, shown.color.to_hex()) == (True, "#0000ff")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            [{"name": "a", "address": 511, "channels": RGB}],
            "fixture 'a' with 3 channels at 511 would end at 513; a universe has 512, so its address can be 510 at most",
        ),
        (
            [{"name": "a", "address": 1, "channels": RGB}, {"name": "b", "address": 3, "channels": RGB}],
            "fixtures 'a' (1..3) and 'b' (3..5) overlap in universe 0; move 'b' to 4",
        ),
        (
            [{"name": "a", "address": 1, "channels": RGB}, {"name": "A", "address": 9, "channels": RGB}],
            "two fixtures are called 'A'; give each a name of its own",
        ),
        (
            [{"name": "a", "address": 1, "channels": ("red", "red")}],
            "channel 'red' stands twice; give the second a name of its own, such as 'red 2'",
        ),
        (
            [{"name": "a", "address": 1, "channels": RGB, "fixed": {"rde": 3}}],
            "fixture 'a' has no channel 'rde'; did you mean red or green?",
        ),
        (
            [{"name": "a", "address": 1, "channels": RGB, "fixed": {"red": 300}}],
            "channel 'red' of fixture 'a' must be 0..255, got 300",
        ),
        ([{"name": "a", "address": 1, "channels": RGB, "universe": "1:16:0"}], "universe '1:16:0' must be net:subnet:universe"),
        ([{"name": "a", "address": 1, "channels": RGB, "universe": 40000}], "universe 40000 must be 0..32767 for Art-Net"),
    ],
)
def test_fixtures_that_cannot_be_are_one_sentence(settings: list[dict[str, object]], sentence: str) -> None:
    """Overlaps, ends beyond the universe, names that are not there."""
    with pytest.raises(ValidationError) as caught:
        ArtNetConnection.model_validate({"fixtures": settings})
    (error,) = caught.value.errors()
    assert error["msg"].removeprefix("Value error, ").startswith(sentence)


def test_the_same_address_in_two_universes_is_fine() -> None:
    """Universes are apart; Art-Net's may be written as net:subnet:universe."""
    fixtures = [{"name": "a", "address": 1, "channels": RGB}, {"name": "b", "address": 1, "channels": RGB, "universe": "1:2:3"}]
    assert ArtNetConnection.model_validate({"fixtures": fixtures}).universes == (0, 256 + 32 + 3)
    with pytest.raises(ValidationError, match="universe 0 must be 1..63999 for sACN"):
        SacnConnection(universe=0)


def test_a_channel_that_is_not_there() -> None:
    """One sentence with the near matches."""
    with pytest.raises(Refused, match="^fixture 'par' has no channel 'stobe'; did you mean strobe\\?$"):
        Fixture(name="par", address=10, channels=("dimmer", "strobe")).place("stobe")
    assert Fixture(name="par", address=10, channels=("dimmer", "strobe")).place("strobe") == 10


def test_a_fade_is_a_straight_line() -> None:
    """From what is shown, also out of the middle of another fade; the goal is reached exactly."""
    fader = Fader({0: bytes(512)})
    fader.go(0, {0: 200, 1: 50}, now_s=10.0, fade_s=2.0)
    assert [fader.levels(0, 10.0 + t)[0] for t in (0, 0.5, 1.0)] == [0, 50, 100]
    assert fader.goal(0, 0) == 200
    fader.go(0, {0: 0}, now_s=11.0, fade_s=1.0)
    assert [tuple(fader.levels(0, 11.0 + t)[:2]) for t in (0, 0.5, 1.0, 5.0)] == [(100, 25), (50, 38), (0, 50), (0, 50)]
    assert not fader.is_fading


def test_a_set_value_ends_a_fade_and_a_halt_stops_all() -> None:
    """What is set at once wins; a halted fade stays where it is."""
    fader = Fader({0: bytes(512)})
    fader.go(0, {0: 200, 1: 200}, now_s=0.0, fade_s=1.0)
    fader.go(0, {0: 7}, now_s=0.5, fade_s=0.0)
    fader.levels(0, 0.5)
    fader.halt()
    assert tuple(fader.levels(0, 9.0)[:2]) == (7, 100)
