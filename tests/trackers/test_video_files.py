"""The times of a file's frames, with an OpenCV made of Python, and with a real file as browsers write them."""

from pathlib import Path

import cv2
import pytest

from trackers.video_files import FrameTimes, about_count, spelt, told_fps

NO_FILE = Path("no.file")


class Capture:
    """What OpenCV says of a file that is read frame by frame: `ms` is CAP_PROP_POS_MSEC after each."""

    def __init__(self, fps: float, ms: list[float], *, count: float = 0) -> None:
        self._told = {cv2.CAP_PROP_FPS: fps, cv2.CAP_PROP_FRAME_COUNT: count}
        self._ms = iter(ms)

    def get(self, key: int) -> float:
        return next(self._ms) if key == cv2.CAP_PROP_POS_MSEC else self._told[key]


def times_of(fps: float, ms: list[float], *, even_steps: bool = False) -> list[int]:
    """Return the times of all frames in nanoseconds."""
    times = FrameTimes(Capture(fps, ms), NO_FILE, default_fps=30.0, even_steps=even_steps)  # type: ignore[arg-type]
    return [times.next_ns() for _ in ms]


def test_a_constant_rate_stays_exact() -> None:
    """Times that a format rounds to milliseconds, that do not begin at 0, or that are not there: the rate's are given."""
    exact = [round(seq * 1e9 / 30) for seq in range(40)]
    assert times_of(30.0, [round(seq * 1000 / 30) for seq in range(40)]) == exact
    assert times_of(30.0, [1400 + seq * 1000 / 30 for seq in range(40)]) == exact
    assert times_of(30.0, [0.0] * 40) == exact
    assert times_of(30.0, [float("nan")] * 40) == exact
    assert times_of(30.0, [0.0] * 40, even_steps=True) == [seq * 33_333_333 for seq in range(40)]


def test_from_the_first_that_is_elsewhere_on_the_files_own_times_count() -> None:
    """Ten frames at 30 a second, then five a second: the header tells the mean."""
    own = [seq * 1000 / 30 for seq in range(10)] + [1000 / 3 + 200.0 * seq for seq in range(10)]
    assert times_of(20 / own[-1] * 1000, own) == [round(ms * 1e6) for ms in own]


def test_a_rate_that_varies_a_little_is_told_as_it_is() -> None:
    """A pause of a tenth of a second, and the header tells the mean: each frame is when the file says."""
    own = [0.0, 33, 67, 100, 133, 167, 200, 300]
    assert times_of(25.0, own) == [ms * 1_000_000 for ms in own]
    assert times_of(7000 / 300, own) == [ms * 1_000_000 for ms in own]


def test_times_always_rise() -> None:
    """A stamp that goes back or is hours ahead is none: a frame's time is added, until the file's own are ahead again."""
    period = 1e9 / 25
    assert times_of(25.0, [0, 100, 60, 60, 300, 1e9, 400]) == [
        0, 100_000_000, 100_000_000 + period, 100_000_000 + 2 * period, 300_000_000, 300_000_000 + period, 400_000_000,
    ]  # fmt: skip


@pytest.mark.parametrize("fps", [1000.0, 90000.0, 0.0, -1.0, float("nan")])
def test_a_rate_that_no_camera_has_tells_nothing(fps: float) -> None:
    """The file's own times are taken at once; where there are none either, the default's."""
    assert told_fps(Capture(fps, [])) is None  # type: ignore[arg-type]
    assert times_of(fps, [0, 35, 64, 89]) == [0, 35_000_000, 64_000_000, 89_000_000]
    assert times_of(fps, [0, 0, 0]) == [0, 33_333_333, 66_666_667]


def test_as_a_browser_writes_it(browser_clip: Path, browser_ms: list[int]) -> None:
    """No rate in the header: times are the file's, the rate is measured from them, and the count follows."""
    capture = cv2.VideoCapture(spelt(browser_clip), cv2.CAP_FFMPEG)
    times = FrameTimes(capture, browser_clip, default_fps=30.0)
    found = []
    while capture.read()[0]:
        found.append(times.next_ns())
    assert found == [ms * 1_000_000 for ms in browser_ms]
    assert times.fps == pytest.approx((len(browser_ms) - 1) * 1000 / browser_ms[-1], abs=1e-3)
    assert about_count(capture, fps=times.fps) == pytest.approx(len(browser_ms), abs=1)
    capture.release()
