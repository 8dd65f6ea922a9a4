"""Replaying a recording: to the nanosecond, in loops, and the same on every run."""

from pathlib import Path

import numpy as np
import pytest

from stream.sources import EndOfStream, SourceSettings
from stream.sources import recording as module
from stream.sources.pace import UNPACED_START_NS
from stream.sources.recording import RecordingSource
from trackers.errors import SourceError
from trackers.recording import PcastWriter, RecordingMetadata
from trackers.types import HandTracking, Stamp, Tracking

TIMES_NS = (7_000_000_123, 7_020_000_000, 7_070_000_001, 7_071_000_000)
METADATA = RecordingMetadata("want.mkv", 50.0, 640, 480, "2026-01-02T03:04:05+00:00")
FAST = SourceSettings(paced=False)


def hand(value: float) -> HandTracking:
    return HandTracking(np.full((21, 3), value, np.float32), np.zeros((21, 3), np.float32), 1.0, 1.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Four trackings at odd times; one frame was dropped while recording."""
    path = tmp_path / "s.pcast"
    with PcastWriter(path, metadata=METADATA) as writer:
        for seq, time_ns in zip((5, 6, 8, 9), TIMES_NS, strict=True):
            writer.write(Tracking(Stamp(seq, time_ns), 640, 480, None, None, hand(seq), None))
    return path


def test_as_fast_as_possible_every_run_is_the_same(path: Path) -> None:
    """Recorded differences are kept to the nanosecond, from a fixed start."""
    runs = []
    for _ in range(2):
        with RecordingSource(path, FAST) as source:
            runs.append([source.read() for _ in TIMES_NS])
            with pytest.raises(EndOfStream):
                source.read()
    stamps = [tracking.stamp for tracking in runs[0]]
    assert stamps == [Stamp(n, UNPACED_START_NS + t - TIMES_NS[0]) for n, t in enumerate(TIMES_NS)]
    assert stamps == [tracking.stamp for tracking in runs[1]]
    assert [t.right_hand.keypoints_px[0, 0] for t in runs[0] if t.right_hand is not None] == [5, 6, 8, 9]


def test_paced_differences_are_the_recorded_ones(path: Path) -> None:
    """On the real clock the differences between stamps are exactly those of the recording."""
    with RecordingSource(path, SourceSettings()) as source:
        stamps = [source.read().stamp.captured_ns for _ in TIMES_NS]
    assert np.diff(stamps).tolist() == np.diff(TIMES_NS).tolist()


def test_a_loop_goes_on_one_frame_after_the_last(path: Path) -> None:
    """Numbers rise by one, time never goes back, and a round begins 1/fps after the last tracking."""
    with RecordingSource(path, SourceSettings(paced=False, loop=True)) as source:
        stamps = [source.read().stamp for _ in range(9)]
    steps = np.diff(TIMES_NS).tolist()
    assert np.diff([stamp.captured_ns for stamp in stamps]).tolist() == [*steps, 20_000_000, *steps, 20_000_000]
    assert [stamp.seq for stamp in stamps] == list(range(9))


def test_the_info_tells_what_was_recorded(path: Path) -> None:
    """Size and rate are the recorded source's."""
    with RecordingSource(path, FAST) as source:
        info = source.info
    assert (info.name, info.kind, info.width_px, info.height_px, info.fps) == ("s.pcast", "recording", 640, 480, 50)
    assert info.detail == "4 trackings of want.mkv"


def test_a_recording_that_was_cut_short_plays_with_a_warning(path: Path, caplog) -> None:
    """What can be read is played, and the warning is told."""
    path.write_bytes(path.read_bytes()[:-5])
    with RecordingSource(path, FAST) as source:
        assert source.read().stamp.seq == 0
        assert source.info.detail == "s.pcast ends early (its recording was not finished); 4 trackings could be read"
    assert caplog.messages == [source.info.detail]


def test_an_empty_recording_and_a_missing_demo_are_one_sentence(tmp_path: Path, monkeypatch) -> None:
    """Both say what to do."""
    path = tmp_path / "s.pcast"
    with PcastWriter(path, metadata=METADATA):
        pass
    with pytest.raises(SourceError) as caught, RecordingSource(path, FAST):
        pass
    assert str(caught.value) == f"{path} holds no trackings; record it again"
    absent = tmp_path / "demo.pcast"
    with pytest.raises(SourceError) as caught, RecordingSource(absent, FAST, demo=True):
        pass
    assert str(caught.value) == f"the built-in demo is missing ({absent}); get Posecast anew, or try --source FILE"


def test_the_demo_lies_in_the_repository() -> None:
    """The demo's place is beside the trackers, whatever avatar is shown."""
    assert Path(__file__).parents[2] / "trackers" / "data" / "demo.pcast" == module.DEMO_PATH
