"""The mascot's tiles and materials by name. `brush` has the tools, `paint_head` and `paint_body` the pictures."""

from collections.abc import Callable
from functools import partial
from zlib import crc32

from avatar.mascot import paint_body as body
from avatar.mascot import paint_head as head
from avatar.mascot.brush import CREAM, FUR_LIGHT, Canvas, Rgb, Size, plain

Painter = Callable[[Size], Canvas]
SIDES = ("Left", "Right")

_MIDDLE: dict[str, Painter] = {
    "face": head.face,
    "mouth": head.mouth,
    "tongue": head.tongue,
    "lipUpper": partial(plain, colour=(128, 54, 56)),
    "lipLower": partial(plain, colour=(128, 54, 56)),
    "cap": head.cap,
    "clip": body.metal,
    "neck": body.neck,
    "jacket": body.jacket,
    "hood": body.hood,
    "bag": body.bag,
    "shirt": body.shirt,
    "zip": body.zip_,
    "tail": body.tail,
}
_PAIRED: dict[str, Painter] = {
    "lash": head.lash,
    "lowerLash": head.lash,
    "crease": partial(plain, colour=(196, 118, 100)),
    "brow": partial(plain, colour=(140, 70, 48)),
    "ear": head.ear,
    "earIn": head.ear_in,
    **{f"tuft{k}": partial(head.tuft, seed=k) for k in range(3)},
    "sleeve": body.sleeve,
    "cuff": body.cuff,
    "cord": partial(plain, colour=CREAM),
    "cordTip": body.metal,
    "palm": body.palm,
    **dict.fromkeys(("thumb", "index", "middle", "ring", "little"), body.digit),
    "shorts": body.shorts,
    "shin": body.shin,
    "boot": body.boot,
    "shoe": body.shoe,
}
_PAIRED_HAIR = ("fringe2", "fringe3", "fringe4", "cheek0", "cheek1", "cheek2", "nape0", "nape1", "nape2",
                "crown0", "crown1", "crown2", "crown3")  # fmt: skip
CLUMPS = ("fringe0", "fringe1", "crest", *(name + side for name in _PAIRED_HAIR for side in SIDES))
"""The tiles of the hair's clumps."""


def _tiles() -> dict[str, Painter]:
    tiles = dict(_MIDDLE)
    for side in SIDES:
        tiles[f"eye{side}"] = partial(head.eye, side=side)
        tiles |= {name + side: painter for name, painter in _PAIRED.items()}
    for name in CLUMPS:
        tip: Rgb = CREAM if name.startswith("cheek") else FUR_LIGHT
        tiles[name] = partial(head.clump, seed=crc32(name.encode()) % 1000, tip=tip)
    return tiles


TILES = _tiles()
"""Tile name to painter, which takes the height and width to paint."""

# material: shade tint, ink, terminator, rim
MATERIALS: dict[str, tuple[Rgb, Rgb, float, float]] = {
    "face": ((0.96, 0.80, 0.78), (156, 84, 74), -0.22, 0.0),
    "skin": ((0.95, 0.78, 0.76), (156, 84, 74), 0.02, 0.0),
    "eye": ((1, 1, 1), (0, 0, 0), -2.0, 0.0),
    "line": ((1, 1, 1), (0, 0, 0), -2.0, 0.0),
    "mouth": ((1, 1, 1), (0, 0, 0), -2.0, 0.0),
    "hair": ((0.86, 0.69, 0.68), (120, 54, 40), 0.10, 0.35),
    "fur": ((0.86, 0.69, 0.68), (120, 54, 40), 0.10, 0.35),
    "cream": ((0.93, 0.80, 0.80), (150, 96, 84), 0.05, 0.0),
    "jacket": ((0.72, 0.66, 0.80), (32, 30, 70), 0.12, 0.30),
    "gold": ((0.93, 0.74, 0.60), (140, 78, 34), 0.15, 0.0),
    "cloth": ((0.86, 0.77, 0.80), (120, 84, 84), 0.10, 0.0),
    "shirt": ((0.86, 0.77, 0.80), (120, 84, 84), 0.10, 0.0),
    "shorts": ((0.72, 0.66, 0.76), (30, 26, 40), 0.10, 0.25),
    "sock": ((0.86, 0.77, 0.80), (120, 84, 84), 0.10, 0.0),
    "boot": ((0.72, 0.66, 0.76), (34, 28, 42), 0.10, 0.25),
}
