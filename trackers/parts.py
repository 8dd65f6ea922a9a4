"""The parts of our engine: each one's models, opened for the threads there are, and what follows it.

Owns which models are opened how often: for each size that may be asked for, and once more for looks in a second thread. Knows
nothing of when they run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trackers import quantization
from trackers.beside import Threads
from trackers.body import BodyModel
from trackers.body_follower import BodyFollower
from trackers.contract import TrackerSettings
from trackers.detector import FACE, PALM, PERSON, Detector, DetectorSpec
from trackers.effort import Costs, Effort
from trackers.face import FaceModel
from trackers.face_follower import FaceFollower
from trackers.hands import HandModel
from trackers.hands_follower import HandModels, HandsFollower
from trackers.interpreter import open_session


@dataclass(frozen=True, slots=True)
class Parts:
    """The open models with what they follow."""

    body: BodyFollower
    face: FaceFollower | None
    hands: HandsFollower | None
    threads: Threads
    """Shared by all parts: some looks go on beside each other."""
    costs: Costs | None
    """What the models take on this computer; not measured without a budget."""


def open_parts(settings: TrackerSettings, efforts: Sequence[Effort]) -> Parts:
    """Open the models for these efforts.

    Raises:
        AssetError: a model's file is missing or damaged.
    """
    threads = Threads(settings.threads)
    bodies = {size: BodyModel.open(size, threads=threads) for size in {effort.body_model for effort in efforts}}
    # faces are mostly looked at early, and detectors run seldom: in the caller's thread they have all
    face, hands = _open_face(settings, threads.most), _open_hands(settings, efforts, threads)
    second_face, second_hands = None, None
    if threads.allow_two:
        second_face, second_hands = _open_face(settings, threads.share), _open_hands(settings, efforts, threads.share)
    costs = (
        None
        if settings.budget_share is None
        else Costs(
            body_ms={size: model.time_ms() for size, model in bodies.items()},
            hand_ms={size: model.time_ms() for size, model in hands.landmarks.items()} if hands else {},
            face_ms=face.time_ms() if face else 0.0,
        )
    )
    return Parts(
        body=BodyFollower(bodies, _open_detector(PERSON, threads.most), policy=settings.person),
        face=FaceFollower(face, _open_detector(FACE, threads.most), second=second_face) if face else None,
        hands=HandsFollower(hands, second=second_hands) if hands else None,
        threads=threads,
        costs=costs,
    )


def _open_face(settings: TrackerSettings, threads: int) -> FaceModel | None:
    int8 = quantization.is_chosen(settings.precision)
    return FaceModel.open(threads=threads, int8=int8) if settings.face else None


def _open_hands(settings: TrackerSettings, efforts: Sequence[Effort], threads: int | Threads) -> HandModels | None:
    if not settings.hands:
        return None
    int8 = quantization.is_chosen(settings.precision)
    sizes = {effort.hand_model for effort in efforts}
    models = {size: HandModel.open(size, threads=threads, int8=int8 and size != "lite") for size in sizes}
    return HandModels(models, _open_detector(PALM, threads if isinstance(threads, int) else threads.most))


def _open_detector(spec: DetectorSpec, threads: int) -> Detector:
    return Detector(spec, open_session(spec.asset, member=spec.member, threads=threads))
