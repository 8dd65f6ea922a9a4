"""What the metrics say of tracking: how often each part was found, and how often it was looked at."""

import time

import numpy as np

from stream.metrics import Metrics
from trackers.types import BodyTracking, Stamp, Tracking

BODY = BodyTracking(*(np.zeros(shape, np.float32) for shape in ((33, 3), (33, 3), 33, 33)), score=1.0)


def test_a_part_that_rested_was_found_but_not_looked_at() -> None:
    """Ten trackings in each of which there is a body, in half of them carried on: found in all, looked at five times."""
    metrics = Metrics()
    for seq in range(10):
        rested = frozenset({"body"}) if seq % 2 else frozenset()
        metrics.tracked(Tracking(Stamp(seq, seq), 64, 64, BODY, None, None, None, rested))
    time.sleep(0.05)
    report = metrics.report()
    assert report["tracking"] == {"body": 1.0, "left_hand": 0.0, "right_hand": 0.0, "face": 0.0}
    assert report["looks_per_s"]["body"] > 0
    assert abs(report["fps_tracked"] - 2 * report["looks_per_s"]["body"]) < 0.3
    assert report["looks_per_s"]["face"] == 0
