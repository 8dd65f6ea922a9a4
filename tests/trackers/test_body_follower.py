"""Where the body is looked for next: the crop holds still while the person does, goes along with them, and begins anew."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from trackers.body import BodyEstimate, BodyModel, region_round
from trackers.body_follower import BodyFollower
from trackers.detector import Detection, Detector
from trackers.geometry import Region
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, ImageArray

PICTURE = np.zeros((480, 640, 3), dtype=np.uint8)
RADIUS = 200.0
FRAME_NS = 33_333_333


class World:
    """One person with the hips at (x, 300), where the model thinks the circle round them is, and where it was shown them."""

    def __init__(self) -> None:
        self.x = 320.0
        self.tremble = np.zeros((2, 2), dtype=np.float32)
        self.score = 1.0
        self.looked: list[Region] = []
        self.searches = 0

    @property
    def circle(self) -> np.ndarray:
        return np.array([[self.x, 300.0], [self.x, 300.0 - RADIUS]], dtype=np.float32)

    def run(self, image: ImageArray, region: Region) -> BodyEstimate:
        """The pose model."""
        self.looked.append(region)
        points = np.zeros((33, 3), dtype=np.float32)
        for name, (x, y) in {"shoulder": (80, 160), "hip": (50, 300)}.items():
            points[BODY_INDEX[f"left_{name}"], :2] = self.x + x, y
            points[BODY_INDEX[f"right_{name}"], :2] = self.x - x, y
        ones = np.ones(33, dtype=np.float32)
        tracking = BodyTracking(points, np.zeros((33, 3), dtype=np.float32), ones, ones, self.score)
        return BodyEstimate(tracking, self.circle + self.tremble)

    def find(self, image: ImageArray, region: Region, *, most: int = 1) -> Sequence[Detection]:
        """The person detector."""
        self.searches += region.size_px > 480  # not those at the two ends of the picture
        shoulders = np.array([[self.x, 160.0], [self.x, 60.0]], dtype=np.float32)
        box = np.array([self.x - 100, 60, self.x + 100, 300], dtype=np.float32)
        return [Detection(box, np.concatenate([self.circle, shoulders]), 0.9)]


class Followed:
    """A follower in that world, asked 30 times a second."""

    def __init__(self) -> None:
        self.world = World()
        self.seq = 0
        models = {"full": cast(BodyModel, self.world)}
        self.follower = BodyFollower(models, cast(Detector, self.world))

    def look(self, *, frames: int = 1) -> BodyTracking | None:
        body = None
        for _ in range(frames):
            body = self.follower.look(PICTURE, model="full", time_ns=self.seq * FRAME_NS)
            self.seq += 1
        return body


@pytest.fixture
def here() -> Followed:
    return Followed()


def test_a_crop_holds_still_while_its_circle_trembles(here: Followed) -> None:
    """From frame to frame it moves, grows and turns by less than a quarter of what the guesses do."""
    noise = np.random.default_rng(3).normal(0, 0.03 * RADIUS, (120, 2, 2)).astype(np.float32)
    for tremble in noise:
        here.world.tremble = tremble
        here.look()
    asked = [region_round(*(here.world.circle + tremble)) for tremble in noise]
    for name in ("x_px", "y_px", "size_px", "angle_rad"):
        steps, guessed = (np.diff([getattr(region, name) for region in regions[30:]]) for regions in (here.world.looked, asked))
        assert np.std(steps) < 0.25 * np.std(guessed)


def test_a_crop_goes_along_with_who_moves(here: Followed) -> None:
    """At one and a half radii a second the crop is never behind by more than a fourteenth of the radius, and a frame's way."""
    here.look(frames=10)
    step = 1.5 * RADIUS / 30
    for _ in range(15):
        here.world.x += step
        here.look()
        assert here.world.x - here.world.looked[-1].x_px < RADIUS / 14 + step + 1
    assert here.world.searches == 1  # nobody was lost
    assert here.world.looked[-1].x_px > 320 + 14 * step - RADIUS / 14 - 1


def test_a_crop_begins_where_someone_is_found_again(here: Followed) -> None:
    """Nothing of where they were last is left in it."""
    here.look(frames=30)
    here.world.score = 0.0
    assert here.look() is None
    here.world.score, here.world.x = 1.0, 380.0
    here.look(frames=2)
    assert here.world.searches == 2
    assert [region.x_px for region in here.world.looked[-2:]] == [380.0, 380.0]


def test_a_crop_begins_where_the_detector_puts_a_body_that_leapt(here: Followed) -> None:
    """The one who is followed may be where the detector says, not where the model was looking."""
    here.look(frames=30)
    estimate = here.world.run

    def leaping(image: ImageArray, region: Region) -> BodyEstimate:
        """As long as it looks there, the model sees a body where nobody is."""
        found = estimate(image, region)
        if abs(region.x_px - here.world.x) > 60:
            found.tracking.keypoints_px[:, 0] -= 280
        return found

    here.world.run = leaping  # type: ignore[method-assign]
    here.world.x = 420.0
    assert here.look() is not None
    here.look()
    assert here.world.searches == 2
    assert [region.x_px for region in here.world.looked[-2:]] == [420.0, 420.0]
