"""Tests of the tracker in a process of its own, with real processes."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trackers import assets
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import AssetError
from trackers.remote import TrackerDied
from trackers.types import Frame

LITE = TrackerSettings(body_model="lite", hands=False, threads=1)
AWAY = replace(LITE, own_process=True)


@pytest.mark.needs_data
@pytest.mark.usefixtures("models")
def test_it_finds_what_the_tracker_here_finds(read_clip: Callable[..., Iterator[Frame]]) -> None:
    """The way through the other process changes nothing, to the bit."""
    frames = read_clip("asl/yes.mkv", most=4)
    with open_tracker(LITE) as here, open_tracker(AWAY) as there:
        assert there.info == here.info
        for frame in frames:
            near, far = here.track(frame), there.track(frame)
            assert far.stamp == near.stamp
            assert near.body is not None
            assert far.body is not None
            assert near.face is not None
            assert far.face is not None
            np.testing.assert_array_equal(far.body.keypoints_px, near.body.keypoints_px)
            np.testing.assert_array_equal(far.face.expression, near.face.expression)
        there.reset()
    assert multiprocessing.active_children() == []


@pytest.mark.needs_data
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.usefixtures("models")
def test_a_killed_process_is_told_and_started_anew(read_clip: Callable[..., Iterator[Frame]]) -> None:
    """The frame in hand is lost with one sentence; the next one finds a new process."""
    (frame,) = read_clip("asl/yes.mkv", most=1)
    with open_tracker(AWAY) as tracker:
        assert tracker.track(frame).body is not None
        (child,) = multiprocessing.active_children()
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        with pytest.raises(TrackerDied, match="^the tracker's process has ended$"):
            tracker.track(frame)
        tracker.reset()  # as perception does after a failure: nothing to forget yet
        assert tracker.track(frame).body is not None
    assert multiprocessing.active_children() == []


def test_a_missing_model_is_the_same_sentence_as_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be opened in the child is raised in the parent, in the same words."""
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path))
    with pytest.raises(AssetError) as here:
        open_tracker(LITE).__enter__()
    with pytest.raises(AssetError) as there, open_tracker(AWAY):
        pass
    assert str(there.value) == str(here.value)
    assert str(assets.cache_folder()) in str(there.value)
    assert multiprocessing.active_children() == []
