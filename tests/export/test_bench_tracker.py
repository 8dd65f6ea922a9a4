"""Tests of the tracker's benchmark: the figures mean what they say; no time is asserted."""

from pathlib import Path

import pytest

from export.bench_tracker import bench_tracker
from export.clips import read_clip
from trackers.engine import TrackerSettings


@pytest.mark.needs_data
def test_the_tracker_is_timed_on_every_frame(data_folder: Path) -> None:
    """A clip of a person: all frames counted, body and face found in all of them."""
    clip = data_folder / "asl" / "yes.mkv"
    figures = bench_tracker([clip], engines=[TrackerSettings(body_model="lite")], on_progress=lambda *_: None)
    assert figures["frames"] == len(read_clip(clip))
    assert figures["engines"]["posecast"]["found"]["face"] >= 0.98
    assert "ratio" not in figures
