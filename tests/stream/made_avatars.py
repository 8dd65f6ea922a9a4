"""Whole neural avatars with weights out of a generator, in packages and in a library of their own, for tests of what draws."""

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from made_avatar import ABOUT, made_metadata
from made_network import made_network
from neural_parts import made_parts

from avatar.camera import Framing
from avatar.motion import Motion
from avatar.package.library import Library
from avatar.package.writer import write_package
from avatar.types import RigPose
from stream.avatars import OpenRenderer, RendererSettings, open_renderer

WIDE_PX, HIGH_PX = 128, 96


@cache
def network(*, broken: bool = False) -> bytes:
    """Return the smallest network; a broken one gives numbers that are none."""
    return made_network("S", gain=math.inf if broken else 1.0)


def put(library: Library, name: str, *, broken: bool = False) -> Path:
    """Write an avatar of this name into the library's folder; the mascot goes where the built-in one is looked for."""
    is_built_in = name == "mascot"
    out = Path(library._built_in) if is_built_in else library.folder / f"{name}.avatar"
    about = ABOUT.model_copy(update={"name": name})
    parts = made_parts({("S", "fp32"): network(broken=broken)}, seed=len(name))
    write_package(parts, made_metadata(about=about, picture_sizes_px=((WIDE_PX, HIGH_PX),)), out=out)
    return out


def empty_library(folder: Path) -> Library:
    """Return a library without avatars, also without the built-in one."""
    return Library(folder / "avatars", built_in=folder / "built-in")


def renderer_settings(**changes: Any) -> RendererSettings:
    """Return how small pictures are drawn."""
    return RendererSettings(**{"width_px": WIDE_PX, "height_px": HIGH_PX, **changes})


def opened(library: Library, name: str, *, tell: Callable[[str], None] = lambda _: None, **changes: Any) -> OpenRenderer:
    """Open a renderer of small pictures."""
    return open_renderer(name, renderer_settings(**changes), framing=Framing.BUST, tell=tell, library=library)


def pose(time_ns: int = 0) -> RigPose:
    """Return how the avatar idles at a time."""
    return Motion().idle(time_ns)


def seen(image: np.ndarray) -> float:
    """Return the share of the picture that is solid."""
    return float((image[..., 3] > 99).mean())
