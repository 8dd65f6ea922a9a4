"""Holds painters against the truth on chosen frames: the loop of an evaluation.

Owns the order (one truth, all painters, then the next) and the tables. Knows nothing of where painters come from.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from avatar.figure import Figure
from avatar.mesh import Character
from avatar.training import metrics
from avatar.training.evaluation_plan import Pick
from avatar.training.moments import Moment, Painter, moment_of
from avatar.training.perception import Perception
from avatar.training.regions import Parts
from avatar.training.scoring import BACKGROUND, Scores, Truth, averaged, score, spread
from avatar.training.temporal import DRAWS, WARM_UP, JitterTally, MotionTally, noisy, settled, through_motion
from trackers.types import FloatArray, ImageArray

Shoot = Callable[[Moment], ImageArray]
"""Takes the true picture of a moment, (H, W, 4) uint8 straight RGBA: the studio."""
Progress = Callable[[int, int], None]
"""Hears how many of how many frames are done."""

_SPREAD = ("psnr", "lpips", "face_lpips", "figure_psnr")


class Measurer:
    """Compares painters with photographs.

    Args:
        character: any level of the character: its rig and its face tell where the parts are.
        shoot: None leaves out what needs pictures that nobody took: jitter, and pairs whose second frame was not photographed.
        perception: None leaves out all LPIPS.
    """

    def __init__(
        self, painters: Mapping[str, Painter], character: Character, *, shoot: Shoot | None, perception: Perception | None
    ) -> None:
        self._painters, self._shoot, self._perception = painters, shoot, perception
        self._parts, self._figure = Parts(character), Figure(character)
        self._scores: dict[str, list[Scores]] = {name: [] for name in painters}
        self._pairs = {name: MotionTally() for name in painters}
        self._jitter = {name: JitterTally() for name in painters}
        self._picks: list[Pick] = []
        self.pairs = self.poses = 0

    def measure(self, picks: Sequence[Pick], *, on_progress: Progress = lambda done, total: None) -> None:
        """Look at some frames; may be called again for more."""
        for index, pick in enumerate(picks):
            on_progress(index, len(picks))
            if self._perception is not None:
                self._perception.forget()
            moment = moment_of(pick.motion, pick.number)
            truth = Truth.of(pick.motion.picture(pick.number), moment, self._parts)
            painted = {name: painter.paint(moment) for name, painter in self._painters.items()}
            for name, picture in painted.items():
                self._scores[name].append(score(picture, truth, self._perception, deep=pick.deep))
            self._picks.append(pick)
            if pick.paired:
                self._measure_pair(pick, moment, truth, painted)
            if pick.frozen and self._shoot is not None:
                self._measure_jitter(pick, moment, truth)
        on_progress(len(picks), len(picks))

    @property
    def frames(self) -> int:
        """How many were looked at."""
        return len(self._picks)

    def figures(self, name: str) -> dict[str, Any]:
        """Return the figures of one painter: means over frames, then `spread`, `by_framing` and `by_style`."""
        scores = self._scores[name]
        whole: dict[str, Any] = averaged(scores) | self._pairs[name].figures() | self._jitter[name].figures()
        tables = {
            "by_framing": self._table(scores, [str(pick.motion.framing) for pick in self._picks]),
            "by_style": self._table(scores, [pick.motion.style for pick in self._picks]),
        }
        return whole | {"spread": spread(scores, _SPREAD)} | tables

    def _table(self, scores: list[Scores], labels: list[str]) -> dict[str, Any]:
        rows = {}
        for label in sorted(set(labels)):
            held = [each for each, own in zip(scores, labels, strict=True) if own == label]
            rows[label] = {"frames": len(held)} | averaged(held)
        return rows

    def _measure_pair(self, pick: Pick, moment: Moment, truth: Truth, painted: Mapping[str, ImageArray]) -> None:
        following = moment_of(pick.motion, pick.number + 1)
        if pick.number + 1 in pick.motion.shown:
            before, after = truth.picture, pick.motion.picture(pick.number + 1)
        elif self._shoot is not None:
            before, after = self._shoot(moment), self._shoot(following)
        else:
            return
        self.pairs += 1
        true = _flat(before), _flat(after)
        for name, painter in self._painters.items():
            ours = _flat(painted[name]), _flat(painter.paint(following))
            tally = self._pairs[name]
            tally.add(ours, true)
            if self._perception is not None:
                distance = self._perception.distance(ours[1], ours[0], key=f"before of {name}")
                wanted = self._perception.distance(true[1], true[0], key="before")
                assert distance is not None
                assert wanted is not None
                tally.tlp.append(abs(distance - wanted))

    def _measure_jitter(self, pick: Pick, moment: Moment, truth: Truth) -> None:
        assert self._shoot is not None
        self.poses += 1
        root_m = np.asarray(pick.motion.root_m[pick.number], dtype=np.float32)
        measured = noisy(moment, root_m, draws=DRAWS, seed=pick.number)
        shown = through_motion(measured, warm_up=noisy(moment, root_m, draws=WARM_UP, seed=pick.number + 1))
        draws, calmed = ([settled(self._figure, pose, moment.framing) for pose in poses] for poses in (measured, shown))
        true = [_flat(self._shoot(draw)) for draw in draws]
        for name, painter in self._painters.items():
            painted, behind_motion = ([_flat(painter.paint(draw)) for draw in each] for each in (draws, calmed))
            self._jitter[name].add(painted, behind_motion, true, truth.figure)


def _flat(picture: ImageArray) -> FloatArray:
    return metrics.composite(picture, BACKGROUND)
