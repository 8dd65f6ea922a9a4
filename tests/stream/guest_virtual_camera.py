"""Runs inside the emulated machine (see test_virtual_camera_vm.py): our virtual camera, seen through our own camera source.

Prints one JSON object. Everything here is real: pyvirtualcam, the v4l2loopback driver, OpenCV.
"""

import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from avatar.types import Rendered
from stream.sinks.virtual_camera import VirtualCameraSettings, VirtualCameraSink, probe_virtual_camera
from stream.sources import SourceSettings, list_cameras
from stream.sources.camera import CameraSource
from trackers.errors import SourceError, SourceLost
from trackers.types import Frame, Stamp

SINK = VirtualCameraSettings(device="/dev/video0", width_px=96, height_px=64, fps=10, background="#00ff00")
SOURCE = SourceSettings(width_px=96, height_px=64, fps=10, frozen_after_s=6)


def picture() -> Rendered:
    """Square: left half red, right half blue, a white bar at the top, the lower quarter clear."""
    image = np.zeros((64, 64, 4), np.uint8)
    image[:, :32] = (220, 40, 40, 255)
    image[:, 32:] = (40, 40, 220, 255)
    image[:16] = 255
    image[48:] = 0
    return Rendered(image, Stamp(0, 0))


class Sender:
    """Sends the picture again and again, as the output clock does, until it is stopped."""

    def __enter__(self) -> "Sender":
        self.sink = VirtualCameraSink(SINK)
        self.sink.__enter__()
        self.status = self.sink.status
        self._stop, self._sent = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()
        self._sent.wait(30)  # the driver shows a camera once it holds a picture
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.sink.close()

    def _send(self) -> None:
        shown = picture()
        while not self._stop.wait(0.05):
            self.sink.send(shown)
            self._sent.set()


def colours(image: np.ndarray) -> dict[str, list[int]]:
    """Mean colours of patches: x 16..80 holds the square, the rest is background."""
    patches = {
        "left bar": image[24:40, 2:12],
        "right bar": image[24:40, 84:94],
        "top": image[4:12, 24:72],
        "left": image[24:40, 22:42],
        "right": image[24:40, 54:74],
        "clear": image[54:62, 24:72],
    }
    return {name: [round(float(v)) for v in patch.reshape(-1, 3).mean(axis=0)] for name, patch in patches.items()}


def lose(source: CameraSource) -> tuple[str, float]:
    """Read until the source is lost; return the words and the seconds it took."""
    began_s = time.perf_counter()
    try:
        while True:
            source.read()
    except SourceLost as error:
        return str(error), time.perf_counter() - began_s


def reopen(source: CameraSource) -> tuple[int, Frame]:
    """Open the source as the pipeline does, with a pause after each try; return how many it took, and a frame."""
    for number in range(1, 20):
        try:
            with source:
                return number, source.read()
        except (SourceError, SourceLost) as error:
            sys.stderr.write(f"{error}\n")
            time.sleep(0.5)
    raise TimeoutError("the camera did not come back")


def main() -> None:
    report: dict[str, object] = {"probe": probe_virtual_camera(SINK).detail}
    source = CameraSource(0, SOURCE)
    with Sender() as sender:
        report["cameras"] = [[camera.index, camera.virtual] for camera in list_cameras()]
        report["sink"] = sender.status.detail
        source.__enter__()
        frames = [source.read() for _ in range(3)]
    report["info"] = [source.info.kind, source.info.width_px, source.info.height_px, source.info.detail]
    report["colours"] = colours(frames[-1].image)
    report["lost"], report["lost_after_s"] = lose(source)
    began_s = time.perf_counter()
    source.close()
    report["close_s"] = time.perf_counter() - began_s
    with Sender() as sender:
        report["sink again"] = sender.status.detail
        report["tries"], again = reopen(source)
    report["seqs"] = [frame.stamp.seq for frame in (*frames, again)]
    report["times_ns"] = [frame.stamp.captured_ns for frame in (*frames, again)]
    report["colours again"] = colours(again.image)
    report["threads"] = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
