"""The built-in character: Fennel, a small fox spirit in a hooded jacket, made in code at two levels of detail."""

from avatar.mascot.atlas import expression_window
from avatar.mascot.level import Level
from avatar.mascot.model import build
from avatar.mesh import Character

__all__ = ["Level", "build_mascot", "expression_window"]


def build_mascot(level: Level = Level.PROXY) -> Character:
    """Return the built-in character (about half a second)."""
    return build(level)
