"""Finding the camera that is meant."""

import pytest

from stream.sources.cameras import CameraInfo, find_again, find_camera
from trackers.errors import SourceError

REAL, SECOND, LOOPBACK = CameraInfo(2, "HD Webcam"), CameraInfo(4, "HD Capture"), CameraInfo(0, "OBS", virtual=True)


def test_the_default_is_the_first_real_camera() -> None:
    """A loopback device, which may be our own output, is taken only where it is asked for."""
    assert find_camera(None, [LOOPBACK, REAL, SECOND]) is REAL
    with pytest.raises(SourceError) as caught:
        find_camera(None, [LOOPBACK])
    assert str(caught.value) == (
        "no camera was found but virtual ones: 0 (OBS); plug one in, or try --source 0 if that is meant"
    )
    assert find_camera(0, [LOOPBACK]) is find_camera("obs", [LOOPBACK]) is LOOPBACK
    with pytest.raises(SourceError) as caught:
        find_camera(None, [])
    assert str(caught.value) == "no camera was found; plug one in, or try --source demo"


def test_a_part_of_a_name_finds_a_camera() -> None:
    """Upper and lower case are the same; a name that fits none or several is refused with the list."""
    assert find_camera("webCAM", [LOOPBACK, REAL, SECOND]) is REAL
    with pytest.raises(SourceError) as caught:
        find_camera("hd", [LOOPBACK, REAL, SECOND])
    assert str(caught.value) == '"hd" fits 2 cameras: 2 (HD Webcam), 4 (HD Capture); try --source 2'
    with pytest.raises(SourceError) as caught:
        find_camera("brio", [LOOPBACK, REAL])
    assert str(caught.value) == (
        'no camera is called "brio" and no file has that path; cameras found: 0 (OBS), 2 (HD Webcam); try --source 2'
    )


def test_an_index_is_taken_at_its_word() -> None:
    """An index that the system does not list may still open."""
    assert find_camera(2, [REAL]) is REAL
    assert find_camera(9, [REAL]) == CameraInfo(9, "")


def test_a_camera_that_was_open_is_found_again() -> None:
    """Its name counts first, then its index; a virtual one never takes the place of a real one."""
    moved, twin = CameraInfo(5, "HD Webcam"), CameraInfo(1, "HD Webcam")
    assert find_again(REAL, [LOOPBACK, twin, REAL]) is REAL
    assert find_again(REAL, [LOOPBACK, SECOND, moved]) is moved
    assert find_again(REAL, [CameraInfo(2, "Another")]) == CameraInfo(2, "Another")
    assert find_again(CameraInfo(3, ""), []) == CameraInfo(3, "")  # no list names it: opening will tell
    assert find_again(LOOPBACK, [LOOPBACK]) is LOOPBACK
    for instead in ([], [LOOPBACK, SECOND], [CameraInfo(2, "Posecast", virtual=True)]):
        with pytest.raises(SourceError) as caught:
            find_again(REAL, instead)
        assert str(caught.value) == "camera 2 (HD Webcam) is not there; plug it in again"
