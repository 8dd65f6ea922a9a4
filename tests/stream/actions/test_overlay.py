"""Effects: what goes to the page, and what is told when rules are loaded."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from client_tools import done, order, tools
from pydantic import ValidationError

from stream.actions.base import Action, Refused
from stream.actions.overlay import OverlayClient, OverlayConfetti, OverlayConnection, OverlayEmote, OverlayText


def _client(said: list[dict[str, Any]]) -> OverlayClient:
    return OverlayConnection().client("overlay", tools=tools(publish=said.append))


def _said(action: Action) -> dict[str, Any]:
    said: list[dict[str, Any]] = []
    asyncio.run(done(_client(said), order(action)))
    (message,) = said
    return message


def test_emote() -> None:
    """All that the page needs, defaults included."""
    assert _said(OverlayEmote(emote="💜", count=3)) == {
        **{"type": "effect", "effect": "emote", "emote": "💜", "image": "", "count": 3, "motion": "rise", "size": 12.0}
    }


def test_text_tells_the_cause() -> None:
    """Holes are filled, the colour is one that every browser knows."""
    assert _said(OverlayText(text="{gesture}! ({confidence})", color="rgb(128, 0, 255)")) == {
        **{"type": "effect", "effect": "text", "text": "t_pose! (0.93)", "seconds": 3.0, "style": "pop", "color": "#8000ff"}
    }


def test_confetti() -> None:
    """Colours in any notation."""
    message = _said(OverlayConfetti(seconds=1, colors=("red", "#00f")))
    assert message == {"type": "effect", "effect": "confetti", "seconds": 1.0, "colors": ["#ff0000", "#0000ff"]}


def test_own_pictures_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is missing names the near ones."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "posecast" / "emotes"
    folder.mkdir(parents=True)
    (folder / "wave.png").write_text("x")
    assert _said(OverlayEmote(image="wave.png"))["image"] == "wave.png"
    sentence = f"no picture 'wvae.png' lies in {folder}; did you mean wave.png?"
    assert _client([]).check(OverlayEmote(image="wvae.png")) == sentence
    with pytest.raises(Refused) as caught:
        _said(OverlayEmote(image="wvae.png"))
    assert str(caught.value) == sentence


def test_an_effect_that_nobody_sees_is_refused() -> None:
    """The address is told that OBS needs; the connection says at any time how many pages listen."""
    pages, said = 0, list[dict[str, Any]]()
    url = "http://127.0.0.1:8765/overlay/events"
    lent = tools(publish=said.append, effect_pages=lambda: pages, effects_url=lambda: url)
    client = OverlayConnection().client("overlay", tools=lent)
    with pytest.raises(Refused) as caught:
        asyncio.run(done(client, order(OverlayConfetti())))
    assert str(caught.value) == client.detail() == f"0 pages listen; add {url} to OBS as a browser source"
    assert said == []
    for pages, words in ((1, "1 page listens"), (2, "2 pages listen")):  # noqa: B007
        assert client.detail() == words
    assert asyncio.run(done(client, order(OverlayConfetti()))) == "2 pages listen"
    assert len(said) == 1


def test_an_effect_without_a_server_is_refused() -> None:
    """With `--sink null`, say: not told as done."""
    lent = tools(effect_pages=lambda: 0, effects_url=lambda: "")
    with pytest.raises(Refused) as caught:
        asyncio.run(done(OverlayConnection().client("overlay", tools=lent), order(OverlayConfetti())))
    assert str(caught.value) == "no page can show effects, for the overlay's server is off; start with --sink overlay"


def test_panic_clears_the_page() -> None:
    """`halt` ends what flies."""
    said: list[dict[str, Any]] = []
    asyncio.run(_client(said).halt())
    assert said == [{"type": "effect", "effect": "clear"}]


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (OverlayEmote, {}, 'needs emote = "💜" or image = "wave.png", one of the two'),
        (OverlayEmote, {"emote": "x", "image": "y.png"}, 'needs emote = "💜" or image = "wave.png", one of the two'),
        (OverlayEmote, {"emote": "x", "count": 101}, "less than or equal to 100"),
        (OverlayText, {"text": "{secret:a}"}, "{secret:a} may not stand here"),
        (OverlayText, {"text": "x", "color": "purpel"}, "colour 'purpel' is not known; did you mean purple"),
        (OverlayConfetti, {"colors": []}, "at least 1 item"),
    ],
)
def test_fields_are_checked_at_load(kind: type[Action], fields: dict[str, object], words: str) -> None:
    """What cannot be shown is told when the rules are read."""
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(fields)
    assert words in str(caught.value)
