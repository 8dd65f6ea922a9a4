"""Which of several people is followed, and whether a body is still the one that was followed.

Owns the choice at the start, and the guard against drifting to another person who comes by: a torso that leaps, or that looks
like someone else's. Knows nothing of models: people come as detections, bodies as keypoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from trackers.change import Box, thumbnail
from trackers.detector import Detection
from trackers.skeleton import BODY_INDEX
from trackers.types import BodyTracking, FloatArray, ImageArray

Policy = Literal["largest", "left", "centre", "right"]
"""Who is chosen when nobody is followed yet: the largest and most central, or by place in the camera's picture."""

MOST_PEOPLE: Final = 4
"""So many are looked at when one is chosen."""
LEAP: Final = 0.5
"""Torso lengths by which a torso hardly moves, or share by which it hardly grows or shrinks, between two looks."""
STRANGE_LEAP: Final = 0.2
"""The same for a torso that looks like another's after the move; for one that looks half strange it is in between."""
SAME_LOOK: Final = 0.55
"""Two looks further apart than this are two people's, or one person's in other clothes or other light."""
NEAR: Final = 1.5
"""Torso lengths from where the followed person was within which they are expected again."""

KNOWN_LOOKS: Final = 5
"""Looks after which someone is known, and waited for when out of sight: the detector also sees people in hands and chairs."""
GONE_LOOKS: Final = 3
"""Searches without the person followed after which whoever is there is followed."""
WAITING_LOOKS: Final = 30
"""The same while someone stands where the person may be hidden."""
HIDING: Final = 1.2
"""Torso lengths from where they were, within which another may hide them."""

_IN_PLACE: Final = 0.35  # torso lengths
_SAME_PLACE: Final = 0.5
_PER_LENGTH: Final = 0.1  # how much of a difference in looks a torso length of distance is worth
_STRANGE_LOOKS, _STRANGE_EVERY = 3, 10  # looks in a row at a stranger before the detector is asked, and until it is again
_FAMILIAR: Final = 0.35  # looks less apart than this are learnt from
_CUT_GREY, _CUT_SHARE = 15.0, 0.3  # a cut changes this much in this share of the picture
_SAME_SHAPES, _LEAST_CONTRAST = 0.9, 0.3  # thumbnails correlate so far, and the new one has at least this share of contrast
_EDGE: Final = 0.5  # worth of someone at the picture's edge against someone of the same size in its middle
_ACROSS, _ALONG = np.meshgrid(np.linspace(-0.22, 0.22, 5), np.linspace(0.1, 0.75, 6))
_SHOULDERS: Final = [BODY_INDEX["left_shoulder"], BODY_INDEX["right_shoulder"]]
_HIPS: Final = [BODY_INDEX["left_hip"], BODY_INDEX["right_hip"]]


@dataclass(frozen=True, slots=True, eq=False)
class Torso:
    """Where a person's torso is, and what it looks like."""

    shoulders_px: FloatArray
    """(2,) middle of the shoulders."""
    hips_px: FloatArray
    """(2,) middle of the hips."""
    look: FloatArray
    """(30, 3) colours of the chest, 0..255; NaN where it lies outside the picture."""

    @property
    def length_px(self) -> float:
        """From shoulders to hips."""
        return max(1.0, float(np.hypot(*(self.hips_px - self.shoulders_px))))


def torso_of_body(body: BodyTracking, image: ImageArray) -> Torso:
    """Return the torso of tracked keypoints."""
    points = body.keypoints_px[:, :2]
    return _torso(points[_SHOULDERS].mean(axis=0), points[_HIPS].mean(axis=0), image)


def torso_of_detection(person: Detection, image: ImageArray) -> Torso:
    """Return the torso of a detected person."""
    return _torso(person.keypoints_px[2], person.keypoints_px[0], image)


def _torso(shoulders: FloatArray, hips: FloatArray, image: ImageArray) -> Torso:
    along = hips - shoulders
    across = np.array([along[1], -along[0]], dtype=np.float32)
    points = shoulders + _ALONG.reshape(-1, 1) * along + _ACROSS.reshape(-1, 1) * across  # (30, 2)
    height, width = image.shape[:2]
    x, y = points[:, 0].astype(np.intp), points[:, 1].astype(np.intp)
    inside = (points[:, 0] >= 0) & (points[:, 1] >= 0) & (x < width) & (y < height)
    look = image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(np.float32)
    look[~inside] = np.nan
    return Torso(shoulders, hips, look)


def unlike(one: Torso, other: Torso) -> float:
    """Return how different two chests look, 0 the same .. 1 nothing alike; 0 where too little is in the picture to tell."""
    both = ~np.isnan(one.look[:, 0]) & ~np.isnan(other.look[:, 0])
    if both.sum() < len(both) // 3:
        return 0.0
    a, b = one.look[both], other.look[both]
    apart = np.abs(np.sort(a, axis=0) - np.sort(b, axis=0)).mean()  # the colours, wherever in the chest they are: cloth folds
    return float(min(1.0, apart / 60.0))


def leaps(now: Torso, before: Torso, *, most: float = LEAP) -> bool:
    """Tell whether the torso moved or changed its size by more than `most` of its length between two looks."""
    moved = float(np.hypot(*(now.shoulders_px - before.shoulders_px))) / before.length_px
    return moved > most or not 1 - most < now.length_px / before.length_px < 1 / (1 - most)


def chosen(people: Sequence[Detection], *, policy: Policy, width_px: int) -> Detection | None:
    """Return whom to follow when nobody was followed before."""
    if not people:
        return None

    def worth(person: Detection) -> float:
        hips, shoulders = person.keypoints_px[0], person.keypoints_px[2]
        off = min(1.0, abs(2 * float(shoulders[0]) / width_px - 1))
        if policy == "largest":
            return float(np.hypot(*(hips - shoulders))) * (1 - (1 - _EDGE) * off)
        return {"left": -float(shoulders[0]), "right": float(shoulders[0]), "centre": -off}[policy]

    return max(people, key=worth)


def joined(people: Sequence[Detection], more: Sequence[Detection]) -> list[Detection]:
    """Return all of them, each once: who is where one of the first already is counts as the same."""
    found = list(people)
    for person in more:
        hips, shoulders = person.keypoints_px[0], person.keypoints_px[2]
        near = _SAME_PLACE * float(np.hypot(*(hips - shoulders)))
        if all(np.hypot(*(other.keypoints_px[2] - shoulders)) > near for other in found):
            found.append(person)
    return found


def _gap(person: Torso, before: Torso) -> float:
    """Return how far a torso is from where it was, in lengths of it; infinite if it cannot be the same one's."""
    if not 0.5 < person.length_px / before.length_px < 2:
        return float("inf")
    return float(np.hypot(*(person.shoulders_px - before.shoulders_px))) / before.length_px


def followed(
    people: Sequence[Detection], before: Torso, image: ImageArray, *, trusting: bool = True, is_cut: bool = False
) -> Detection | None:
    """Return the one who was followed before, if there: of about their size, near where they were, and looking like them.

    Args:
        trusting: who stands just where they stood, and has nobody beside them, is taken for them whatever the look: people
            turn round, and lights change.
        is_cut: the picture shows another scene: to be trusted they must be alone in it.
    """
    torsos = [torso_of_detection(person, image) for person in people]
    gaps = [_gap(torso, before) for torso in torsos]
    beside = [person for person, gap in zip(people, gaps, strict=True) if is_cut or gap < HIDING]
    if trusting and len(beside) == 1 and min(gaps) < _IN_PLACE:
        return beside[0]
    found, least = None, float("inf")
    for person, torso, gap in zip(people, torsos, gaps, strict=True):
        difference = unlike(torso, before)
        if gap < NEAR and difference < SAME_LOOK and difference + _PER_LENGTH * gap < least:
            found, least = person, difference + _PER_LENGTH * gap
    return found


def _is_other_light(now: FloatArray, before: FloatArray) -> bool:
    """Tell whether two thumbnails differ as by a lamp that changed: the same shapes, brighter, darker or in another colour."""
    spread, spread_before = float(now.std()), float(before.std())
    if spread < _LEAST_CONTRAST * spread_before or spread_before <= 0:
        return False
    alike = float(((now - now.mean()) * (before - before.mean())).mean()) / (spread * spread_before)
    return alike > _SAME_SHAPES


class Guard:
    """Remembers whom we follow. Counts looks, not time: it is asked once for each look at the body."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._picture: FloatArray | None = None
        self.reset()

    def lose(self) -> None:
        """They are gone or were nobody: someone seen only now and then is not waited for."""
        if self._known < KNOWN_LOOKS:
            self.reset()

    @property
    def is_waiting(self) -> bool:
        """Others are in the picture, but not the one who is followed: hidden, or just gone."""
        return self._absent > 0

    def reset(self) -> None:
        """Forget the person: whoever is seen next is chosen anew."""
        self._torso: Torso | None = None
        self._known = 0  # looks at them
        self._strange = 0  # looks in a row at which they did not look like themselves
        self._missing = 0  # searches in a row that did not find them
        self._absent = 0  # those of them, in a row, that found others
        self._others: list[Torso] = []  # whom the last of them found

    def is_cut(self, image: ImageArray) -> bool:
        """Tell whether this picture shows another scene than the last one did."""
        before, height, width = self._picture, *image.shape[:2]
        self._picture = thumbnail(image, Box(0, 0, width, height))
        if before is None:
            return False
        apart = np.abs(self._picture - before)
        is_other = float((apart > _CUT_GREY + np.median(apart)).mean()) > _CUT_SHARE
        return is_other and not _is_other_light(self._picture, before)

    def is_doubtful(self, body: BodyTracking, image: ImageArray, *, is_cut: bool = False) -> bool:
        """Take note of a body just found and tell whether it may be another person's.

        Args:
            is_cut: the picture shows another scene; or half of it has changed, but not the person.
        """
        now, before = torso_of_body(body, image), self._torso
        difference = self._difference(now)
        if before is not None:
            self._strange = self._strange + 1 if difference > SAME_LOOK else 0
            is_leap = leaps(now, before, most=float(np.interp(difference, (_FAMILIAR, SAME_LOOK), (LEAP, STRANGE_LEAP))))
            if is_leap or (is_cut and difference > _FAMILIAR) or self._strange % _STRANGE_EVERY == _STRANGE_LOOKS:
                return True
        self._note(now, difference)
        return False

    def is_stranger(self, body: BodyTracking, image: ImageArray) -> bool:
        """Tell whether a body is another's although the detector took them for the one who is waited for.

        A detector's torso is rough: by it someone who was there before, as another, may look like them, but not by the body's.
        """
        before = self._torso
        if before is None or not self._others:  # as in nearly every frame
            return False
        now = torso_of_body(body, image)
        if unlike(now, before) <= SAME_LOOK or all(_gap(now, other) > _SAME_PLACE for other in self._others):
            return False
        self._others = [now]
        self._miss(hidden=_gap(now, before) < HIDING)
        return True

    def accept(self, body: BodyTracking, image: ImageArray) -> None:
        """Take a doubtful body for the person's after all."""
        now = torso_of_body(body, image)
        self._note(now, self._difference(now))

    def _difference(self, now: Torso) -> float:
        """Return how different a chest looks from theirs; 0 if nobody is known."""
        return 0.0 if self._torso is None else unlike(now, self._torso)

    def _note(self, now: Torso, difference: float) -> None:
        """Remember where they are; how they look only if that is familiar, or if the strange look has come to stay."""
        before, self._missing, self._absent, self._others = self._torso, 0, 0, []
        self._known += 1
        if before is None or self._strange >= WAITING_LOOKS or difference < _FAMILIAR:
            self._torso, self._strange = now, 0
        else:
            self._torso = replace(now, look=before.look)

    def pick(self, people: Sequence[Detection], image: ImageArray, *, is_cut: bool = False) -> Detection | None:
        """Return who of those detected is followed: the one that was, or by the policy if they are gone or nobody was.

        They are waited for: long while another may hide them, else shortly. After a cut nobody is waited for.
        """
        before = self._torso
        ours = None if before is None else followed(people, before, image, trusting=self._absent == 0, is_cut=is_cut)
        if ours is None and before is not None:
            self._absent = self._absent + 1 if people else 0
            self._others = [torso_of_detection(person, image) for person in people]
            self._miss(hidden=any(_gap(other, before) < HIDING for other in self._others))
            if is_cut:
                self.reset()
        if ours is not None or self._torso is not None:
            return ours
        return chosen(people, policy=self._policy, width_px=image.shape[1])

    def _miss(self, *, hidden: bool) -> None:
        """Count a search that did not find them, and give them up after enough of these."""
        self._missing += 1
        if self._missing >= (WAITING_LOOKS if hidden else GONE_LOOKS):
            self.reset()

    @property
    def knows_somebody(self) -> bool:
        """Whether there is a person who is followed, or waited for."""
        return self._torso is not None

    def knows_one_of(self, people: Sequence[Detection], image: ImageArray) -> bool:
        """Tell whether the one who is followed is among those detected."""
        return self._torso is not None and followed(people, self._torso, image) is not None

    def is_at(self, person: Detection, body: BodyTracking, image: ImageArray) -> bool:
        """Tell whether a body is that of the detected person."""
        return _gap(torso_of_body(body, image), torso_of_detection(person, image)) < _IN_PLACE
