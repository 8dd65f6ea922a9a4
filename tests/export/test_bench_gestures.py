"""The report of recognition: what it says without data, and its table."""

from pathlib import Path

import pytest

from export.bench_gestures import bench_gestures, table
from trackers.errors import SourceError


def test_a_folder_without_data_is_told_in_one_sentence(tmp_path: Path) -> None:
    """Before anything is fetched or measured."""
    with pytest.raises(SourceError) as error:
        bench_gestures(data=tmp_path, on_progress=lambda *_: None)
    assert str(error.value) == f"{tmp_path} holds no test data (no folder `motion` in it); name the folder with --data"


def test_the_table_shows_what_was_measured() -> None:
    """A dash where nothing was."""
    figures = {
        "gestures": {
            "nod": {"precision": 1.0, "recall": 0.75, "n": 4, "latency_ms": {"p50": 80.2, "p95": 110.0}},
            "heart": {"precision": None, "recall": None, "n": 0, "latency_ms": {"p50": None, "p95": None}},
        }
    }
    assert table(figures) == [("nod", "1.00", "0.75", "4", "80", "110"), ("heart", "–", "–", "0", "–", "–")]
