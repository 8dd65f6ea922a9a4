"""Fixtures shared by all tests: where the test data lies, and what a missing optional part means."""

import os
import shutil
from pathlib import Path

import pytest

REQUIRE_ALL = os.environ.get("POSECAST_REQUIRE_ALL") == "1"


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
