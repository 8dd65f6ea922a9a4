"""Fixtures shared by the tracker tests: the models, clips and frames."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from trackers import assets
from trackers.errors import AssetError
from trackers.types import Frame, Stamp

FRAME_NS = 33_333_333


@pytest.fixture(scope="session")
def models() -> None:
    """The models that both engines need, fetched into the cache if they are not there."""
    try:
        assets.ensure(asset.name for asset in assets.required_assets())
    except AssetError as error:
        if os.environ.get("POSECAST_REQUIRE_ALL") == "1":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def read_clip(data_folder: Path) -> Callable[..., Iterator[Frame]]:
    """Reads a clip of the test data as frames, every `step`-th, at most `most` of them."""

    def read(name: str, *, step: int = 1, most: int | None = None) -> Iterator[Frame]:
        capture = cv2.VideoCapture(str(data_folder / name))
        seq = given = 0
        while most is None or given < most:
            found, image = capture.read()
            if not found:
                break
            if seq % step == 0:
                stamp = Stamp(seq=seq, captured_ns=seq * FRAME_NS)
                yield Frame(image=np.ascontiguousarray(image[:, :, ::-1]), stamp=stamp)
                given += 1
            seq += 1
        capture.release()

    return read


@pytest.fixture(scope="session")
def read_picture(data_folder: Path) -> Callable[[str], Frame]:
    """Reads a picture of the test data as a frame."""

    def read(name: str) -> Frame:
        image = cv2.imread(str(data_folder / name))
        assert image is not None
        return Frame(image=np.ascontiguousarray(image[:, :, ::-1]), stamp=Stamp(seq=0, captured_ns=0))

    return read
