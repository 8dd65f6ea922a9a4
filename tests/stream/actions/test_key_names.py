"""Names of keys: one way to write each."""

import pytest

from stream.actions.key_names import normal_keys, split_keys
from trackers.errors import UserError


@pytest.mark.parametrize(
    ("written", "normal", "parts"),
    [
        ("F9", "f9", ["f9"]),
        ("Shift + CTRL+f9", "ctrl+shift+f9", ["ctrl", "shift", "f9"]),
        ("control+option+Return", "ctrl+alt+enter", ["ctrl", "alt", "enter"]),
        ("+", "+", ["+"]),
        ("ctrl++", "ctrl++", ["ctrl", "+"]),
        ("page-up", "page_up", ["page_up"]),
        ("win+-", "cmd+-", ["cmd", "-"]),
        (" ", "space", ["space"]),
    ],
)
def test_normal_writing(written: str, normal: str, parts: list[str]) -> None:
    """Modifiers first, in their order; case and synonyms do not matter; normal writing stays."""
    assert normal_keys(written) == normal
    assert normal_keys(normal) == normal
    assert split_keys(normal) == parts


@pytest.mark.parametrize("written", ["ctrl", "a+b", "ctrl+ctrl+a", ""])
def test_one_key_with_modifiers(written: str) -> None:
    """Neither none nor two, and no modifier twice."""
    with pytest.raises(UserError) as caught:
        normal_keys(written)
    assert str(caught.value) == (
        f"keys must be one key with or without ctrl, alt, shift, cmd, got {written!r}; try ctrl+shift+f9"
    )


def test_unknown_key_names_the_near_ones() -> None:
    """The sentence says which part is meant."""
    with pytest.raises(UserError, match=r"^no key is called 'pgae_up', as 'ctrl\+pgae_up' says; did you mean page_up"):
        normal_keys("ctrl+pgae_up")
