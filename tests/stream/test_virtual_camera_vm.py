"""The virtual camera and the camera source against a real V4L2 driver, in an emulated machine (tests/vcam_vm.sh)."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing

ROOT = Path(__file__).parents[2]
PROGRAMS = ("qemu-system-x86_64", "busybox", "cpio", "depmod", "make", "gcc", "dpkg", "apt-get", "flock")

pytestmark = [pytest.mark.needs_vm, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What `guest_virtual_camera.py` saw in the machine. The first time ever, the machine is built."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if sys.platform != "linux" or absent:
        missing(f"no {', '.join(absent)}; apt-get install qemu-system-x86 busybox-static cpio kmod make gcc")
    if importlib.util.find_spec("pyvirtualcam") is None:
        missing('no pyvirtualcam; pip install ".[camera]"')
    command = ["tests/vcam_vm.sh", "-x", "-t", "240", "--", sys.executable, "tests/stream/guest_virtual_camera.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580)
    if done.returncode == 125:
        missing(f"the emulated machine could not be built: {done.stderr[-500:]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def near(got: list[int], want: tuple[int, int, int]) -> bool:
    return all(abs(g - w) <= 8 for g, w in zip(got, want, strict=True))


def test_the_sink_finds_the_device(report) -> None:
    """Probing, opening and opening again name the backend, the device and the mode."""
    assert report["probe"] == report["sink"] == report["sink again"] == "v4l2loopback on /dev/video0, 96x64@10"


@pytest.mark.parametrize("when", ["colours", "colours again"])
def test_colours_and_sides_come_back_as_they_were_sent(report, when: str) -> None:
    """Red is on the left and blue on the right, up is up, clear parts and bars are the background."""
    seen = report[when]
    assert near(seen["left"], (220, 40, 40)), seen
    assert near(seen["right"], (40, 40, 220)), seen
    assert near(seen["top"], (255, 255, 255)), seen
    for name in ("clear", "left bar", "right bar"):
        assert near(seen[name], (0, 255, 0)), seen


def test_the_camera_source_tells_its_mode(report) -> None:
    """The driver's own size is reported, and a loopback is known to be no real camera."""
    kind, width, height, detail = report["info"]
    assert (kind, width, height) == ("camera", 96, 64)
    assert "96x64@" in detail
    assert "(V4L2)" in detail
    assert report["cameras"] == [[0, True]]


def test_a_camera_that_stops_is_lost_and_comes_back(report) -> None:
    """The loss is noticed in time, closing does not hang, and after reopening numbers and times go on rising."""
    assert report["lost"].startswith("camera 0 (")
    assert report["lost"].endswith((" stopped giving frames", " gave no frame for 6 s"))
    assert report["lost_after_s"] < 15
    assert report["close_s"] < 5
    assert report["seqs"] == sorted(set(report["seqs"]))
    assert report["times_ns"] == sorted(set(report["times_ns"]))
    assert report["threads"] == []
