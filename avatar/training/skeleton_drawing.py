"""A pose as a drawn skeleton: coloured limbs, fingers, and a face of lines. What the baselines paint from.

Owns strokes, colours and layers. Knows nothing of networks. As in Everybody Dance Now (Chan et al. 2019) the picture is all
that a painter is told of the pose; here it is told more, so that what it lacks is not knowledge: body, hands and face lie on
layers of their own, a hand before the body hides nothing, and the bones of ears, tail and hair are drawn as well.
"""

import colorsys
from typing import Final

import cv2
import numpy as np

from avatar.camera import Camera, camera_for
from avatar.mesh import Character
from avatar.rig import BONE_INDEX, BONE_NAMES, BONE_PARENTS, joint_positions
from avatar.training.drawn_face import Colour, face_lines, layout_of
from avatar.training.moments import Moment
from avatar.types import BONE_COUNT
from trackers.types import FloatArray, ImageArray

LAYERS: Final = ("body", "left hand", "right hand", "face")
BODY_PX, HAND_PX, FACE_PX, LOOSE_PX = 5.0, 2.5, 2.0, 2.0
"""Widths of strokes in a picture of 512 pixels; never thinner than one pixel."""
_SHIFT: Final = 4  # ends of strokes lie on sixteenths of a pixel, so that they glide
_FINGERS: Final = ("Thumb", "Index", "Middle", "Ring", "Little")
_TIP: Final = 0.9  # a fingertip is this much of the last bone's length beyond its joint


class SkeletonDrawer:
    """Draws the skeleton of one character's rig into pictures of one size."""

    def __init__(self, character: Character, *, width_px: int, height_px: int) -> None:
        self._rig, self._gazes, self._springs = character.rig, character.mesh.gazes, character.springs
        self._face = layout_of(character)
        self._size = (width_px, height_px)
        self._limbs = _limbs()
        self._fingers = {side: _finger_chains(side) for side in ("left", "right")}

    def draw(self, moment: Moment) -> ImageArray:
        """Return (4, H, W, 3) uint8: `LAYERS`, each coloured strokes on black, anti-aliased.

        All colours are at full value: the brightest channel tells how much of a pixel the strokes cover.
        """
        width_px, height_px = self._size
        camera = camera_for(moment.framing, width_px=width_px, height_px=height_px)
        layers = np.zeros((len(LAYERS), height_px, width_px, 3), dtype=np.uint8)
        joints = joint_positions(self._rig, moment.bones)[:BONE_COUNT]
        self._draw_body(layers[0], camera, joints, moment.bones)
        for layer, side in zip(layers[1:3], ("left", "right"), strict=True):
            self._draw_hand(layer, camera, joints, side)
        self._draw_face(layers[3], camera, moment)
        return layers

    def _draw_body(self, layer: ImageArray, camera: Camera, joints: FloatArray, bones: FloatArray) -> None:
        for place, spring in enumerate(self._springs):
            ends = (
                np.stack([self._rig.rest_m[spring.bone], spring.tip_m]) @ bones[spring.bone, :, :3].T + bones[spring.bone, :, 3]
            )
            self._stroke(layer, camera, ends, _hue(place / len(self._springs)), LOOSE_PX)
        away = [(joints[a, 2] + joints[b, 2]) / 2 for a, b, _ in self._limbs]
        for index in np.argsort(away):  # what is nearer is drawn over what is farther
            a, b, colour = self._limbs[index]
            self._stroke(layer, camera, joints[[a, b]], colour, BODY_PX)

    def _draw_hand(self, layer: ImageArray, camera: Camera, joints: FloatArray, side: str) -> None:
        chains = [(joints[chain], colour) for chain, colour in self._fingers[side]]
        for points, colour in sorted(chains, key=lambda chain: float(chain[0][:, 2].mean())):
            tip = points[-1] + _TIP * (points[-1] - points[-2])
            self._stroke(layer, camera, np.concatenate([points, tip[None]]), colour, HAND_PX)

    def _draw_face(self, layer: ImageArray, camera: Camera, moment: Moment) -> None:
        head = moment.bones[BONE_INDEX["head"]]
        for line in face_lines(self._face, self._gazes, moment.rotations, moment.expression):
            self._stroke(layer, camera, line.points_m @ head[:, :3].T + head[:, 3], line.colour, FACE_PX)

    def _stroke(self, layer: ImageArray, camera: Camera, points_m: FloatArray, colour: Colour, width_px: float) -> None:
        spots = np.round((camera.project(points_m) - 0.5) * 2**_SHIFT).astype(np.int32)
        thick = max(1, round(width_px * min(self._size) / 512))
        if len(spots) == 1:
            centre = (int(spots[0, 0]), int(spots[0, 1]))
            cv2.circle(layer, centre, int(1.2 * thick * 2**_SHIFT), colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)
        else:
            cv2.polylines(layer, [spots], False, colour, thick, cv2.LINE_AA, _SHIFT)


def merged(layers: ImageArray) -> ImageArray:
    """Return (H, W, 4) uint8 straight RGBA of (4, H, W, 3) layers, the later ones over the earlier ones."""
    flat = np.zeros((layers[0, ..., 0].size, 4), dtype=np.float32)  # premultiplied
    for layer in layers:
        cover = np.maximum(np.maximum(layer[..., 0], layer[..., 1]), layer[..., 2]).reshape(-1)
        at = np.flatnonzero(cover)  # strokes cover little of a picture
        over = np.concatenate([layer.reshape(-1, 3)[at], cover[at, None]], axis=1).astype(np.float32)
        flat[at] = flat[at] * (1 - over[:, 3:] / 255) + over
    drawn = np.flatnonzero(flat[:, 3])
    out = np.zeros(flat.shape, dtype=np.uint8)
    out[drawn, :3] = np.round(np.minimum(255, flat[drawn, :3] * 255 / flat[drawn, 3:]))
    out[drawn, 3] = np.round(flat[drawn, 3])
    return out.reshape(*layers.shape[1:3], 4)


def _limbs() -> list[tuple[int, int, Colour]]:
    """Return (joint, parent's joint, colour) of every bone but fingers, eyes and jaw; each a hue of its own."""
    drawn = [name for name in BONE_NAMES[1:] if not _is_finger(name) and name not in ("leftEye", "rightEye", "jaw")]
    return [(BONE_INDEX[name], BONE_PARENTS[BONE_INDEX[name]], _hue(place / len(drawn))) for place, name in enumerate(drawn)]


def _finger_chains(side: str) -> list[tuple[list[int], Colour]]:
    """Return the joints from the wrist outward and the colour of each finger."""
    chains = []
    for place, finger in enumerate(_FINGERS):
        names = [f"{side}Hand", *(name for name in BONE_NAMES if name.startswith(side + finger))]
        chains.append(([BONE_INDEX[name] for name in names], _hue(place / len(_FINGERS))))
    return chains


def _is_finger(name: str) -> bool:
    return any(finger in name for finger in _FINGERS)


def _hue(turn: float) -> Colour:
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(turn, 1, 1))
    return red, green, blue
