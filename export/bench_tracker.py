"""Measures trackers on clips: every engine sees every frame in the same run, so that ratios mean something on a busy machine.

Owns what is timed and how, and the report of it. The engines take turns on each frame in one process, and take turns in going
first. Knows nothing of the live pipeline; `live --report` measures that.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import cv2

from export import agreement
from export.clips import find_clips, frame_count, frames_of, is_picture, is_video
from export.percentiles import percentiles
from export.reference_filter import as_the_reference_shows
from export.truth import Truth, errors, truth_beside
from trackers.engine import Tracker, TrackerSettings, open_tracker
from trackers.types import PARTS, Frame, Tracking

WARM_UP_FRAMES: Final = 5
"""Frames at a clip's start that are not timed: models and memory get warm, detectors find what is then followed."""
INTERRUPTED_MS: Final = 1000.0
"""Waiting in a single frame from which on the whole program must have been stopped: such a frame is timed for no engine."""
REFERENCE: Final = "mediapipe"
RIVALS: Final = (REFERENCE, "accurate")
"""What ours can be compared with; `accurate` is ours, every part in every frame."""
MAY_BE_LEFT_OUT: Final = ("hands", "face")
"""Parts that ours can do without, as `TrackerSettings` names them."""

Progress = Callable[[int, int, str], None]
"""Called with the frames done, the frames in all, and the clip's name."""


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What one engine did on one clip."""

    ms: list[float] = field(default_factory=list)
    """Wall time of each timed frame."""
    cpu_ms: list[float] = field(default_factory=list)
    """Time of all cores together, of the same frames."""
    trackings: list[Tracking] = field(default_factory=list)
    """One for each frame, also of those not timed."""


@dataclass(frozen=True, slots=True)
class ClipRun:
    """What all engines did on one clip."""

    path: Path
    name: str
    """The file's name, or its path where two clips have one name."""
    engines: dict[str, EngineRun]
    truth: Truth | None = None
    """What is published of the clip."""


def engine_settings(
    *, tracking: str, against: str | None, precision: str = "auto", without: Collection[str] = ()
) -> dict[str, TrackerSettings]:
    """Return by name ours in the mode `tracking`, with weights of that precision, then its rival, which always has its full
    models and looks at every part in every frame.
    """
    ours = TrackerSettings(mode=tracking, precision=precision)  # type: ignore[arg-type]  # checked where the words come from
    rivals = {
        REFERENCE: TrackerSettings(engine=REFERENCE, mode="accurate"),
        "accurate": replace(ours, mode="accurate"),
    }
    part_of_ours = replace(ours, hands="hands" not in without, face="face" not in without)
    return {ours.engine: part_of_ours} | ({against: rivals[against]} if against is not None else {})


def measure(sources: Sequence[Path], *, engines: Mapping[str, TrackerSettings], on_progress: Progress) -> list[ClipRun]:
    """Run every engine on every frame of every clip that `sources` mean; each clip begins with freshly opened engines.

    Of a folder these are its videos, and the pictures of which something is published: others have nothing to be held against.

    Raises:
        SourceError: a source is not there or holds no video.
    """
    clips = find_clips(sources, wanted=_tells_something)
    cv2.setNumThreads(1)  # as in the live program
    names = Counter(clip.name for clip in clips)
    counts = [frame_count(clip) for clip in clips]
    runs: list[ClipRun] = []
    for number, clip in enumerate(clips):
        name, before = clip.name if names[clip.name] == 1 else str(clip), sum(counts[:number])
        run = ClipRun(clip, name, {engine: EngineRun() for engine in engines}, truth_beside(clip))
        for done in _looks(run, engines):
            on_progress(before + done, sum(counts), name)
        counts[number] = done  # a header may tell one more or less
        on_progress(before + done, sum(counts), name)
        runs.append(run)
    return runs


def _tells_something(path: Path) -> bool:
    return is_video(path) or (is_picture(path) and truth_beside(path) is not None)


def _looks(run: ClipRun, engines: Mapping[str, TrackerSettings]) -> Iterator[int]:
    """Run the engines on the clip; yield the number of frames done, from 0 when the engines are open."""
    with ExitStack() as opened:
        trackers: list[tuple[str, Tracker]] = [
            (name, opened.enter_context(open_tracker(settings))) for name, settings in engines.items()
        ]
        yield 0
        for number, frame in enumerate(frames_of(run.path)):
            looks = {name: _look(tracker, frame) for name, tracker in (trackers if number % 2 == 0 else reversed(trackers))}
            note(run, looks, timed=number >= WARM_UP_FRAMES)
            yield number + 1


@dataclass(frozen=True, slots=True)
class Look:
    """One engine's answer to one frame, and what it took."""

    tracking: Tracking
    ms: float
    cpu_ms: float


def _look(tracker: Tracker, frame: Frame) -> Look:
    cpu_ns, started_ns = time.process_time_ns(), time.perf_counter_ns()
    tracking = tracker.track(frame)
    ended_ns, ended_cpu_ns = time.perf_counter_ns(), time.process_time_ns()
    return Look(tracking, (ended_ns - started_ns) / 1e6, (ended_cpu_ns - cpu_ns) / 1e6)


def note(run: ClipRun, looks: Mapping[str, Look], *, timed: bool) -> None:
    """Keep the answers, and the times unless an engine was stopped from outside while it looked."""
    interrupted = any(look.ms - look.cpu_ms > INTERRUPTED_MS for look in looks.values())
    for name, look in looks.items():
        run.engines[name].trackings.append(look.tracking)
        if timed and not interrupted:
            run.engines[name].ms.append(look.ms)
            run.engines[name].cpu_ms.append(look.cpu_ms)


def report(runs: Sequence[ClipRun]) -> dict[str, Any]:
    """Return the figures of all clips together and of each, ready for JSON."""
    truths = {run.name: _truth(run) for run in runs}
    return {
        "clips": [run.name for run in runs],
        **_figures(runs),
        **_compared(runs),
        "truth": {name: truth for name, truth in truths.items() if truth is not None},
        "per_clip": {run.name: _figures([run]) | _compared([run]) for run in runs},
    }


def _figures(runs: Sequence[ClipRun]) -> dict[str, Any]:
    """Return frames, and for each engine its times and what it found."""
    first = [next(iter(run.engines.values())) for run in runs]
    return {
        "frames": sum(len(run.trackings) for run in first),
        "timed_frames": sum(len(run.ms) for run in first),
        "interrupted_frames": sum(max(0, len(run.trackings) - WARM_UP_FRAMES - len(run.ms)) for run in first),
        "engines": {name: _engine_figures([run.engines[name] for run in runs]) for name in runs[0].engines},
    }


def _engine_figures(runs: Sequence[EngineRun]) -> dict[str, Any]:
    trackings = [tracking for run in runs for tracking in run.trackings]
    ms, cpu_ms = [value for run in runs for value in run.ms], [value for run in runs for value in run.cpu_ms]
    return {
        "ms": percentiles(ms) | {"mean": _mean(ms)},
        "cpu_ms": percentiles(cpu_ms) | {"mean": _mean(cpu_ms)},
        "found": {part: _share(getattr(tracking, part) is not None for tracking in trackings) for part in PARTS},
        "predicted": {part: _share(part in tracking.predicted for tracking in trackings) for part in PARTS},
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def _share(flags: Iterable[bool]) -> float:
    counted = list(flags)
    return round(sum(counted) / len(counted), 4)


def _compared(runs: Sequence[ClipRun]) -> dict[str, Any]:
    """Return ratios and agreement of two engines; nothing for one."""
    if len(runs[0].engines) != 2:
        return {}
    our_name, their_name = runs[0].engines
    both = [(run.engines[our_name], run.engines[their_name]) for run in runs]
    pairs = [pair for ours, theirs in both for pair in zip(ours.trackings, theirs.trackings, strict=True)]
    compared = {**ratios(both), "agreement": agreement.agreement(pairs), "sides": agreement.sides(pairs)}
    return compared | (_behind_its_filter(both) if their_name == REFERENCE else {})


def _behind_its_filter(runs: Sequence[tuple[EngineRun, EngineRun]]) -> dict[str, Any]:
    """Return how far apart bodies and faces are when ours, too, go through the filter that the reference has inside."""
    pairs = [
        pair for ours, theirs in runs for pair in zip(as_the_reference_shows(ours.trackings), theirs.trackings, strict=True)
    ]
    found = agreement.agreement(pairs)
    return {"agreement_same_filter": {part: found[part] for part in ("body", "face")}}


def ratios(runs: Sequence[tuple[EngineRun, EngineRun]]) -> dict[str, float | None]:
    """Return theirs over ours: `ratio` of total wall times, `ratio_p50` of median frames, `ratio_cpu` of total CPU times.

    A schedule that rests parts makes uneven frames, so the total is what counts and the median is told beside it.
    """
    wall = [[value for pair in runs for value in pair[side].ms] for side in (0, 1)]
    cpu = [[value for pair in runs for value in pair[side].cpu_ms] for side in (0, 1)]
    middle = [percentiles(values)["p50"] for values in wall]
    return {
        "ratio": _over(sum(wall[1]), sum(wall[0])),
        "ratio_p50": _over(middle[1] or 0.0, middle[0] or 0.0),
        "ratio_cpu": _over(sum(cpu[1]), sum(cpu[0])),
    }


def _over(theirs: float, ours: float) -> float | None:
    return round(theirs / ours, 2) if ours > 0 else None


def _truth(run: ClipRun) -> dict[str, Any] | None:
    truth = run.truth
    if truth is None:
        return None
    engines = {
        name: errors(truth, engine.trackings, smoothed_already=name == REFERENCE) for name, engine in run.engines.items()
    }
    return {"of": truth.kind, "engines": engines}
