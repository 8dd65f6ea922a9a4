"""Tests of the tracker in a process of its own, with real processes."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from far_tracker import open_plain, picture

from trackers import assets, remote
from trackers.engine import TrackerSettings, open_tracker
from trackers.errors import AssetError
from trackers.remote import RemoteTracker, TrackerDied
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


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and /dev/shm")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_no_picture_outlives_the_program_however_it_ends(number: int) -> None:
    """A terminal that is closed, or a kill of the whole group, leaves no memory behind: the camera's last picture lay in it."""
    program = Path(__file__).with_name("far_tracker.py")
    root = Path(__file__).parents[2]
    running = subprocess.Popen(
        [sys.executable, str(program), "60"],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert running.stdout is not None
    with running, running.stdout as told:
        told.readline()
        names = set(re.findall(r"/dev/shm/(psm_\w+)", Path(f"/proc/{running.pid}/maps").read_text()))
        os.killpg(running.pid, number)
        running.wait(60)
    assert len(names) == 1
    assert not names & set(os.listdir("/dev/shm"))


def test_memory_that_cannot_be_had_costs_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A larger picture that finds no memory fails alone; the next one, of any size, is tracked."""
    real, is_full = remote.SharedMemory, True

    def shared_memory(*, create: bool, size: int) -> object:
        if is_full and size > 64 * 48 * 3:
            raise OSError(28, "No space left on device")
        return real(create=create, size=size)

    monkeypatch.setattr(remote, "SharedMemory", shared_memory)
    with RemoteTracker(TrackerSettings(), open_here=open_plain) as tracker:
        assert tracker.track(picture(64, 48)).width_px == 7
        for _ in range(2):
            with pytest.raises(OSError, match="No space left"):
                tracker.track(picture(640, 480))
        assert tracker.track(picture(64, 48, value=8)).width_px == 8
        is_full = False
        assert tracker.track(picture(640, 480, value=9)).width_px == 9
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the limits of another process")
def test_a_crash_of_the_process_leaves_no_picture_on_a_disk() -> None:
    """Whoever allowed core files for this program did not mean the camera's picture."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        with RemoteTracker(TrackerSettings(), open_here=open_plain) as tracker:
            (child,) = multiprocessing.active_children()
            assert child.pid is not None
            assert resource.prlimit(child.pid, resource.RLIMIT_CORE) == (0, hard)
            assert tracker.info.engine
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_no_process_is_started_outside_of_with() -> None:
    """Before and after it nobody would end the process; the sentence is that of every engine."""
    tracker = RemoteTracker(TrackerSettings(), open_here=open_plain)
    sentence = r"^the tracker must be entered \(`with`\) before it tracks$"
    with pytest.raises(RuntimeError, match=sentence):
        tracker.track(picture(64, 48))
    with tracker:
        assert tracker.track(picture(64, 48)).width_px == 7
    with pytest.raises(RuntimeError, match=sentence):
        tracker.track(picture(64, 48))
    assert multiprocessing.active_children() == []
    with tracker:
        assert tracker.track(picture(64, 48, value=8)).width_px == 8
    assert multiprocessing.active_children() == []
