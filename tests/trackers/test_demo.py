"""Tests of `trackers.demo`: clips become one recording, and one that cannot be read is told."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from far_tracker import open_plain

from trackers import demo
from trackers.errors import SourceError
from trackers.recording import read_pcast


@pytest.fixture(autouse=True)
def plain_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Track without models: what is found does not matter here."""
    monkeypatch.setattr(demo, "open_tracker", open_plain)


def clip_of(path: Path, *, frames: int, fps: float) -> Path:
    """Write a clip of grey pictures."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    for _ in range(frames):
        writer.write(np.full((48, 64, 3), 100, np.uint8))
    writer.release()
    return path


def test_clips_follow_one_another_with_a_pause(tmp_path: Path) -> None:
    """At 30 a second, whatever a clip's own rate; the stamps go on through pauses."""
    clips = [clip_of(tmp_path / "a.avi", frames=5, fps=15), clip_of(tmp_path / "b.avi", frames=4, fps=30)]
    count = demo.make_demo(tmp_path / "out.pcast", clips)
    assert count == 10 + demo.PAUSE_FRAMES + 4 + demo.PAUSE_FRAMES
    assert [tracking.stamp.seq for tracking in read_pcast(tmp_path / "out.pcast")] == [*range(count)]


@pytest.mark.parametrize("content", [None, b"", b"no video"])
def test_a_clip_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    """A recording must not silently lack one of its people."""
    path = tmp_path / "odd.avi"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        demo.make_demo(tmp_path / "out.pcast", [path])
    assert str(caught.value) == f"{path} holds no video that can be decoded; try another file"
