"""The system's keyboard through pynput (optional, LGPL-3, imported at use), for those who press keys and those who listen.

Owns the import, its sentences, and how a key's name becomes pynput's key and back. Knows nothing of rules or actions.
"""

import importlib
import os
import platform
from typing import Any, Final

from trackers.errors import UserError

_GET_PACKAGE: Final = 'pynput is not installed; pip install ".[keys]", then start again'
_SIDES: Final = ("_l", "_r")


def load_keyboard() -> Any:
    """Return the module `pynput.keyboard`.

    Raises:
        UserError: it is not installed, or there is no screen that it could use.
    """
    try:
        return importlib.import_module("pynput.keyboard")
    except ModuleNotFoundError:
        raise UserError(f"keys need a package: {_GET_PACKAGE}") from None
    except ImportError:
        raise no_display() from None
    except Exception as error:  # its back ends connect while they are imported, and each fails in its own way
        raise UserError(f"keys cannot be used here ({type(error).__name__}); start Posecast in a desktop session") from None


def no_display() -> UserError:
    """Return what to say where there is no X screen."""
    shown = os.environ.get("DISPLAY", "")
    if on_wayland():
        return UserError("keys need XWayland, and DISPLAY is not set; start Posecast in an X11 session")
    came = f"DISPLAY is {shown!r} and does not answer" if shown else "DISPLAY is not set"
    return UserError(f"keys need an X screen, but {came}; start Posecast in a desktop session")


def on_wayland() -> bool:
    """Whether only programs under XWayland can be reached."""
    return platform.system() == "Linux" and bool(os.environ.get("WAYLAND_DISPLAY"))


def key_of(keyboard: Any, name: str) -> Any | None:
    """Return pynput's key of a name from `key_names`, or None if this system has none."""
    return keyboard.KeyCode.from_char(name) if len(name) == 1 else getattr(keyboard.Key, name, None)


def name_of(key: Any) -> str | None:
    """Return the name of what pynput heard, sides of modifiers left out; None for keys without a name."""
    named = getattr(key, "name", None)
    if named is not None:
        for side in _SIDES:
            named = named.removesuffix(side)
        return str(named)
    char = getattr(key, "char", None)
    if char and char.isprintable() and len(char.casefold()) == 1:
        return str(char.casefold())
    number = getattr(key, "vk", None) or 0
    if platform.system() == "Windows" and chr(number).isascii() and chr(number).isalnum():  # with ctrl there is no character
        return chr(number).casefold()
    return None
