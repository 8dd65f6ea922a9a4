"""Names of keys as rules write them: `f9`, `ctrl+shift+m`, `space`.

Owns the names, their order and their near synonyms. Pure; knows nothing of pynput, or of who presses or listens.
"""

from typing import Final

from trackers.errors import UserError
from trackers.spelling import near

MODIFIERS: Final = ("ctrl", "alt", "shift", "cmd")
"""In the order in which they are written; `cmd` is the key with the system's sign (Windows, Super, Command)."""

_NAMED: Final = (
    *(f"f{number}" for number in range(1, 25)),
    *("space", "enter", "tab", "esc", "backspace", "delete", "insert", "home", "end", "page_up", "page_down"),
    *("up", "down", "left", "right", "caps_lock", "num_lock", "scroll_lock", "pause", "print_screen", "menu"),
    *("media_play_pause", "media_next", "media_previous", "media_volume_up", "media_volume_down", "media_volume_mute"),
)
_SYNONYMS: Final = {
    **{"control": "ctrl", "strg": "ctrl", "option": "alt", "super": "cmd", "win": "cmd", "windows": "cmd", "command": "cmd"},
    **{"return": "enter", "escape": "esc", "del": "delete", "ins": "insert", "pgup": "page_up", "pgdn": "page_down"},
    **{"pageup": "page_up", "pagedown": "page_down", "plus": "+", " ": "space"},
}


def normal_keys(text: str) -> str:
    """Return a key with its modifiers in the one way that it is written: `Shift+CTRL+F9` is `ctrl+shift+f9`.

    Raises:
        UserError: a part is no key that is known, a modifier stands alone, or two keys are named.
    """
    names = [_known(part, text) for part in _parts(text)]
    modifiers = [name for name in MODIFIERS if name in names]
    keys = [name for name in names if name not in MODIFIERS]
    if len(keys) != 1 or len(set(names)) != len(names):
        raise UserError(f"keys must be one key with or without {', '.join(MODIFIERS)}, got {text!r}; try ctrl+shift+f9")
    return "+".join([*modifiers, *keys])


def split_keys(keys: str) -> list[str]:
    """Return the names in a normal text, modifiers first: `ctrl++` is `ctrl` and `+`."""
    return _parts(keys)


def _parts(text: str) -> list[str]:
    """Split at plus signs, but for one that is itself the key."""
    text = text.strip() or text
    plus = ["+"] if text == "+" or text.endswith("++") else []
    rest = text[:-2] if plus and text != "+" else ("" if plus else text)
    return [part.strip() or part for part in rest.split("+") if part] + plus


def _known(part: str, text: str) -> str:
    name = part.casefold().replace("-", "_") if len(part) > 1 else part.casefold()
    name = _SYNONYMS.get(name, name)
    if name in MODIFIERS or name in _NAMED or (len(name) == 1 and name.isprintable()):
        return name
    raise UserError(f"no key is called {part!r}, as {text!r} says; {near(name, [*MODIFIERS, *_NAMED])}")
