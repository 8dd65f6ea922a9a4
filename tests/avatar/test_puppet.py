"""The puppet as people see it: sides, face, edges, framing, determinism."""

from collections.abc import Mapping

import numpy as np
import pytest

from avatar.camera import Framing, camera_for
from avatar.mascot import build_mascot
from avatar.mascot.sheets import REST, Turns, pose, quaternion
from avatar.mesh import Character
from avatar.puppet import EFFORTS, PuppetRenderer
from avatar.rig import BONE_INDEX
from avatar.types import RigPose
from trackers.types import ImageArray

_SIZE_PX = 256


@pytest.fixture(scope="module")
def mascot() -> Character:
    """The character, built once."""
    return build_mascot()


def _shot(mascot: Character, shown: RigPose, framing: Framing = Framing.BUST, size_px: int = _SIZE_PX) -> ImageArray:
    renderer = PuppetRenderer(mascot, width_px=size_px, height_px=size_px, framing=framing)
    return renderer.render(shown, time_ns=0).image


def _face(mascot: Character, expression: Mapping[str, float]) -> ImageArray:
    return _shot(mascot, pose(REST, expression))


def _window(points_m: list[tuple[float, float]]) -> tuple[slice, slice]:
    """Return the slices of the bust picture that span the given x, y on the face."""
    camera = camera_for(Framing.BUST, width_px=_SIZE_PX, height_px=_SIZE_PX)
    pixels = camera.project(np.array([[x, y, 0.17] for x, y in points_m], dtype=np.float32))
    (x0, y0), (x1, y1) = pixels.min(axis=0), pixels.max(axis=0)
    return slice(int(y0), int(y1) + 1), slice(int(x0), int(x1) + 1)


_LEFT_EYE = _window([(0.045, 1.20), (0.155, 1.31)])
_RIGHT_EYE = _window([(-0.155, 1.20), (-0.045, 1.31)])
_MOUTH = _window([(-0.045, 1.07), (0.045, 1.145)])


def _changed(a: ImageArray, b: ImageArray) -> np.ndarray:
    return np.abs(a.astype(int) - b.astype(int)).max(axis=2) > 24


def _teal(image: ImageArray) -> np.ndarray:
    """Where the iris is: much bluer than red."""
    return (image[..., 2].astype(int) - image[..., 0] > 50) & (image[..., 3] == 255)


def test_edges_are_fractional_corner_is_clear_middle_is_opaque(mascot: Character) -> None:
    """Straight alpha with coverage, not a mask."""
    image = _shot(mascot, pose(REST))
    alpha = image[..., 3]
    assert image.shape == (_SIZE_PX, _SIZE_PX, 4)
    assert alpha[0, 0] == 0
    assert alpha[_SIZE_PX // 2, _SIZE_PX // 2] == 255
    assert {64, 128, 191} <= set(np.unique(alpha))
    assert ((alpha > 0) & (alpha < 255)).sum() > 200


def test_right_arm_moves_on_the_left_of_the_image(mascot: Character) -> None:
    """The avatar faces the viewer and is not mirrored."""
    down = _shot(mascot, pose(REST), Framing.UPPER)
    up = _shot(mascot, pose({**REST, "rightUpperArm": (0, 0, -30)}), Framing.UPPER)
    changed = _changed(down, up)
    assert changed[:, : _SIZE_PX // 2].sum() > 500
    assert changed[:, _SIZE_PX // 2 + 20 :].sum() < 20


@pytest.mark.parametrize(("side", "own", "other"), [("Left", _LEFT_EYE, _RIGHT_EYE), ("Right", _RIGHT_EYE, _LEFT_EYE)])
def test_blink_hides_the_iris_of_its_own_eye(mascot: Character, side: str, own: tuple, other: tuple) -> None:
    """Closed is a lash line: no iris is left, and the other eye does not move."""
    open_, closed = _face(mascot, {}), _face(mascot, {f"eyeBlink{side}": 1.0})
    assert _teal(open_[own]).sum() > 150
    assert _teal(closed[own]).sum() == 0
    assert not _changed(open_[other], closed[other]).any()


def test_half_a_blink_lies_between(mascot: Character) -> None:
    """The lid travels; it does not jump."""
    areas = [_teal(_face(mascot, {"eyeBlink": w})[_LEFT_EYE]).sum() for w in (0, 0.25, 0.5, 0.75, 1)]
    assert all(a > b for a, b in zip(areas, areas[1:], strict=False))


def test_jaw_opens_the_mouth(mascot: Character) -> None:
    """The inside shows: dark red where skin was."""
    shut, wide = _face(mascot, {})[_MOUTH], _face(mascot, {"jawOpen": 0.9})[_MOUTH]

    def red(image: ImageArray) -> int:
        return int(((image[..., 0].astype(int) - image[..., 1] > 70) & (image[..., 1] < 110)).sum())

    assert red(wide) > red(shut) + 60


@pytest.mark.parametrize("expression", [{"mouthSmile": 1.0}, {"mouthFrown": 1.0}, {"mouthPucker": 1.0}, {"mouthFunnel": 1.0},
                                        {"mouthLeft": 1.0}, {"mouthStretch": 1.0}, {"tongueOut": 1.0}])  # fmt: skip
def test_mouth_coefficients_change_the_mouth_only(mascot: Character, expression: Mapping[str, float]) -> None:
    """Something changes around the mouth."""
    changed = _changed(_face(mascot, {}), _face(mascot, expression))
    assert changed[_MOUTH].sum() > 15


def test_gaze_moves_the_iris_by_bone_and_by_coefficient(mascot: Character) -> None:
    """To the avatar's left is to the right of the image; up is up."""

    def centre(image: ImageArray) -> np.ndarray:
        rows, cols = np.nonzero(_teal(image[_LEFT_EYE]))
        return np.array([cols.mean(), rows.mean()])

    ahead = centre(_face(mascot, {}))
    assert centre(_face(mascot, {"eyeLookOutLeft": 1.0}))[0] > ahead[0] + 1
    assert centre(_face(mascot, {"eyeLookInLeft": 1.0}))[0] < ahead[0] - 1
    assert centre(_face(mascot, {"eyeLookDownLeft": 1.0}))[1] > ahead[1] + 0.7
    turned = _shot(mascot, pose({**REST, "leftEye": (0, 25, 0)}))
    assert centre(turned)[0] > ahead[0] + 1


def test_iris_never_leaves_the_eye(mascot: Character) -> None:
    """However far the eye looks, what lies outside the lids stays as it was."""
    ahead = _face(mascot, {})
    for turn in ((0, 80, 0), (0, -80, 0), (60, 0, 0), (-60, 0, 0), (50, 50, 0)):
        rotations = pose(REST).rotations.copy()
        rotations[BONE_INDEX["leftEye"]] = quaternion(turn)
        shown = pose(REST)
        image = _shot(mascot, RigPose(shown.stamp, rotations, shown.root_m, shown.expression, shown.confidence, 1.0))
        changed = _changed(ahead, image)
        assert changed[_LEFT_EYE].any()
        changed[_window([(0.03, 1.19), (0.175, 1.325)])] = False
        assert not changed.any()
        assert _teal(image[_LEFT_EYE]).sum() > 80


def test_same_poses_at_the_same_times_give_the_same_bytes(mascot: Character) -> None:
    """Two renderers that see the same sequence agree to the byte."""
    shown: list[Turns] = [REST, {**REST, "head": (0, 20, 0)}, {**REST, "head": (5, -20, 0)}]
    films = []
    for _ in range(2):
        renderer = PuppetRenderer(mascot, width_px=128, height_px=128, framing=Framing.UPPER)
        films.append([renderer.render(pose(t), time_ns=k * 16_666_667).image.tobytes() for k, t in enumerate(shown)])
    assert films[0] == films[1]


def test_ears_and_tail_move_on_when_the_pose_stands_still(mascot: Character) -> None:
    """Never perfectly still."""
    renderer = PuppetRenderer(mascot, width_px=128, height_px=128, framing=Framing.FULL)
    first = renderer.render(pose(REST), time_ns=0).image
    later = [renderer.render(pose(REST), time_ns=k * 16_666_667).image for k in range(1, 40)][-1]
    assert _changed(first, later).any()


@pytest.mark.parametrize("turns", [REST, {}], ids=["rest", "T-pose"])
def test_full_framing_holds_the_whole_figure(mascot: Character, turns: Turns) -> None:
    """No pixel of the figure touches the border."""
    alpha = _shot(mascot, pose(turns), Framing.FULL)[..., 3]
    assert not alpha[0].any()
    assert not alpha[-1].any()
    assert not alpha[:, 0].any()
    assert not alpha[:, -1].any()
    assert (alpha > 0).sum() > 0.05 * alpha.size


def test_framing_can_be_changed_between_frames(mascot: Character) -> None:
    """The setting takes effect at the next frame."""
    renderer = PuppetRenderer(mascot, width_px=96, height_px=64)
    renderer.warm_up()
    bust = renderer.render(pose(REST), time_ns=0).image
    renderer.framing = Framing.FULL
    full = renderer.render(pose(REST), time_ns=0).image
    assert bust.shape == full.shape == (64, 96, 4)
    assert (full[..., 3] > 0).sum() < (bust[..., 3] > 0).sum()


def test_picture_carries_the_stamp_of_its_pose(mascot: Character) -> None:
    """Latency is measured by it."""
    shown = pose(REST)
    assert PuppetRenderer(mascot, width_px=32, height_px=32).render(shown, time_ns=0).stamp is shown.stamp


def test_a_pose_that_is_not_finite_is_refused(mascot: Character) -> None:
    """A NaN would poison the springs for good."""
    renderer = PuppetRenderer(mascot, width_px=32, height_px=32)
    shown = pose(REST)
    shown.root_m[1] = np.nan
    with pytest.raises(ValueError, match="RigPose must hold finite numbers"):
        renderer.render(shown, time_ns=0)


@pytest.mark.parametrize("root_m", [(0, 0, 5.9), (0, 0, 50), (1e6, -1e6, -1e6), (0.4, 0.3, 0.5)])
def test_an_avatar_that_walks_away_or_into_the_lens_does_no_harm(mascot: Character, root_m: tuple[float, float, float]) -> None:
    """Whatever is out of the picture is clipped."""
    renderer = PuppetRenderer(mascot, width_px=64, height_px=48)
    shown = pose(REST)
    shown.root_m[:] = root_m
    assert renderer.render(shown, time_ns=0).image.shape == (48, 64, 4)


@pytest.mark.parametrize("rung", range(1, len(EFFORTS)))
def test_a_lighter_effort_draws_the_same_character(mascot: Character, rung: int) -> None:
    """With less work the picture has its size, its place and its clear corner still, and nearly the same colours."""
    best = PuppetRenderer(mascot)
    lighter = PuppetRenderer(mascot)
    lighter.rung = rung
    full, plain = (renderer.render(pose(), time_ns=0).image for renderer in (best, lighter))
    assert plain.shape == full.shape
    assert plain[0, 0, 3] == 0
    assert plain[300, 256, 3] == 255
    assert abs(float((plain[..., 3] > 127).mean()) - float((full[..., 3] > 127).mean())) < 0.01
    both = (plain[..., 3] == 255) & (full[..., 3] == 255)
    assert np.abs(plain[both].astype(int) - full[both].astype(int)).mean() < 8
