"""Tests of the benchmarks: the figures are there and mean what they say; no time is asserted."""

from pathlib import Path

import pytest

from export.bench import bench_render, bench_tracker, percentiles, read_clip
from trackers.engine import TrackerSettings
from trackers.errors import SourceError


def test_percentiles_of_known_values() -> None:
    """On 1..100 the p-th percentile is p."""
    assert percentiles(float(n) for n in range(1, 101)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None}


def test_the_renderer_is_timed_in_every_framing() -> None:
    """Each framing has its percentiles, and progress is told."""
    told = []
    figures = bench_render(width_px=128, height_px=128, frames=12, on_progress=lambda done, total: told.append((done, total)))
    assert set(figures["ms"]) == {"bust", "upper", "full"}
    assert all(times["p50"] > 0 for times in figures["ms"].values())
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.needs_data
def test_the_tracker_is_timed_on_every_frame(data_folder: Path) -> None:
    """A clip of a person: all frames counted, body and face found in all of them."""
    clip = data_folder / "asl" / "yes.mkv"
    figures = bench_tracker([clip], engines=[TrackerSettings(body_model="lite")], on_progress=lambda *_: None)
    assert figures["frames"] == len(read_clip(clip))
    assert figures["engines"]["posecast"]["found"]["face"] >= 0.98
    assert "ratio" not in figures


def test_words_for_a_clip_that_is_not_there(tmp_path: Path) -> None:
    """A missing file and one without video are one sentence each."""
    with pytest.raises(SourceError, match=r"absent.mp4 was not found; name a video with --source$"):
        read_clip(tmp_path / "absent.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"no video")
    with pytest.raises(SourceError, match=r"empty.mp4 holds no video that can be decoded; try another file$"):
        read_clip(tmp_path / "empty.mp4")
