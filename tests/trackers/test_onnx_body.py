"""The whole-body network as a body model: its crop comes back from the circle, and what it is not sure of moves nobody."""

from typing import cast

import numpy as np
import pytest

from trackers.body import region_round
from trackers.detector import Detection
from trackers.geometry import Region
from trackers.onnx_body import OnnxBody
from trackers.onnx_model import OnnxModel
from trackers.person import torso_of_body
from trackers.types import ImageArray

SIZE = (192, 256)
PICTURE: ImageArray = np.zeros((480, 640, 3), dtype=np.uint8)
REGION = Region(320, 240, 400)
ARMS = [(120, 80), (72, 80), (130, 120), (62, 120), (130, 150), (62, 150)]
PLACES = np.array([(96, 40)] * 5 + ARMS + [(110, 160), (82, 160)] * 3)


class Network:
    """A network with these places (17, 2) in its crop, and these scores."""

    count, size_px = 17, SIZE

    def __init__(self) -> None:
        self.places = PLACES.copy()
        self.scores = np.full(17, 0.9)

    def run(self, given: np.ndarray) -> list[np.ndarray]:
        tables = [np.zeros((17, side), dtype=np.float32) for side in SIZE]
        for axis, table in enumerate(tables):
            table[np.arange(17), self.places[:, axis]] = self.scores
        return tables


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def body(network: Network) -> OnnxBody:
    return OnnxBody(cast(OnnxModel, network))


def detection(hips: tuple[float, float], rim: tuple[float, float]) -> Detection:
    points = np.array([hips, rim, hips, rim], dtype=np.float32)
    return Detection(np.zeros(4, dtype=np.float32), points, 0.9)


def test_the_next_crop_is_round_the_sure_points(network: Network, body: OnnxBody) -> None:
    """Grown by a quarter, at the network's shape: what lies in the middle of the crop now lies there then."""
    estimate = body.run(PICTURE, REGION)
    found = np.array([estimate.tracking.keypoints_px[0, :2], estimate.tracking.keypoints_px[24, :2]])
    region = region_round(*estimate.circle_px)
    assert estimate.tracking.score == 1
    assert region.y_px == pytest.approx(found[:, 1].mean(), abs=0.01)
    assert region.size_px == pytest.approx(1.25 * np.ptp(found[:, 1]), rel=1e-4)
    assert region.angle_rad == pytest.approx(0, abs=1e-6)
    network.places[:] = PLACES @ [[0, -1], [1, 0]] + (0, 220)  # lying: the head at the left
    assert region_round(*body.run(PICTURE, REGION).circle_px).angle_rad == pytest.approx(-np.pi / 2, abs=0.01)


def test_fewer_than_five_sure_points_are_nobody(network: Network, body: OnnxBody) -> None:
    """Nothing is left of the points either: nobody's hands and face."""
    network.scores[5:] = 0.25
    assert body.run(PICTURE, REGION).tracking.score == 1
    network.scores[4:] = 0.25
    assert body.run(PICTURE, REGION).tracking.score == 0
    assert not body.points.body.any()


def test_hips_that_are_guesses_do_not_move_the_torso(network: Network, body: OnnxBody) -> None:
    """Behind a desk they are anywhere: the torso is as long as shoulders so wide have it. They stay in the points."""
    network.scores[11:13] = 0.2
    first = torso_of_body(body.run(PICTURE, REGION).tracking, PICTURE)
    network.places[11:13] = (96, 250)
    second = torso_of_body(body.run(PICTURE, REGION).tracking, PICTURE)
    assert second.length_px == pytest.approx(first.length_px, rel=1e-4)
    assert body.points.body[23:25, 2] == pytest.approx([0.2, 0.2])


def test_who_was_detected_is_looked_for_in_the_picture_only(body: OnnxBody) -> None:
    """Of the circle round the body what lies in the picture counts; who leans is looked at in all of it, turned."""
    inside = body.region_of(detection((320, 400), (320, 200)), PICTURE)
    assert (inside.x_px, inside.y_px) == (320, (200 + 480) / 2)
    leaning = body.region_of(detection((320, 240), (120, 240)), PICTURE)
    assert (leaning.x_px, leaning.y_px) == (320, 240)
    assert leaning.angle_rad == pytest.approx(-np.pi / 2)
    beside = body.region_of(detection((900, 240), (900, 140)), PICTURE)
    assert beside.size_px > 0
