"""From trackings to rules: a hold lasts only while the part that shows it is looked at."""

from collections.abc import Callable

import numpy as np
import pytest

from stream.actions.base import Tools
from stream.config import TriggersConfig
from stream.triggering import Triggering
from stream.triggers.rule_files import rules_of_tables
from trackers.gestures.catalogue import BUILT_IN, built_in_detectors
from trackers.gestures.recogniser import GestureRecogniser
from trackers.part_state import NEVER_SEEN
from trackers.skeleton import EXPRESSION_INDEX
from trackers.types import EXPRESSION_COUNT, PARTS, FaceTracking, Stamp, Tracking

OPENED = 15
"""The mouth opens in this frame; by then the face has settled."""
Shown = Callable[[int], str]


def face(*, jaw: float) -> FaceTracking:
    expression = np.zeros(EXPRESSION_COUNT, np.float32)
    expression[EXPRESSION_INDEX["jawOpen"]] = jaw
    return FaceTracking(
        keypoints_px=np.zeros((478, 3), np.float32),
        camera_from_head=np.diag([1.0, -1.0, -1.0]).astype(np.float32),
        head_position_m=np.array([0, 0, 0.6], np.float32),
        gaze_rad=np.zeros(2, np.float32),
        expression=expression,
        score=1.0,
    )


def fired_at(when: str, hold_s: float, shown: Shown, *, frames: int = 60) -> list[int]:
    """The frames, 30 a second, in which a rule fires; `shown` says of each whether the face is fresh, predicted or lost."""
    osc = {"action": "osc.send", "address": "/x"}
    tables = {"connections": {"desk": {"kind": "osc", "port": 9}}, "trigger": [{"when": when, "hold_s": hold_s, "do": osc}]}
    tools = Tools(secret=lambda name: None, store_secret=lambda name, value: None)
    states = dict.fromkeys(PARTS, NEVER_SEEN)
    rules = Triggering(rules_of_tables(tables, origin="test"), TriggersConfig(), tools=tools, part_states=lambda: states)
    recogniser, fired = GestureRecogniser(built_in_detectors(), BUILT_IN), []
    for seq in range(frames):
        found = None if shown(seq) == "lost" else face(jaw=0.9 if seq >= OPENED else 0.0)
        predicted = frozenset({"face"} if shown(seq) == "predicted" else ())
        stamp = Stamp(seq, 1_000_000_000 + seq * 33_400_000)
        gestures = recogniser.push(Tracking(stamp, 640, 480, None, None, None, found, predicted))
        before = len(rules.log.entries)
        rules.look(recogniser.look, gestures, recogniser.states)
        fired += [seq for entry in rules.log.entries[before:] if entry.verdict == "fired"]
    return fired


@pytest.mark.parametrize("when", ["mouth_open", "jawOpen > 0.7"])
def test_a_hold_lasts_while_it_is_looked_at(when: str) -> None:
    """Half a second after the mouth opened, once."""
    assert fired_at(when, 0.5, lambda seq: "fresh") == [OPENED + 15]


@pytest.mark.parametrize("then", ["predicted", "lost"])
@pytest.mark.parametrize("when", ["mouth_open", "jawOpen > 0.7"])
def test_a_hold_does_not_run_out_on_what_nobody_sees(when: str, then: str) -> None:
    """Open for 0.3 s; then the face is carried on, or gone: half a second is never seen."""
    assert fired_at(when, 0.5, lambda seq: "fresh" if seq < OPENED + 9 else then) == []


@pytest.mark.parametrize("when", ["mouth_open", "jawOpen > 0.7"])
def test_a_face_that_rested_counts_when_it_is_looked_at_again(when: str) -> None:
    """The hold is seen at both ends, so it fires at that look, not between the two."""
    looked = [*range(OPENED + 9), OPENED + 20]
    assert fired_at(when, 0.5, lambda seq: "fresh" if seq in looked else "predicted") == [OPENED + 20]
