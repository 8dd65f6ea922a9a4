"""Fixtures shared by all tests: where the test data lies, and what a missing optional part means."""

import os
import shutil
import signal
from pathlib import Path

import pytest

REQUIRE_ALL = os.environ.get("POSECAST_REQUIRE_ALL") == "1"


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
