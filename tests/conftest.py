"""Fixtures shared by all tests: where the test data lies, and what a missing optional part means."""

import os
import re
import shutil
import signal
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

REQUIRE_ALL = os.environ.get("POSECAST_REQUIRE_ALL") == "1"
BROWSER_MS = [round(number * 33.3 + (number * 7919) % 19 - 9) if number else 0 for number in range(40)]


def pytest_configure() -> None:
    """Hear Ctrl-C even where a shell that started the tests in the background has it ignored: some tests press it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(what: str) -> None:
    """Skip the test because `what` is missing; on CI, where everything must run, fail instead."""
    if REQUIRE_ALL:
        pytest.fail(f"{what}; POSECAST_REQUIRE_ALL=1 forbids skipping")
    pytest.skip(what)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The shared test clips: `POSECAST_DATA`, or `shared/data` beside the checkout."""
    folder = Path(os.environ.get("POSECAST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}; set POSECAST_DATA")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that Playwright can drive."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("no chromium on this machine; apt-get install chromium")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def obs_program() -> str:
    """Path of OBS Studio, on a machine that has a virtual screen for it."""
    path = shutil.which("obs")
    if path is None or shutil.which("Xvfb") is None:
        missing("no OBS Studio or no Xvfb here; apt-get install obs-studio obs-plugins xvfb libgl1-mesa-dri")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def mosquitto() -> str:
    """Path of the MQTT broker; Debian keeps it where users' paths do not lead."""
    path = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if path is None:
        missing("no mosquitto on this machine; apt-get install mosquitto")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def browser_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A .webm as a browser's MediaRecorder writes it, 40 frames in 1.3 s: times that tremble, and no frame rate in its header.

    OpenCV writes it with even times and a rate; the rate is made a void element, and each block gets its time anew.
    """
    path = tmp_path_factory.mktemp("browser") / "recorded.webm"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"VP80"), 30, (32, 24))
    for number in range(len(BROWSER_MS)):
        writer.write(np.full((24, 32, 3), number * 6, np.uint8))
    writer.release()
    data = bytearray(path.read_bytes().replace(b"\x23\xe3\x83\x84", b"\xec\x86\0\0"))
    blocks = re.finditer(rb"\xa3(?:[\x80-\xff]|[\x40-\x7f].|\x10...|\x01.{7})\x81(..)[\x00\x80]", bytes(data), re.DOTALL)
    for time_ms, block in zip(BROWSER_MS, blocks, strict=True):
        struct.pack_into(">h", data, block.start(1), time_ms)
    path.write_bytes(data)
    return path


@pytest.fixture(scope="session")
def browser_ms() -> list[int]:
    """The times of the frames of `browser_clip`."""
    return BROWSER_MS
