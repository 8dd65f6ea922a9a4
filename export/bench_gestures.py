"""Measures gesture recognition: precision and recall, delay, false fires in an hour, and what is learnt from three takes.

Owns which data each figure is from, and the report of it. Everything is repeatable: seeds are fixed, nothing depends on how
fast the computer is. Knows nothing of the command line.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from export import gesture_datasets, gesture_films, gesture_lessons, gesture_rows
from export.clips import find_clips
from export.gesture_lessons import Trial
from export.gesture_made import made_motions
from export.gesture_scores import Scores, summed
from trackers.errors import SourceError
from trackers.gestures.catalogue import BUILT_IN, FAMILIES
from trackers.gestures.training import ordinary_of
from trackers.recorded_motions import Motion, read_motion
from trackers.recording import read_pcast

Progress = Callable[[int, int, str], None]
"""Called with the steps done, the steps in all, and what was just done."""

STANDS_S: Final = 6.8  # of the waving motion: arms hang

GESTURE_MOTIONS: Final = ("ad_dab", "ad_wave_hello", "ad_jumping_jacks")
HELD_AT_START: Final = 2
"""So many of these, the first, begin with the gesture being made: they are judged backwards and in the mirror, too."""
NO_GESTURE_CLIPS: Final = ("asl", "body/pose_squats.mp4", "face/head-pose-face-detection-female.gif")
NO_GESTURE_MOTIONS: Final = ("cmu_12_01_walk.bvh",)
SHOWN_CLIPS: Final = ("gestures", "hands/gesture_test_video.mp4", "hands/hand_thumb_up.jpg")
SHOWN: Final = {
    "call": FAMILIES["call"],
    "rock": FAMILIES["horns"],
    "gesture": FAMILIES["thumb_up"],
    "hand": FAMILIES["thumb_up"],
}
"""First word of the file's name -> what the clip shows; `four` and `none` show nothing that is built in."""
ROW_STEPS: Final = ("hands read", "bodies read", "poses judged", "hands learnt", "bodies learnt")
DEMO: Final = Path(__file__).parent.parent / "trackers" / "data" / "demo.pcast"

HOW: Final = {
    "gestures": "Poses of hands and bodies: odd rows of pose-classification-kit 1.1.5, each a look by itself, told at `enter`. "
    "t_pose, arms_up, dab and wave also on BVH motions seen by 8 made-up webcams at 30 Hz, by events with the default holds; "
    "dab and wave mirrored, too.",
    "made motions": "Motion gestures: 4 made variants of each (curves of the wrist or the head, export/gesture_made.py) in the "
    "same views; they show that a detector keeps to its definition, not how people move.",
    "latency_ms": "On the BVH and made motions with hold 0: from the first full frame, by the joints' angles, to the stamp of "
    "the start; below 0 where it is told while the gesture is still being completed.",
    "false_fires_per_hour": "Starts with the default specs in clips of signing, squats, a turning head and walking, tracked "
    "by our own tracker (walking: BVH in 8 views); nobody makes a gesture on purpose, but signs are hand shapes.",
    "trained_f1": "Mean F1 over classes of the kit, as many rows with as without it: 3 takes of 20 rows of one recording; "
    "hands tested on the other hand's recording, bodies on other rows.",
    "shown": "Stills shown for half a second and clips of a thumb, by our own tracker: in how many the right gesture was told.",
}


def bench_gestures(*, data: Path, sources: Sequence[Path] = (), on_progress: Progress) -> dict[str, Any]:
    """Return all figures, ready for JSON.

    Args:
        data: folder of the shared clips and motions.
        sources: further clips in which nobody makes a gesture; they count among the false fires.

    Raises:
        SourceError: a clip is missing.
        AssetError: a model or the labelled rows could not be had.
    """
    if not (data / "motion").is_dir():
        raise SourceError(f"{data} holds no test data (no folder `motion` in it); name the folder with --data")
    steps = _Steps(on_progress, total=_count_steps(data, sources))
    rows, learnt = _on_rows(steps)
    films = _on_motions(data, steps)
    scores = summed([rows, films])
    return {
        "gestures": {spec.name: scores[spec.name].figures for spec in BUILT_IN if spec.name in scores},
        "unmeasured": [spec.name for spec in BUILT_IN if spec.name not in scores or not scores[spec.name].made],
        "on_rows": {name: score.figures for name, score in rows.items()},
        "on_motions": {name: score.figures for name, score in films.items()},
        **_on_clips(data, sources, steps),
        "trained_f1": gesture_lessons.figures([trial for trials in learnt.values() for trial in trials])["mean"],
        "trained": {name: gesture_lessons.figures(trials) for name, trials in learnt.items()},
        "how": HOW,
    }


def _on_rows(steps: "_Steps") -> tuple[Scores, dict[str, list[Trial]]]:
    """Return the counts of built-in poses on odd rows, and what came of learning from takes."""
    each = iter(ROW_STEPS)
    hands = list(gesture_datasets.read_hands(gesture_datasets.ensure_file(gesture_datasets.HANDS)))
    steps.done(next(each))
    bodies = list(gesture_datasets.read_bodies(gesture_datasets.ensure_file(gesture_datasets.BODIES)))
    steps.done(next(each))
    rows = summed([
        gesture_rows.score_hands(row for row in hands if row.index % 2),
        gesture_rows.score_bodies(row for row in bodies if row.index % 2),
    ])  # fmt: skip
    steps.done(next(each))
    ordinary = ordinary_of([list(read_pcast(DEMO))])
    learnt = {"hands": gesture_lessons.try_hands(hands, ordinary=ordinary)}
    steps.done(next(each))
    learnt["bodies"] = gesture_lessons.try_bodies(bodies, ordinary=ordinary)
    steps.done(next(each))
    return rows, learnt


def _on_motions(data: Path, steps: "_Steps") -> Scores:
    motions = recorded_motions(data)
    held = [gesture_films.backwards(motion) for motion in motions[:HELD_AT_START]]
    other_side = [gesture_films.mirrored(motion) for motion in motions[:HELD_AT_START]]
    return summed([
        gesture_films.score_made(made_motions(motions[1].at(STANDS_S)), on_step=steps.done),
        gesture_films.score_motions(motions, on_step=steps.done),
        gesture_films.score_motions(held, names=gesture_films.POSES, views=gesture_films.VIEWS[::2], on_step=steps.done),
        gesture_films.score_motions(other_side, names=gesture_films.SIDED, on_step=steps.done),
    ])  # fmt: skip


def _on_clips(data: Path, sources: Sequence[Path], steps: "_Steps") -> dict[str, Any]:
    quiet = gesture_films.watch_clips([*(data / name for name in NO_GESTURE_CLIPS), *sources], on_step=steps.done)
    for name in NO_GESTURE_MOTIONS:
        quiet += gesture_films.watch_motion(read_motion(data / "motion" / name))
        steps.done(name)
    shown = gesture_films.watch_clips(_shown(data), on_step=steps.done)
    return {
        "false_fires_per_hour": gesture_films.false_fires(quiet),
        "shown": gesture_films.score_films(shown, SHOWN),
        "shown_clips": [film.figures for film in shown],
    }


def recorded_motions(data: Path) -> list[Motion]:
    """Return the recorded motions in which gestures are made, those held at their starts first."""
    return [read_motion(data / "motion" / f"{name}.bvh") for name in GESTURE_MOTIONS]


def _shown(data: Path) -> list[Path]:
    out: list[Path] = []
    for name in SHOWN_CLIPS:
        path = data / name
        out += sorted(path.glob("*.jpg")) if path.is_dir() else [path]
    return out


def _count_steps(data: Path, sources: Sequence[Path]) -> int:
    made_motions_together = 1
    recorded = len(GESTURE_MOTIONS) + HELD_AT_START + HELD_AT_START  # as they are, backwards, in the mirror
    quiet = len(find_clips([*(data / name for name in NO_GESTURE_CLIPS), *sources])) + len(NO_GESTURE_MOTIONS)
    return len(ROW_STEPS) + made_motions_together + recorded + quiet + len(find_clips(_shown(data)))


class _Steps:
    """Counts steps for the progress."""

    def __init__(self, on_progress: Progress, *, total: int) -> None:
        self._on_progress = on_progress
        self._total = total
        self._done = 0
        on_progress(0, total, "")

    def done(self, what: str) -> None:
        """Tell that one more is done."""
        self._done += 1
        self._on_progress(self._done, self._total, what)
