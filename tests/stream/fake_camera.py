"""A camera driver made of Python: it stands in for `cv2.VideoCapture`, and for nothing of ours."""

import threading
import time

import cv2
import numpy as np


class FakeDevice:
    """One device. `frames` is how many it gives before it fails (None: without end); `hang` blocks it until `free`.

    `backend` is what OpenCV calls its driver: DSHOW forgets the code of its pictures with every other wish.
    """

    def __init__(
        self,
        *,
        frames: int | None = None,
        size_px: tuple[int, int] = (64, 48),
        period_s: float = 0.002,
        backend: str = "FAKE",
    ) -> None:
        self.backend = backend
        self.misses = 0
        """So many grabs fail from now on before the next picture."""
        self.frames = frames
        self.size_px = size_px
        self.period_s = period_s
        self.hang = threading.Event()
        self.free = threading.Event()
        self.handles: list[FakeCapture] = []
        self.settable = True

    @property
    def open_count(self) -> int:
        return sum(not handle.released for handle in self.handles)


class FakeCapture:
    """What OpenCV gives for a `FakeDevice`. Pictures are BGR: blue 200, green 100, red = the frame's number."""

    def __init__(self, device: FakeDevice | None) -> None:
        self.device = device
        self.released = device is None
        self.asked: list[tuple[int, float]] = []
        self.values: dict[int, float] = {}
        self.grabbed = 0
        self.grabbed_at_ns = 0
        self.retrieved_at_ns = 0
        self.threads: set[int] = set()
        if device is not None:
            width, height = device.size_px
            self.values = {
                cv2.CAP_PROP_FRAME_WIDTH: width,
                cv2.CAP_PROP_FRAME_HEIGHT: height,
                cv2.CAP_PROP_FPS: 30.0,
                cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"YUYV"),
            }
            device.handles.append(self)

    def isOpened(self) -> bool:
        return not self.released

    def getBackendName(self) -> str:
        assert self.device is not None
        return self.device.backend

    def set(self, key: int, value: float) -> bool:
        assert self.device is not None
        self.asked.append((key, value))
        if self.device.settable:
            self.values[key] = value
            if self.device.backend == "DSHOW" and key in (
                cv2.CAP_PROP_FRAME_WIDTH,
                cv2.CAP_PROP_FRAME_HEIGHT,
                cv2.CAP_PROP_FPS,
            ):
                self.values[cv2.CAP_PROP_FOURCC] = cv2.VideoWriter.fourcc(*"YUYV")
        return self.device.settable

    def get(self, key: int) -> float:
        return self.values.get(key, 0.0)

    def grab(self) -> bool:
        assert self.device is not None
        assert not self.released, "grab after release"
        self.threads.add(threading.get_ident())
        if self.device.hang.is_set():
            self.device.free.wait(120)
            return False
        if self.device.misses:
            self.device.misses -= 1
            return False
        if self.device.frames is not None and self.grabbed >= self.device.frames:
            return False
        time.sleep(self.device.period_s)
        self.grabbed += 1
        self.grabbed_at_ns = time.perf_counter_ns()
        return True

    def retrieve(self):
        self.retrieved_at_ns = time.perf_counter_ns()
        width, height = int(self.get(cv2.CAP_PROP_FRAME_WIDTH)), int(self.get(cv2.CAP_PROP_FRAME_HEIGHT))
        image = np.empty((height, width, 3), np.uint8)
        image[:] = (200, 100, self.grabbed % 256)
        return True, image

    def release(self) -> None:
        self.released = True
        self.threads.add(threading.get_ident())


def install(monkeypatch, devices: dict[int, FakeDevice]) -> list[tuple[object, int]]:
    """Put the fake driver in place; return the list of (target, backend) that it will be asked to open."""
    asked: list[tuple[object, int]] = []

    def capture(target, backend=0, parameters=()):
        asked.append((target, backend))
        return FakeCapture(devices.get(target))

    monkeypatch.setattr(cv2, "VideoCapture", capture)
    return asked
