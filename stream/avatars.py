"""Who can be drawn, and by what: opens the renderer that the settings ask for, or says why it took another.

Owns the choice between the neural renderer and the puppet. Knows nothing of what happens to a renderer afterwards.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.neural.renderer import NeuralRenderer, Quality
from avatar.package.errors import PackageError
from avatar.package.library import BUILT_IN, Library
from avatar.puppet import PuppetRenderer
from avatar.renderer import Renderer
from trackers.errors import UserError

Kind = Literal["auto", "neural", "puppet"]


@dataclass(frozen=True, slots=True)
class Casting:
    """How an avatar is to be drawn."""

    width_px: int
    height_px: int
    kind: Kind = "auto"
    quality: Quality = "auto"
    precision: str = "auto"
    threads: int = 1
    budget_ms: float | None = None
    """What a picture may take; None where nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A renderer, warmed up."""

    renderer: Renderer
    why: str
    """Why it is not the one that draws best; empty if it is."""


def names(library: Library | None = None) -> tuple[str, ...]:
    """Return the avatars that there are, the built-in one first."""
    there = (entry.name for entry in (library or Library()).entries() if not entry.problem)
    return tuple(dict.fromkeys([BUILT_IN, *there]))


def open_renderer(
    name: str, casting: Casting, *, framing: Framing, tell: Callable[[str], None], library: Library | None = None
) -> Cast:
    """Return what draws the avatar of this name or path: the network where there is one and it keeps the time.

    Raises:
        UserError: there is no such avatar, it is damaged, or what was asked for cannot be had.
    """
    why = ""
    if casting.kind != "puppet":
        try:
            return _neural(name, casting, framing=framing, tell=tell, library=library or Library())
        except PackageError as error:
            if casting.kind == "neural" or name != BUILT_IN:  # only the built-in one can be drawn without its package
                raise
            why = str(error)
        except UserError as error:
            if casting.kind == "neural":
                raise
            why = str(error)
    return Cast(_puppet(name, casting, framing=framing, library=library or Library()), why)


def _neural(name: str, casting: Casting, *, framing: Framing, tell: Callable[[str], None], library: Library) -> Cast:
    package = library.load(name)
    try:
        renderer = NeuralRenderer(
            package.parts,
            width_px=casting.width_px,
            height_px=casting.height_px,
            framing=framing,
            quality=casting.quality,
            precision=casting.precision,
            threads=casting.threads,
            tell=tell,
        )
    except ValueError as error:
        raise PackageError(
            f"{package.path} cannot be drawn: {error}; bring it again with python run.py avatar import"
        ) from error
    renderer.settle_within(casting.budget_ms or math.inf)
    if casting.kind == "auto" and renderer.setting.backend is None and name == BUILT_IN:
        renderer.close()
        raise UserError(f"its network does not keep {casting.budget_ms:.1f} ms a picture on this computer")
    return Cast(renderer, "")


def _puppet(name: str, casting: Casting, *, framing: Framing, library: Library) -> PuppetRenderer:
    character = build_mascot() if name == BUILT_IN else library.load(name).parts.character
    renderer = PuppetRenderer(
        character, width_px=casting.width_px, height_px=casting.height_px, framing=framing, threads=casting.threads
    )
    while renderer.warm_up() > (casting.budget_ms or math.inf) and renderer.rung < len(renderer.efforts) - 1:
        renderer.rung += 1
    return renderer
