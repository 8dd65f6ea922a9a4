"""Who can be drawn, and by what: opens the renderer that the settings ask for, or says why it took another.

Owns the choice between the neural renderer and the puppet. Knows nothing of what happens to a renderer afterwards.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from avatar.camera import Framing
from avatar.mascot import build_mascot
from avatar.mesh import Character
from avatar.neural.renderer import NeuralRenderer, Quality
from avatar.neural.runtime import INSTALL_COMMAND
from avatar.package.errors import PackageError
from avatar.package.library import BUILT_IN, Library
from avatar.puppet import PuppetRenderer
from avatar.renderer import Drawing, Renderer
from trackers.errors import UserError

Kind = Literal["auto", "neural", "puppet"]

CARD_WITHIN_S: Final = 20.0
"""For so long a network that is too slow on the CPU waits for a card that may run it."""


@dataclass(frozen=True, slots=True)
class RendererSettings:
    """How an avatar is to be drawn."""

    width_px: int
    height_px: int
    kind: Kind = "auto"
    quality: Quality = "auto"
    precision: str = "auto"
    threads: int = 1
    budget_ms: float | None = None
    """What a picture may take; None where nobody waits for it."""
    is_live: bool = True
    """False where every run must give the same pictures: all of each is painted, and by one backend from the first on."""


@dataclass(frozen=True, slots=True)
class OpenRenderer:
    """A renderer, warmed up."""

    renderer: Renderer
    why: str
    """Why it is not the one that draws best; empty if it is."""

    @property
    def drawing(self) -> Drawing:
        """What draws now, and why nothing better does."""
        now = self.renderer.drawing
        return Drawing(now.name, now.provider, f"{now.reason}; {self.why}" if self.why else now.reason)


def names(library: Library | None = None) -> tuple[str, ...]:
    """Return the avatars that there are, the built-in one first."""
    there = (entry.name for entry in (library or Library()).entries() if not entry.problem)
    return tuple(dict.fromkeys([BUILT_IN, *there]))


def open_renderer(
    name: str, settings: RendererSettings, *, framing: Framing, tell: Callable[[str], None], library: Library | None = None
) -> OpenRenderer:
    """Return what draws the avatar of this name or path: the network where there is one and it keeps the time.

    The built-in avatar is also there without a package, as a puppet made in code; anybody else's puppet is their proxy.

    Raises:
        UserError: there is no such avatar, it is damaged, or what was asked for cannot be had.
    """
    library = library or Library()
    is_made_here = name == BUILT_IN and not _is_replaced(library)
    why = ""
    if settings.kind != "puppet":
        try:
            return _neural(name, settings, framing=framing, tell=tell, library=library, must=not is_made_here)
        except UserError as error:
            if settings.kind == "neural" or (isinstance(error, PackageError) and not is_made_here):
                raise
            why = f"without its network: {error}"
    character = build_mascot() if is_made_here else library.load(name).parts.character
    return OpenRenderer(_puppet(character, settings, framing=framing), why)


def _is_replaced(library: Library) -> bool:
    """Tell whether the user put an avatar of their own in the built-in one's place."""
    try:
        return library.find(BUILT_IN).parent == library.folder
    except PackageError:
        return False


def _neural(
    name: str, settings: RendererSettings, *, framing: Framing, tell: Callable[[str], None], library: Library, must: bool
) -> OpenRenderer:
    """Return the neural renderer, at the rung that keeps the time; it `must` be that one even if only the proxy does."""
    package = library.load(name)
    try:
        renderer = NeuralRenderer(
            package.parts,
            width_px=settings.width_px,
            height_px=settings.height_px,
            framing=framing,
            quality=settings.quality,
            precision=settings.precision,
            threads=settings.threads,
            regions=settings.is_live,
            tell=tell,
        )
    except ImportError as error:
        raise UserError(f"ONNX Runtime is installed but does not start ({error}); run `{INSTALL_COMMAND}` anew") from error
    except ValueError as error:
        raise PackageError(f"{package.path} cannot be drawn: {error}; {_remedy(settings)}") from error
    try:
        _settle(renderer, settings, must=must)
    except BaseException:
        renderer.close()
        raise
    return OpenRenderer(renderer, "")


def _settle(renderer: NeuralRenderer, settings: RendererSettings, *, must: bool) -> None:
    """Find the rung that keeps the time.

    Raises:
        UserError: the network fails, or none keeps the time and it is not a `must`.
    """
    budget_ms = settings.budget_ms or math.inf
    renderer.settle_within(budget_ms)
    hurried = not settings.is_live or renderer.setting.backend is None
    if hurried and renderer.await_better(CARD_WITHIN_S):
        renderer.settle_within(budget_ms)
    if renderer.fault is not None:
        raise UserError(f"its network fails ({renderer.fault}); get a fresh copy of the avatar, or take --renderer puppet")
    if renderer.setting.backend is None and settings.kind == "auto" and not must:
        raise UserError(f"it does not keep {budget_ms:.1f} ms a picture on this computer")


def _remedy(settings: RendererSettings) -> str:
    if settings.precision != "auto":
        return "leave --avatar.precision away"
    return "get a fresh copy of the avatar, or take --renderer puppet"


def _puppet(character: Character, settings: RendererSettings, *, framing: Framing) -> PuppetRenderer:
    renderer = PuppetRenderer(
        character, width_px=settings.width_px, height_px=settings.height_px, framing=framing, threads=settings.threads
    )
    while renderer.warm_up() > (settings.budget_ms or math.inf) and renderer.rung < len(renderer.efforts) - 1:
        renderer.rung += 1
    return renderer
