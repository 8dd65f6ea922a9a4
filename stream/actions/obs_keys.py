"""Keys as rules write them (`ctrl+shift+f9`) to keys as OBS calls them (`OBS_KEY_F9` and four modifiers).

Owns that translation; the names are those of OBS's `libobs/obs-hotkeys.h`. How rules write keys is `key_names.py`'s.
"""

from typing import Final

from stream.actions.key_names import normal_keys, split_keys
from trackers.errors import UserError

_MODIFIERS: Final = {"ctrl": "control", "alt": "alt", "shift": "shift", "cmd": "command"}
_OTHERWISE: Final = {
    **{"enter": "RETURN", "esc": "ESCAPE", "page_up": "PAGEUP", "page_down": "PAGEDOWN", "print_screen": "PRINT"},
    **{"caps_lock": "CAPSLOCK", "num_lock": "NUMLOCK", "scroll_lock": "SCROLLLOCK"},
    **{"media_play_pause": "MEDIATOGGLEPLAYPAUSE", "media_next": "MEDIANEXT", "media_previous": "MEDIAPREVIOUS"},
    **{"media_volume_up": "VOLUMEUP", "media_volume_down": "VOLUMEDOWN", "media_volume_mute": "VOLUMEMUTE"},
    **{"+": "PLUS", "-": "MINUS", ",": "COMMA", ".": "PERIOD", "/": "SLASH", "*": "ASTERISK", "#": "NUMBERSIGN"},
    **{";": "SEMICOLON", ":": "COLON", "=": "EQUAL", "<": "LESS", ">": "GREATER", "'": "APOSTROPHE", "\\": "BACKSLASH"},
    **{"[": "BRACKETLEFT", "]": "BRACKETRIGHT", "^": "ASCIICIRCUM", "`": "QUOTELEFT", "_": "UNDERSCORE"},
}
_OWN: Final = "OBS_KEY_"


def parse_keys(keys: str) -> tuple[str, dict[str, bool]]:
    """Return OBS's name of the key, and the modifiers that are held, as `TriggerHotkeyByKeySequence` wants them.

    A key that has no other name may be written as OBS names it: `ctrl+OBS_KEY_NUM4`.

    Raises:
        ValueError: a part is no key that is known or that OBS has, or there is not exactly one besides the modifiers.
    """
    *before, last = keys.split("+")
    own = last.strip().upper() if last.strip().upper().startswith(_OWN) else ""
    try:
        names = split_keys(normal_keys("+".join([*before, "a"]) if own else keys))
    except UserError as error:
        raise ValueError(str(error)) from None
    key = names[-1]
    held = {_MODIFIERS[name]: True for name in names[:-1]}
    if own:
        return own, held
    name = _OTHERWISE.get(key, key.upper())
    if not (name.isascii() and name.isalnum()):
        raise ValueError(f"OBS knows no key {key!r}; give it another one in OBS under Settings -> Hotkeys")
    return f"{_OWN}{name}", held
