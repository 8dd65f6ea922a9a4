"""The report of recognition: what it says without data."""

from pathlib import Path

import pytest
from nobody_tracker import NobodyTracker

from export import gesture_datasets, gesture_films, gesture_lessons
from export.bench_gestures import bench_gestures
from trackers.errors import SourceError


def test_a_folder_without_data_is_told_in_one_sentence(tmp_path: Path) -> None:
    """Before anything is fetched or measured."""
    with pytest.raises(SourceError) as error:
        bench_gestures(data=tmp_path, on_progress=lambda *_: None)
    assert str(error.value) == f"{tmp_path} holds no test data (no folder `motion` in it); name the folder with --data"


@pytest.mark.needs_data
def test_as_many_steps_are_done_as_were_announced(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar ends full, in steps of one; what is measured is not looked at here."""
    for module, name, answer in (
        (gesture_datasets, "ensure_file", None),
        (gesture_datasets, "read_hands", ()),
        (gesture_datasets, "read_bodies", ()),
        (gesture_lessons, "try_hands", []),
        (gesture_lessons, "try_bodies", []),
        (gesture_lessons, "figures", {"mean": 0.0}),
        (gesture_films, "tracked", []),
        (gesture_films, "both_starts", ([], [])),
        (gesture_films, "starts", []),
    ):
        monkeypatch.setattr(module, name, lambda *_, answer=answer, **__: answer)
    monkeypatch.setattr(gesture_films, "open_tracker", lambda settings: NobodyTracker())
    steps: list[tuple[int, int]] = []
    bench_gestures(data=data_folder, on_progress=lambda done, total, what: steps.append((done, total)))
    total = len(steps) - 1
    assert steps == [(done, total) for done in range(total + 1)]
