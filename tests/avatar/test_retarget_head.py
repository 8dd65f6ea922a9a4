"""Tests of `avatar.retarget_head`: known turns from pixels, and the handing over between face and body without a jump."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from synthetic_person import Person, angle_deg

from avatar import rotations as rot
from avatar import turns
from avatar.observation import body_view
from avatar.retarget import Retargeter
from avatar.retarget_head import LEAVE_RAD, HeadFollower, head_from_face, head_from_pixels
from avatar.rig import BONE_INDEX
from avatar.turns import Turn
from trackers import quaternions as quat
from trackers.quaternions import Array
from trackers.types import Frame, Stamp, Tracking

FRAME_NS = 33_333_333
Seen = tuple[Turn, float]


def turn(yaw_deg: float, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Turn:
    return turns.from_yaw_pitch_roll(*(float(angle) for angle in np.radians([yaw_deg, pitch_deg, roll_deg])))


def angles(q: Turn) -> Array:
    return np.degrees(turns.yaw_pitch_roll(q))


@pytest.mark.parametrize("yaw", [-80, -50, -20, 0, 20, 50, 80])
@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (15, 0), (-15, 0), (0, 20), (0, -20)])
def test_known_turns_come_back_from_the_body_s_pixels(yaw: float, pitch: float, roll: float) -> None:
    """Nose, eyes, ears and mouth give yaw, pitch and roll, each with its sign, far beyond where a face is seen."""
    person = Person(camera_height_m=1.45, distance_m=2.0).turn("head", rot.Z, roll).turn("head", rot.X, pitch)
    view = body_view(person.turn("head", rot.Y, yaw).tracking())
    assert view is not None
    got, seen = head_from_pixels(view)
    assert angle_deg(turn(yaw, pitch, roll), got) < 5.0
    assert seen > 0.9


def sweep(rng: np.random.Generator) -> Iterator[tuple[float, Seen | None, Seen]]:
    """Yield (yaw, face, body) of a head that goes from -80 to 80 degrees and back in four seconds.

    The face is lost beyond 65 degrees and its mesh comes to a stop at 57; the body sees nine tenths of the turn, 8 degrees
    aside, with 2 degrees of noise: about what real clips show.
    """
    for i in range(240):
        yaw = 80 * np.sin(2 * np.pi * i / 120)
        mesh = float(np.clip(yaw, -57, 57)) + rng.normal(0, 0.4)
        face = (turn(mesh, rng.normal(0, 0.4)), 1.0) if abs(yaw) < 65 else None
        body = turn(0.9 * yaw + 8 + rng.normal(0, 2.0), 4 + rng.normal(0, 1.5), rng.normal(0, 1.0))
        yield yaw, face, (body, 1.0)


def test_a_sweep_from_side_to_side_is_continuous_and_near() -> None:
    """Through +-80 degrees, with the face gone at the sides: below 6 degrees of error on average, and no jump."""
    follower, errors, got, want = HeadFollower(), [], [], []
    for i, (yaw, face, body) in enumerate(sweep(np.random.default_rng(5))):
        head, seen = follower.update(face, body, time_ns=i * FRAME_NS)
        assert seen > 0.9
        errors.append(angle_deg(turn(yaw), head))
        got.append(angles(head)[0])
        want.append(yaw)
    assert np.mean(errors) < 4.0
    assert np.percentile(errors, 95) < 10.0
    assert max(got) > 72
    assert min(got) < -72
    # The head itself turns by up to 4.2 degrees from frame to frame, and the body's noise adds some at the sides.
    assert np.abs(np.diff(want)).max() < 4.3
    assert np.abs(np.diff(got)).max() < 11.0


def test_a_slow_sweep_without_noise_has_no_seam() -> None:
    """Where one hands over to the other, no step is larger than the head's own and a few tenths."""
    follower, got = HeadFollower(), []
    yaws = 80 * np.sin(np.linspace(0, 2 * np.pi, 600))
    for i, yaw in enumerate(yaws):
        face = (turn(float(yaw)), 1.0) if abs(yaw) < 65 else None
        head, _ = follower.update(face, (turn(0.85 * yaw + 6, 5), 1.0), time_ns=i * FRAME_NS)
        got.append(head)
    steps = [angle_deg(a, b) for a, b in zip(got, got[1:], strict=False)]
    assert max(steps) < 1.6  # the head turns by 0.84
    assert np.mean([angle_deg(turn(float(yaw)), head) for yaw, head in zip(yaws, got, strict=True)]) < 2.0


def test_a_face_lost_at_the_side_leaves_the_head_turned() -> None:
    """The head stays where the body has it, for as long as it takes, and comes back with the face without a jump."""
    follower, got = HeadFollower(), []
    yaws = [*np.linspace(0, 70, 30), *[70.0] * 90, *np.linspace(70, 0, 30)]
    for i, yaw in enumerate(yaws):
        face = (turn(yaw), 1.0) if abs(yaw) < 55 else None
        got.append(angles(follower.update(face, (turn(yaw - 10), 1.0), time_ns=i * FRAME_NS)[0])[0])
    assert min(got[40:115]) > 66
    assert np.abs(np.diff(got)).max() < 4.0
    assert got[-1] == pytest.approx(0, abs=1)


def test_hysteresis_at_the_edge() -> None:
    """A head that trembles about the limit changes hands once, not with every frame."""
    follower, seam = HeadFollower(), []
    limit = float(np.degrees(LEAVE_RAD))
    for i in range(120):
        yaw = limit + (4 if i % 2 else -4) if i > 30 else i * limit / 30
        # Whoever is believed shows in the pitch: the face says 0, the body 20 (learnt as an offset only while near).
        face, body = (turn(yaw, 0), 1.0), (turn(yaw, 0 if i < 40 else 20), 1.0)
        seam.append(angles(follower.update(face, body, time_ns=i * FRAME_NS)[0])[1])
    late = np.array(seam[70:])
    assert np.ptp(late) < 4.0


def test_a_face_without_a_body_is_believed_at_any_angle() -> None:
    """A close-up has no body to hand over to."""
    follower = HeadFollower()
    for i, yaw in enumerate((0, 30, 62, 70)):
        head, seen = follower.update((turn(yaw), 0.9), None, time_ns=i * FRAME_NS)
        assert angle_deg(head, turn(yaw)) < 0.01
        assert seen == 0.9


def test_with_neither_the_last_turn_stays_unbelieved() -> None:
    """Confidence 0, so that the motion filter leads it to rest; no jump to straight on."""
    follower = HeadFollower()
    follower.update((turn(40), 1.0), (turn(30), 1.0), time_ns=0)
    head, seen = follower.update(None, None, time_ns=FRAME_NS)
    assert seen == 0.0
    assert angle_deg(head, turn(40)) < 0.01
    again, seen = follower.update(None, (turn(30), 0.0), time_ns=2 * FRAME_NS)
    assert seen == 0.0


@pytest.mark.parametrize("seconds", [0.2, 1.0])
def test_a_face_that_drops_out_for_a_moment_hardly_shows(seconds: float) -> None:
    """Frontal, with the body 12 degrees off: the offset is known, so the head does not nod aside meanwhile."""
    follower, got = HeadFollower(), []
    lost = range(60, 60 + round(seconds * 30))
    for i in range(120):
        face = None if i in lost else (turn(5), 1.0)
        got.append(follower.update(face, (turn(17, 6, -4), 1.0), time_ns=i * FRAME_NS)[0])
    assert max(angle_deg(turn(5), head) for head in got[30:]) < 0.5


@pytest.fixture(scope="module")
def turning(data_folder: Path) -> list[Tracking]:
    """Return the turning-head clip, tracked."""
    from trackers import assets
    from trackers.engine import TrackerSettings, open_tracker
    from trackers.errors import AssetError

    try:
        assets.ensure(asset.name for asset in assets.required_assets())
    except AssetError as error:
        pytest.skip(str(error))
    capture = cv2.VideoCapture(str(data_folder / "face" / "head-pose-face-detection-female.gif"))
    out = []
    with open_tracker(TrackerSettings(own_process=False, hands=False, mode="accurate")) as tracker:
        while (read := capture.read())[0]:
            image = np.ascontiguousarray(read[1][:, :, ::-1])
            out.append(tracker.track(Frame(image, Stamp(len(out), len(out) * 80_000_000))))
    capture.release()
    return out


def body_and_face(tracking: Tracking) -> tuple[Array, Array]:
    """Return the head's turn (4,) by the body's pixels and by the face."""
    view = body_view(tracking)
    assert view is not None
    assert tracking.face is not None
    return head_from_pixels(view)[0], head_from_face(tracking.face.camera_from_head)


@pytest.mark.needs_data
def test_on_a_real_turning_head_body_and_face_agree(turning: list[Tracking]) -> None:
    """Within +-45 degrees of yaw, less the constant offset that the follower learns: 6 degrees on average, on each axis."""
    pairs = [body_and_face(tracking) for tracking in turning if tracking.face is not None]
    assert len(pairs) == len(turning) == 23
    apart = np.array([angles(body) - angles(face) for body, face in pairs if abs(angles(face)[0]) <= 45])
    assert (np.abs(apart - np.median(apart, axis=0)).mean(axis=0) < 6.0).all()


@pytest.mark.needs_data
def test_on_a_real_turning_head_a_lost_face_is_bridged(turning: list[Tracking]) -> None:
    """Take the face away in the middle of a turn: the avatar's head goes on turning, near to where the face would be."""
    whole, bridged = Retargeter(), Retargeter()
    errors = []
    for i, tracking in enumerate(turning):
        lost = 14 <= i < 20
        a = whole.retarget(tracking)
        b = bridged.retarget(Tracking(tracking.stamp, 480, 270, tracking.body, None, None, None) if lost else tracking)
        neck, head = BONE_INDEX["neck"], BONE_INDEX["head"]
        both = [quat.multiply(*p.rotations[[neck, head]].astype(np.float64)) for p in (a, b)]
        if lost:
            errors.append(angle_deg(*both))
            assert b.confidence[head] > 0.9
    assert np.mean(errors) < 8.0
