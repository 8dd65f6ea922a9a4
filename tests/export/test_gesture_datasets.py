"""The labelled rows: how they are read, split and fetched."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from export import gesture_datasets
from export.gesture_datasets import BODIES, HAND_LABELS, HANDS, ensure_file, read_bodies, read_hands
from tests.conftest import missing
from trackers import download
from trackers.catalogue import Asset, Place, sha256_of
from trackers.errors import AssetError
from trackers.skeleton import BODY_INDEX

UP_HAND = [(0.0, -0.4), (0.15, -0.3), (0.25, -0.15), (0.3, 0.0), (0.35, 0.1)] + [
    (x, y) for x in (0.1, 0.03, -0.04, -0.1) for y in (0.0, 0.2, 0.35, 0.5)
]
"""Fingers up, thumb at the right of the picture; y up."""


def hands_csv(path: Path, count: int) -> Path:
    """Write so many right hands whose labels are their numbers."""
    header = "label,hand,accuracy," + ",".join(f"x{i},y{i}" for i in range(21))
    values = ",".join(str(value) for point in UP_HAND for value in point)
    path.write_text("\n".join([header, *(f"{row},right,12.5,{values}" for row in range(count))]) + "\n")
    return path


def test_rows_are_numbered_from_0(tmp_path: Path) -> None:
    """Even ones tune, odd ones test; the header is no row."""
    path = hands_csv(tmp_path / "hands.csv", 5)
    assert [row.index for row in read_hands(path)] == [0, 1, 2, 3, 4]
    assert [row.label for row in read_hands(path)] == ["0", "1", "2", "3", "4"]


def test_a_hand_stands_upright_in_its_slot(tmp_path: Path) -> None:
    """The file's y goes up, ours down; x stays: the right hand's thumb is at the right when its back is seen."""
    row = next(read_hands(hands_csv(tmp_path / "hands.csv", 1)))
    hand = row.tracking.right_hand
    assert hand is not None
    assert row.tracking.left_hand is None
    assert hand.keypoints_px[12, 1] < hand.keypoints_px[0, 1]
    assert hand.keypoints_px[4, 0] > hand.keypoints_px[17, 0]
    assert row.look.fresh == {"right_hand"}


def test_a_body_of_25_points_becomes_ours_and_missing_points_stay_missing(tmp_path: Path) -> None:
    """BODY_25's left shoulder is its sixth point; a point at 0, 0 was not found."""
    points = np.zeros((25, 2))
    points[[0, 1, 2, 5, 8, 9, 12]] = [[0, 0.5], [0, 0.3], [-0.1, 0.3], [0.1, 0.31], [0.01, -0.1], [-0.06, -0.1], [0.06, -0.1]]
    header = "label,accuracy," + ",".join(f"x{i},y{i}" for i in range(25))
    path = tmp_path / "bodies.csv"
    path.write_text(header + "\nStand,20.0," + ",".join(str(value) for value in points.ravel()) + "\n")
    body = next(read_bodies(path)).tracking.body
    assert body is not None
    assert body.keypoints_px[BODY_INDEX["left_shoulder"], :2].tolist() == pytest.approx([542.0, 500 - 420 * 0.31], abs=0.01)
    assert body.presence[BODY_INDEX["left_wrist"]] == 0
    assert body.presence[BODY_INDEX["nose"]] == 1


def test_labels_name_each_class_for_one_gesture_at_most() -> None:
    """No hand is two things at once."""
    classes = [label for labels in HAND_LABELS.values() for label in labels]
    assert len(classes) == len(set(classes))


def test_a_file_is_unpacked_from_the_wheel_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its hash; the second time nothing is fetched."""
    wheel = tmp_path / "kit.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("kit/hands.csv", "label\n")
    runs = []

    def fake_run(command: list[str]) -> None:
        runs.append(command)
        (Path(command[command.index("-d") + 1]) / "kit.whl").write_bytes(wheel.read_bytes())

    monkeypatch.setattr(download, "_run", fake_run)
    plain = tmp_path / "plain.csv"
    plain.write_text("label\n")
    asset = Asset("hands.csv", "hands.csv", "", 6, sha256_of(plain), (Place("pypi", "kit==1", "kit/hands.csv"),))
    for _ in range(2):
        assert ensure_file(asset, folder=tmp_path / "cache").read_text() == "label\n"
    assert len(runs) == 1
    assert "install" not in runs[0]


def test_without_network_one_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, the place, the reason and the way by hand."""

    def fails(*_args: object, **_more: object) -> None:
        raise download.PlaceFailed("no network")

    monkeypatch.setattr(gesture_datasets.download, "bring", fails)
    with pytest.raises(AssetError) as error:
        ensure_file(HANDS, folder=tmp_path)
    assert str(error.value) == (
        "HandPose_Dataset.csv could not be fetched from PyPI pose-classification-kit==1.1.5 (no network); connect to the "
        f"network and try again, or unpack it from the wheel of pose-classification-kit==1.1.5 into {tmp_path}"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows calls what lies in a file absent")
def test_a_cache_that_cannot_be_used_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the folder should be, and a disk that is full: the folder, the reason and what to do."""

    def is_full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "bring", is_full)
    (tmp_path / "mine").write_text("mine")
    cases = {tmp_path / "mine" / "datasets": "Not a directory", tmp_path / "datasets": "No space left on device"}
    for folder, reason in cases.items():
        with pytest.raises(AssetError) as caught:
            ensure_file(HANDS, folder=folder)
        assert str(caught.value) == (
            f"the labelled poses' folder {folder} cannot be used ({reason}); make it one with free space that you may read "
            "and write, or set POSECAST_CACHE to another"
        )


@pytest.mark.parametrize(("asset", "count"), [(HANDS, 11204), (BODIES, 10681)])
def test_the_kit_has_as_many_rows_as_it_says(asset: Asset, count: int) -> None:
    """Fetched for real, once, into the cache."""
    try:
        path = ensure_file(asset)
    except AssetError as error:
        missing(str(error))
    assert sha256_of(path) == asset.sha256
    with path.open(encoding="utf-8") as file:
        assert sum(1 for _ in file) - 1 == count
