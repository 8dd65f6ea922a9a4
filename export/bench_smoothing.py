"""Measures smoothing on clips: ours, no filter, and MediaPipe's own filtered output, as the avatar shows them at 60 Hz.

Owns how a clip is played into each of the three and what is compared: joints of one avatar by forward kinematics, in
millimetres of a figure 1.6 m tall, the head in degrees, the expression in hundredths. Knows nothing of the figures' arithmetic
(`steadiness`) nor of drawing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from avatar.mascot import build_mascot
from avatar.motion import Motion
from avatar.retarget import Retargeter
from avatar.rig import BONE_INDEX, BONE_NAMES, Rig, forward_kinematics, joint_positions
from avatar.types import BONE_COUNT, RigPose
from export.blinks import compare_blinks
from export.clips import find_clips, frames_of, is_picture, read_clip
from export.smoothing_pixels import PixelTake, compare_pixels, pixel_take
from export.steadiness import RATE_HZ, Figures, figures
from trackers import quaternions as quat
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import SourceError
from trackers.quaternions import Array
from trackers.skeleton import BLINK
from trackers.steady import Steady
from trackers.types import Frame, Stamp, Tracking

Progress = Callable[[int, int], None]

ARRIVAL_S: Final = 0.045
"""How late a pose reaches the output: exposure, transfer, tracking and a thread's turn."""
WAYS: Final = ("ours", "none", "mediapipe")

_STILL_FRAMES, _NOISE = 60, 5.0
_LEAST_NS: Final = 750_000_000  # of the last frame: of a second's clip at 5 Hz it is 0.8
_FOUND_S = 0.4  # by then a part found again is shown as it is

_TIPS: Final = [f"{side}{f}Distal" for side in ("left", "right") for f in ("Thumb", "Index", "Middle", "Ring", "Little")]
_TORSO: Final = ["upperChest", "neck", "leftUpperArm", "rightUpperArm"]
_HANDS: Final = ["leftHand", "rightHand"]
# group: (unit, slow, quick) in units per second: below `slow` it rests, above `quick` it moves
GROUPS: Final = {
    "head": ("deg", 15.0, 25.0),
    "torso": ("mm", 40.0, 60.0),
    "wrists": ("mm", 120.0, 250.0),
    "fingers": ("mm", 80.0, 150.0),
    "expression": ("%", 15.0, 60.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What an avatar did over a clip, on the 60 Hz grid: per group (T, K, D), NaN where it was not tracked."""

    groups: dict[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Takes:
    """One clip as all three ways show it, and as it was measured."""

    name: str
    measured: Shown
    shown: dict[str, Shown]
    at_once: dict[str, Shown]
    """The same if poses arrived at once; of the reference its values at the frames' own times, straight between them."""
    delay_s: float
    """The steady delay of our output clock at the end of the clip."""
    moves: bool = True
    """Somebody moves in it; False for a still picture, which says nothing of lag."""


def track(clip: Path, settings: TrackerSettings) -> list[Tracking]:
    """Return the trackings of a whole clip; of a picture, of somebody who keeps quite still before a camera that is noisy."""
    frames = _noisy(read_clip(clip)[0]) if is_picture(clip) else frames_of(clip)
    with open_tracker(settings) as tracker:
        return [tracker.track(frame) for frame in frames]


def _check_length(clip: Path) -> None:
    """Raise SourceError, before minutes are spent on measuring, if a clip is shorter than the least that shows rest."""
    with closing(frames_of(clip)) as frames:
        if not is_picture(clip) and all(frame.stamp.captured_ns < _LEAST_NS for frame in frames):
            raise SourceError(f"{clip} is too short to measure; name a clip of at least a second")


def _noisy(picture: Frame) -> Iterator[Frame]:
    """Yield two seconds of a still picture with a webcam's noise, the same on every run."""
    noise = np.random.default_rng(7)
    for number in range(_STILL_FRAMES):
        image = picture.image + noise.normal(0, _NOISE, picture.image.shape)
        stamp = Stamp(seq=number, captured_ns=number * 33_333_333)
        yield Frame(np.ascontiguousarray(np.clip(image, 0, 255).astype(np.uint8)), stamp)


def poses_of(trackings: list[Tracking], rig: Rig, *, steady: bool) -> list[RigPose]:
    """Return the retargeted poses; `steady` puts our guard against outliers before it, as the live program does."""
    retargeter, guard = Retargeter(rig), Steady()
    return [retargeter.retarget(guard(tracking) if steady else tracking) for tracking in trackings]


def beats(poses: list[RigPose]) -> Array:
    """Return the output times (T,) in seconds, from the first measurement to the last."""
    first, last = (poses[k].stamp.captured_ns * 1e-9 for k in (0, -1))
    return first + np.arange(int((last - first) * RATE_HZ) + 1) / RATE_HZ


def played(poses: list[RigPose], times_s: Array, *, arrival_s: float = ARRIVAL_S) -> tuple[list[RigPose], float]:
    """Return what `Motion` shows at each time when poses arrive late, and its steady delay."""
    motion, out, pushed = Motion(), [], 0
    for time_s in times_s:
        while pushed < len(poses) and poses[pushed].stamp.captured_ns * 1e-9 + arrival_s <= time_s + 1e-9:
            motion.push(poses[pushed])
            pushed += 1
        out.append(motion.sample(round(time_s * 1e9)))
    return out, motion.delay_s


def held(poses: list[RigPose], times_s: Array, *, arrival_s: float = ARRIVAL_S) -> list[RigPose]:
    """Return the newest pose that has arrived at each time."""
    stamps = np.array([pose.stamp.captured_ns * 1e-9 for pose in poses]) + arrival_s
    return [poses[max(int(np.searchsorted(stamps, time_s + 1e-9, side="right")) - 1, 0)] for time_s in times_s]


def signals(poses: list[RigPose], rig: Rig) -> Shown:
    """Return each group's signal of N poses, (N, K, D)."""
    humanoid = Rig(rig.names[:BONE_COUNT], rig.parents[:BONE_COUNT], rig.rest_m[:BONE_COUNT])
    joints, heads = np.empty((len(poses), BONE_COUNT, 3)), np.empty((len(poses), 3, 3))
    for row, pose in enumerate(poses):
        skinning = forward_kinematics(humanoid, pose.rotations, pose.root_m)
        joints[row] = joint_positions(humanoid, skinning) * 1e3
        heads[row] = skinning[BONE_INDEX["head"], :, :3]
    seen = np.array([pose.confidence for pose in poses]) >= 0.5
    face = np.array([pose.face_confidence for pose in poses]) >= 0.5

    def where(bones: list[str], values: Array) -> Array:
        return np.where(seen[:, [BONE_INDEX[bone] for bone in bones], None], values, np.nan)

    places = {name: joints[:, index] for index, name in enumerate(BONE_NAMES)}
    wrist_of = [bone[: 4 if bone.startswith("left") else 5] + "Hand" for bone in _TIPS]
    tips = np.stack([places[tip] - places[wrist] for tip, wrist in zip(_TIPS, wrist_of, strict=True)], axis=1)
    expression = np.array([pose.expression for pose in poses], dtype=np.float64)[:, :, None] * 100
    return Shown(
        {
            "head": where(["head"], np.degrees(_turns(heads))[:, None, :]),
            "torso": where(["hips"] * 4, np.stack([places[bone] for bone in _TORSO], axis=1)),
            "wrists": where(["leftLowerArm", "rightLowerArm"], np.stack([places[bone] for bone in _HANDS], axis=1)),
            "fingers": where(_TIPS, tips),
            "expression": np.where(face[:, None, None], expression, np.nan),
        }
    )


def _turns(matrices: Array) -> Array:
    """Return rotation vectors (N, 3) of (N, 3, 3) matrices against a facing head; within what a head turns."""
    out = np.empty((len(matrices), 3))
    for row, m in enumerate(matrices):
        w = 0.5 * np.sqrt(max(1.0 + np.trace(m), 1e-9))
        q = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 4 * w * w]) / (4 * w)
        out[row] = quat.log(quat.normalised(q))
    return out


def resampled(shown: Shown, stamps_s: Array, times_s: Array) -> Shown:
    """Return the signals of frames at `stamps_s` (N,) on the output times (T,), straight between two frames."""
    at = np.interp(times_s, stamps_s, np.arange(len(stamps_s), dtype=np.float64))
    low = np.minimum(at.astype(int), len(stamps_s) - 2)
    share = (at - low)[:, None, None]
    return Shown({name: values[low] * (1 - share) + values[low + 1] * share for name, values in shown.groups.items()})


def settled(values: Array) -> Array:
    """Return the signal (T, K, D) with NaN until it was known for a while: finding a part again is not what is measured."""
    unknown = np.asarray(~np.isfinite(values).all(axis=2))
    reach = round(_FOUND_S * RATE_HZ)
    padded = np.pad(unknown, ((reach, 0), (0, 0)))
    lately = np.any([padded[k : k + len(unknown)] for k in range(reach + 1)], axis=0)
    return np.where(lately[:, :, None], np.nan, values)


def take(name: str, trackings: dict[str, list[Tracking]], rig: Rig, *, moves: bool = True) -> Takes:
    """Return one clip as all ways show it.

    Args:
        trackings: of the clip, by `measured` (every part in every frame), `ours` (as the avatar gets them) and `mediapipe`.
        moves: False for a still picture.
    """
    raw = poses_of(trackings["measured"], rig, steady=False)
    theirs = poses_of(trackings["mediapipe"], rig, steady=False)
    times_s = beats(raw)
    guarded = poses_of(trackings["ours"], rig, steady=True)
    ours, delay_s = played(guarded, times_s)
    at_once, _ = played(guarded, times_s, arrival_s=0.0)
    stamps_s = np.array([pose.stamp.captured_ns * 1e-9 for pose in raw])
    return Takes(
        name=name,
        measured=resampled(signals(raw, rig), stamps_s, times_s),
        shown={
            "ours": signals(ours, rig),
            "none": signals(held(raw, times_s), rig),
            "mediapipe": signals(held(theirs, times_s), rig),
        },
        at_once={"ours": signals(at_once, rig), "mediapipe": resampled(signals(theirs, rig), stamps_s, times_s)},
        delay_s=delay_s,
        moves=moves,
    )


def tracked(clip: Path, *, tracking: str) -> dict[str, list[Tracking]]:
    """Return a clip's trackings as `take` wants them, ours in the mode `tracking`."""
    measured = track(clip, TrackerSettings(mode="accurate"))
    settings = TrackerSettings(mode=tracking)  # type: ignore[arg-type]  # checked where the words come from
    ours = measured if tracking == "accurate" else track(clip, settings)
    return {"measured": measured, "ours": ours, "mediapipe": track(clip, TrackerSettings(engine="mediapipe"))}


def bench_smoothing(
    sources: Sequence[Path], *, tracking: str = "accurate", on_progress: Progress
) -> tuple[dict[str, Any], list[Takes]]:
    """Return the figures of all clips together, ready for JSON, and what they were made of.

    Args:
        tracking: our mode; what is measured, against which all are judged, comes from looks at every part in every frame.

    Raises:
        UserError: a source is not there, a clip is too short, or the reference engine is not installed.
    """
    clips, rig, takes = find_clips(sources), build_mascot().rig, []
    for clip in clips:
        _check_length(clip)
    pixels: list[PixelTake] = []
    for number, clip in enumerate(clips):
        trackings = tracked(clip, tracking=tracking)
        moves = not is_picture(clip)
        takes.append(take(clip.name, trackings, rig, moves=moves))
        pixels.append(pixel_take(trackings["measured"], trackings["mediapipe"], moves=moves))
        on_progress(number + 1, len(clips))
    return {
        "clips": [one.name for one in takes],
        "tracking": tracking,
        "arrival_ms": 1e3 * ARRIVAL_S,
        "delay_ms": round(1e3 * float(np.mean([one.delay_s for one in takes])), 1) if takes else None,
        "units": {group: row[0] for group, row in GROUPS.items()},
        "groups": compare(takes),
        "blinks": compare_blinks([_lids(one) for one in takes if one.moves]),
        "keypoints": compare_pixels(pixels),
    }, takes


def compare(takes: list[Takes]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return figures[group][way] over the clips; all ways are judged at the same moments."""
    return {group: _group_figures(takes, group) for group in GROUPS}


def _group_figures(takes: list[Takes], group: str) -> dict[str, dict[str, float | None]]:
    _, slow, quick = GROUPS[group]
    truths = []
    for one in takes:
        truth = settled(one.measured.groups[group])
        known = np.all([np.isfinite(settled(one.shown[way].groups[group])).all(axis=2) for way in WAYS], axis=0)
        truths.append(np.where(known[:, :, None], truth, np.nan))
    moving = [number for number, one in enumerate(takes) if one.moves]
    out = {}
    for way in WAYS:
        pairs = [(one.shown[way].groups[group], truth) for one, truth in zip(takes, truths, strict=True)]
        shown = figures(pairs, slow=slow, quick=quick)
        late = _movement([pairs[number] for number in moving], group)
        at_once = None
        if way != "none":
            at_once = _movement([(takes[n].at_once[way].groups[group], truths[n]) for n in moving], group).lag_ms
        elif late.lag_ms is not None:
            at_once = 0.0
        out[way] = _rounded(replace(shown, lag_ms=late.lag_ms, moving_s=late.moving_s), at_once)
    return out


def _lids(one: Takes) -> tuple[Array, dict[str, Array]]:
    """Return how far both lids are shut in a clip, in hundredths: as measured, and as each way shows them."""
    measured, *shown = (
        signal.groups["expression"][:, BLINK, 0].mean(axis=1) for signal in (one.measured, *(one.shown[way] for way in WAYS))
    )
    return measured, dict(zip(WAYS, shown, strict=True))


def _movement(pairs: list[tuple[Array, Array]], group: str) -> Figures:
    """Return the figures of the clips in which somebody moves: in a picture a wrist that jumps would count as movement."""
    _, slow, quick = GROUPS[group]
    return figures(pairs, slow=slow, quick=quick) if pairs else Figures(None, None, None, None, 0.0, 0.0)


def _rounded(shown: Figures, filter_lag_ms: float | None) -> dict[str, float | None]:
    values = {
        "jitter": shown.jitter,
        "lag_ms": filter_lag_ms,
        "shown_lag_ms": shown.lag_ms,
        "error": shown.error,
        "error_p95": shown.error_p95,
        "still_s": shown.still_s,
        "moving_s": shown.moving_s,
    }
    return {key: None if value is None else round(value, 3) for key, value in values.items()}
