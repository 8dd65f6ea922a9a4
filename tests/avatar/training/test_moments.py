"""Where the parts of a character are, whatever its pose."""

import numpy as np
import pytest
from moments_at_hand import moment

from avatar.camera import Framing, camera_for
from avatar.figure import Figure
from avatar.mascot import build_mascot
from avatar.mascot.sheets import HANDS, pose
from avatar.mesh import Character
from avatar.rig import BONE_INDEX
from avatar.training import moments


@pytest.fixture(scope="module")
def mascot() -> Character:
    return build_mascot()


def test_vertices_are_placed_as_the_renderer_places_them(mascot: Character) -> None:
    """The numpy skinning of a few vertices is that of the compiled one of all."""
    figure = Figure(mascot)
    wanted = pose(HANDS["victory"])
    figure.pose(wanted, time_ns=0)
    camera = camera_for(Framing.UPPER, width_px=512, height_px=512)
    projected = figure.project(camera, outline_floor_m=0.0)
    vertices = moments.hand_vertices(mascot, "left")
    spots = camera.project(moments.placed(mascot, vertices, figure.bones))
    np.testing.assert_allclose(2 * spots, projected[vertices, :2], atol=0.01)


def test_hands_are_found_at_their_bones(mascot: Character) -> None:
    """The left hand's vertices lie around the left wrist and fingers, and are others than the right hand's."""
    left, right = (moments.hand_vertices(mascot, side) for side in ("left", "right"))
    assert len(left) == len(right) > 50
    assert not set(left) & set(right)
    wrist = mascot.rig.rest_m[BONE_INDEX["leftHand"]]
    away = np.linalg.norm(mascot.mesh.vertices[left] - wrist, axis=1)
    assert away.max() < 0.25


def test_the_face_is_before_the_head(mascot: Character) -> None:
    """Eyes, brows and mouth lie around the eyes' bones and in front of the head's joint."""
    points = mascot.mesh.vertices[moments.face_vertices(mascot)]
    eye = mascot.rig.rest_m[BONE_INDEX["leftEye"]]
    assert len(points) > 20
    assert points[:, 1].min() < eye[1] < points[:, 1].max()
    assert points[:, 2].min() > mascot.rig.rest_m[BONE_INDEX["head"], 2]


def test_a_moment_checks_its_shapes(mascot: Character) -> None:
    """A moment with a bone's worth of numbers missing is refused."""
    good = moment(mascot)
    with pytest.raises(ValueError, match=r"Moment.rotations must have shape \(55, 4\), got \(54, 4\)"):
        moments.Moment(good.bones, good.rotations[:54], good.expression, good.framing)
