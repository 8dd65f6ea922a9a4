"""The report of recognition: what it says without data."""

from pathlib import Path

import pytest

from export.bench_gestures import bench_gestures
from trackers.errors import SourceError


def test_a_folder_without_data_is_told_in_one_sentence(tmp_path: Path) -> None:
    """Before anything is fetched or measured."""
    with pytest.raises(SourceError) as error:
        bench_gestures(data=tmp_path, on_progress=lambda *_: None)
    assert str(error.value) == f"{tmp_path} holds no test data (no folder `motion` in it); name the folder with --data"
