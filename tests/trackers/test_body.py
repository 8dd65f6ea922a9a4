"""The body model against the published squats, and the heatmap refinement."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from trackers.body import BodyModel, refined, region_round
from trackers.body_follower import BodyFollower
from trackers.detector import PERSON, Detector
from trackers.interpreter import open_session
from trackers.skeleton import BODY_INDEX
from trackers.types import Frame


def test_refinement_moves_a_point_to_its_heatmap_and_leaves_unsure_ones() -> None:
    """A sharp peak two cells away attracts the point; a flat map does not; a point outside stays."""
    heatmap = np.full((64, 64, 3), -20, dtype=np.float32)
    heatmap[30, 22, 0] = 8
    points = np.array([[80, 120, 5], [80, 120, 5], [-40, 120, 5]], dtype=np.float32)
    out = refined(points, heatmap, 256)
    np.testing.assert_allclose(out[0], [88, 120, 5], atol=0.01)
    np.testing.assert_array_equal(out[1:], points[1:])


def test_the_region_holds_the_circle_and_stands_the_body_up() -> None:
    """A body that leans image-right by 30 degrees gets a region turned by 30 degrees, 1.25 circles wide."""
    middle = np.array([300, 400, 0], dtype=np.float32)
    rim = middle + np.array([np.sin(np.pi / 6), -np.cos(np.pi / 6), 0], dtype=np.float32) * 200
    region = region_round(middle, rim)
    assert region.angle_rad == pytest.approx(np.pi / 6, abs=1e-4)
    assert region.size_px == pytest.approx(500, abs=0.1)
    assert (region.x_px, region.y_px) == (300, 400)


@pytest.mark.needs_data
def test_squats_agree_with_the_published_keypoints(
    models: None, read_clip: Callable[..., Iterator[Frame]], data_folder: Path
) -> None:
    """33 keypoints within 12 px (1 % of the picture's height) and 12 cm on average, left and right where they belong."""
    wanted_px = np.array(json.loads((data_folder / "body/pose_squats.full.json").read_text()))
    wanted_m = np.array(json.loads((data_folder / "body/pose_squats_3d.full.json").read_text()))
    detector = Detector(PERSON, open_session(PERSON.asset, member=PERSON.member))
    follower = BodyFollower({"full": BodyModel.open("full", threads=2)}, detector)
    gaps_px, gaps_m = [], []
    for frame in read_clip("body/pose_squats.mp4", most=30):
        body = follower.look(frame.image, model="full", time_ns=frame.stamp.captured_ns)
        assert body is not None
        gaps_px.append(np.hypot(*(body.keypoints_px - wanted_px[frame.stamp.seq])[:, :2].T).mean())
        gaps_m.append(np.linalg.norm(body.world_m - wanted_m[frame.stamp.seq], axis=1).mean())
    assert np.mean(gaps_px) < 12
    assert np.mean(gaps_m) < 0.12
    assert body.keypoints_px[BODY_INDEX["left_shoulder"], 0] > body.keypoints_px[BODY_INDEX["right_shoulder"], 0]
