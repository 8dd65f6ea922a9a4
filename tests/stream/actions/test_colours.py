"""Colours: every notation, the conversions against published values, and what is said of a bad one."""

import math

import pytest
from pydantic import ValidationError

from stream.actions import colours
from stream.actions.light import Light


@pytest.mark.parametrize(
    "text",
    [
        "#8000ff",
        "#8000FF",
        "rgb(128, 0, 255)",
        "rgb(128 0 255)",
        "hsl(270.1176, 100%, 50%)",
        "hsv(270.1176, 100, 100)",
        " #8000ff ",
    ],
)
def test_every_notation_reads_one_colour(text: str) -> None:
    """A colour means the same in each notation."""
    assert colours.parse(text).to_bytes() == (128, 0, 255)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("purple", (128, 0, 128)),
        ("RebeccaPurple", (102, 51, 153)),
        ("#f80", (255, 136, 0)),
        ("rgb(100%, 50%, 0%)", (255, 128, 0)),
        ("hue(120)", (0, 255, 0)),
        ("hsv(0.5turn, 100%, 50%)", (0, 128, 128)),
        ("hsl(-120deg 100% 25%)", (0, 0, 128)),
        ("black", (0, 0, 0)),
    ],
)
def test_reads(text: str, expected: tuple[int, int, int]) -> None:
    """CSS names, short hexadecimal, per cent, turns."""
    assert colours.parse(text).to_bytes() == expected


def test_hexadecimal_returns() -> None:
    """What is read can be written again."""
    assert colours.parse("#0a1b2c").to_hex() == "#0a1b2c"


@pytest.mark.parametrize(
    ("text", "xy"),
    [("red", (0.6400, 0.3300)), ("lime", (0.3000, 0.6000)), ("blue", (0.1500, 0.0600)), ("white", (0.3127, 0.3290))],
)
def test_xy_of_the_primaries_is_that_of_the_standard(text: str, xy: tuple[float, float]) -> None:
    """IEC 61966-2-1 gives the chromaticities of sRGB's primaries and white; brightness does not move them."""
    assert colours.parse(text).to_xy() == pytest.approx(xy, abs=2e-4)
    dim = colours.Colour(tuple(channel * 0.2 for channel in colours.parse(text).rgb))  # type: ignore[arg-type]
    assert dim.to_xy() == pytest.approx(xy, abs=2e-4)


def test_xy_comes_back_as_the_same_colour() -> None:
    """Chromaticity and back gives the colour at its brightest."""
    for text in ("#ff8000", "#80ff20", "#2040ff", "#ffffff"):
        colour = colours.parse(text)
        assert colours.from_xy(colour.to_xy()).rgb == pytest.approx(colour.rgb, abs=0.01)


# Philips' published gamut C.
GAMUT_C = ((0.6915, 0.3083), (0.17, 0.7), (0.1532, 0.0475))


def test_a_colour_that_a_lamp_cannot_show_moves_to_the_nearest_it_can() -> None:
    """Inside stays, outside goes to the edge, beyond a corner goes to the corner."""
    inside = colours.parse("orange").to_xy()
    assert colours.parse("orange").to_xy(GAMUT_C) == inside
    narrow = ((0.5, 0.35), (0.3, 0.5), (0.2, 0.2))
    moved = colours.parse("red").to_xy(narrow)
    assert moved == pytest.approx((0.5, 0.35), abs=1e-9)
    on_edge = colours.clamp_xy((0.45, 0.45), narrow)
    between = math.dist(on_edge, narrow[0]) + math.dist(on_edge, narrow[1])
    assert between == pytest.approx(math.dist(narrow[0], narrow[1]), abs=1e-9)


@pytest.mark.parametrize(("kelvin", "xy"), [(2856, (0.4476, 0.4074)), (4000, (0.3805, 0.3768)), (6500, (0.3135, 0.3237))])
def test_whites_lie_on_the_black_body_curve(kelvin: int, xy: tuple[float, float]) -> None:
    """Illuminant A (2856 K) and two more points of the Planckian locus."""
    assert colours.parse(f"{kelvin}K").to_xy() == pytest.approx(xy, abs=1e-3)


def test_a_white_keeps_its_temperature_and_a_colour_gets_the_nearest() -> None:
    """2700K is 2700; #fff is D65, which McCamy puts at 6504 K; red is as warm as a lamp goes."""
    assert colours.parse("2700 k").to_kelvin() == 2700
    assert colours.parse("white").to_kelvin() == pytest.approx(6504, abs=15)
    assert colours.parse("#ffa757").to_kelvin() == pytest.approx(2700, rel=0.1)
    assert 1500 <= colours.parse("blue").to_kelvin() <= 9000
    warm, cold = colours.parse("2000K").rgb, colours.parse("9000K").rgb
    assert warm[0] == pytest.approx(1.0)
    assert warm[2] < 0.2
    assert cold[2] == pytest.approx(1.0)
    assert cold[0] < 1.0


def test_hue_and_saturation() -> None:
    """Degrees and shares."""
    assert colours.parse("lime").to_hsv() == pytest.approx((120, 1, 1))
    assert colours.parse("gray").to_hsv() == pytest.approx((0, 0, 128 / 255))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("purpel", "colour 'purpel' is not known; did you mean purple"),
        ("1000K", "colour '1000K' must be 1500K..9000K; 2700K is warm, 6500K is daylight"),
        ("rgb(1, 2)", "colour 'rgb(1, 2)' is not known; write a name (purple), #8000ff"),
        ("rgb(300, 0, 0)", "colour 'rgb(300, 0, 0)' is not known; write a name"),
        ("hsv(1, 2, 300%)", "colour 'hsv(1, 2, 300%)' is not known; write a name"),
        (
            "#8000ff80",
            "colour '#8000ff80' is see-through, and light cannot be; leave the alpha out, and set `brightness` instead",
        ),
        ("", "colour '' is not known; write a name"),
    ],
)
def test_a_bad_colour_is_one_sentence(text: str, sentence: str) -> None:
    """With near matches, or the notations."""
    with pytest.raises(colours.BadColour) as caught:
        colours.parse(text)
    assert str(caught.value).startswith(sentence)


def test_a_rule_with_a_bad_colour_is_refused_when_it_is_read() -> None:
    """The shared action checks its colour, and keeps it as written."""
    assert Light(color="Purple").color == "Purple"
    with pytest.raises(ValidationError, match="colour 'viloet' is not known; did you mean violet"):
        Light(color="viloet")
