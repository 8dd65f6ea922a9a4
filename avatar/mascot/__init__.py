"""The built-in character: Fennel, a small fox spirit in a hooded jacket, made in code."""

from avatar.mascot.model import build
from avatar.mesh import Character


def build_mascot() -> Character:
    """Return the built-in character (about half a second)."""
    return build()
