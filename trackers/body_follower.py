"""Following one person's body: look where it was, else ask the detector, and again when it may be another's.

Owns the region carried from frame to frame. Who is followed is the guard's word (`person`). Knows nothing of other parts, nor
of presence.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from trackers import body as body_part
from trackers.body import BodyEstimate
from trackers.detector import Detection, Detector
from trackers.filters import OneEuroParameters, PointFilter
from trackers.geometry import Region, whole_picture
from trackers.person import MOST_PEOPLE, Guard, Policy, joined
from trackers.types import BodyTracking, ImageArray

MIN_SCORE: Final = 0.5
_WIDE: Final = 1.2
_CALM: Final = OneEuroParameters(min_cutoff_hz=0.01, beta=10.0)
"""How the crop follows the circle round the body, in its own sides; the figures are those of MediaPipe's pose graph.

Circles are guesses, the more so where the hips are out of the picture, and a crop that trembles makes the model's depth
tremble: shoulders then turn by degrees from frame to frame.
"""


class PoseModel(Protocol):
    """What sees a body in a region, and says by its circle where to look next."""

    def run(self, image: ImageArray, region: Region) -> BodyEstimate:
        """Find the person in the region; whether one is there is in the score."""
        ...


def _round_body(person: Detection, image: ImageArray) -> Region:
    """Return the region of a detected person as our own body model wants it."""
    return body_part.region_round(*person.keypoints_px[:2])


class BodyFollower:
    """Follows one person."""

    def __init__(
        self,
        models: Mapping[str, PoseModel],
        detector: Detector,
        *,
        policy: Policy = "largest",
        region_of: Callable[[Detection, ImageArray], Region] = _round_body,
    ) -> None:
        self._models = models
        self._detector = detector
        self._region_of = region_of
        self._guard = Guard(policy)
        self._region: Region | None = None
        self._circle = PointFilter(_CALM)
        self.detection_score = 0.0
        """How sure the detector was of the person now followed."""

    def reset(self) -> None:
        """Forget everything: the next frame is from another scene."""
        self._region = None
        self._guard.reset()

    def lose(self) -> None:
        """Follow nobody, but know the person again who was followed for a while."""
        self._region = None
        self._guard.lose()

    @property
    def is_waiting(self) -> bool:
        """Others are in the picture, but not the person who is followed: what is seen now is not theirs."""
        return self._region is None and self._guard.is_waiting

    def look(self, image: ImageArray, *, model: str, time_ns: int) -> BodyTracking | None:
        """Return the person's body, or None. The detector runs when there is nobody to follow, or doubt about who it is."""
        is_cut = self._guard.is_cut(image)
        if self._region is None:
            self._circle.reset()
        region, self._region = self._region or self.detect(image, is_cut=is_cut), None
        if region is None:
            return None
        estimate = self._models[model].run(image, region)
        if estimate.tracking.score < MIN_SCORE or self._guard.is_stranger(estimate.tracking, image):
            return None
        if self._guard.is_doubtful(estimate.tracking, image, is_cut=is_cut):
            checked = self._checked(image, estimate, model=model, is_cut=is_cut)
            if checked is None:
                return None
            estimate = checked
        self._region = self._region_after(estimate, time_ns)
        return estimate.tracking

    def _region_after(self, estimate: BodyEstimate, time_ns: int) -> Region:
        """Return where to look in the next frame."""
        side_px = body_part.region_round(*estimate.circle_px).size_px
        circle_px = self._circle(estimate.circle_px.astype(np.float64), time_ns=time_ns, unit=max(1.0, side_px))
        return body_part.region_round(*circle_px.astype(np.float32))

    def _checked(self, image: ImageArray, estimate: BodyEstimate, *, model: str, is_cut: bool) -> BodyEstimate | None:
        """Let the detector say whether a body that leapt or changed its looks is the one we follow; else return that one."""
        person = self._person(image, is_cut=is_cut)
        if person is None:
            return None
        if not self._guard.is_at(person, estimate.tracking, image):
            self._circle.reset()
            estimate = self._models[model].run(image, self._region_of(person, image))
        if estimate.tracking.score < MIN_SCORE:
            return None
        self._guard.accept(estimate.tracking, image)
        return estimate

    def detect(self, image: ImageArray, *, is_cut: bool = False) -> Region | None:
        """Return the region of the person to follow, as the detector sees them."""
        person = self._person(image, is_cut=is_cut)
        return None if person is None else self._region_of(person, image)

    def _person(self, image: ImageArray, *, is_cut: bool = False) -> Detection | None:
        people = self._detector.find(image, whole_picture(image.shape[1], image.shape[0]), most=MOST_PEOPLE)
        is_worth_it = bool(people) or (self._guard.knows_somebody and not is_cut)  # in coloured light it overlooks people
        if is_worth_it and not self._guard.knows_one_of(people, image):
            people = with_sides(people, self._detector, image)
        person = self._guard.pick(people, image, is_cut=is_cut)
        self.detection_score = 0.0 if person is None else person.score
        return person


def with_sides(people: Sequence[Detection], detector: Detector, image: ImageArray) -> list[Detection]:
    """Return the people found, and whom the detector sees besides when it looks at the two ends of a wide picture."""
    return joined(people, [person for side in sides(image) for person in detector.find(image, side, most=MOST_PEOPLE)])


def sides(image: ImageArray) -> list[Region]:
    """Return the squares at the two ends of a wide picture: in all of it the detector overlooks the smaller of two people."""
    height, width = image.shape[:2]
    if width < _WIDE * height:
        return []
    return [Region(x, height / 2, float(height)) for x in (height / 2, width - height / 2)]
