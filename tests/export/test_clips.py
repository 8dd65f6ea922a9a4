"""Tests of reading clips."""

from pathlib import Path

import pytest

from export.clips import read_clip
from trackers.errors import SourceError


def test_words_for_a_clip_that_is_not_there(tmp_path: Path) -> None:
    """A missing file and one without video are one sentence each."""
    with pytest.raises(SourceError, match=r"absent.mp4 was not found; name a video with --source$"):
        read_clip(tmp_path / "absent.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"no video")
    with pytest.raises(SourceError, match=r"empty.mp4 holds no video that can be decoded; try another file$"):
        read_clip(tmp_path / "empty.mp4")
