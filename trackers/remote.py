"""A tracker in a process of its own.

Owns the child process, the memory that carries pictures to it, and what happens when it dies or hangs. Python runs one thread
at a time in a process; with the tracker elsewhere the output beat never waits for it. Knows nothing of how the engine works.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from types import TracebackType
from typing import Any, Final, Self

import cv2
import numpy as np

from trackers.contract import EngineInfo, Tracker, TrackerSettings
from trackers.core_files import forbid_core_files
from trackers.errors import PosecastError
from trackers.quiet_stderr import quiet_stderr
from trackers.types import Frame, ImageArray, Stamp, Tracking

START_S: Final = 60.0
"""Time in which the models must be loaded."""
ANSWER_S: Final = 10.0
"""Time in which a frame must be tracked; a child that takes longer hangs."""
_JOIN_S = 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0  # between attempts to start it again
_NICENESS = 5  # when the cores are full, the output beat comes first
_FOR_THE_PARENT: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


Opener = Callable[[TrackerSettings], Tracker]


class TrackerDied(PosecastError):
    """The tracker's process ended or hung. The next `track` starts it anew."""


class RemoteTracker:
    """Runs a tracker in a child process. Keeps the contract of `Tracker`.

    Args:
        open_here: makes the tracker, in the child; a function of a module, so that the child can find it.
    """

    def __init__(self, settings: TrackerSettings, *, open_here: Opener) -> None:
        self._open_here = open_here
        self._settings = replace(settings, own_process=False)
        self._info = EngineInfo(settings.engine, "a process of its own", "not started")
        self._pause_s = _FIRST_PAUSE_S
        self._retry_at_s = 0.0
        self._entered = False
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._memory: SharedMemory | None = None

    @property
    def info(self) -> EngineInfo:
        """What runs, and why; another object as soon as that changes."""
        return self._info

    def __enter__(self) -> Self:
        self._start()
        self._entered = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._entered = False
        self._stop()

    def track(self, frame: Frame) -> Tracking:
        """Return what is in the frame. Parts that were not found are None.

        Raises:
            RuntimeError: the tracker is not entered; nothing would end a process that was started then.
            TrackerDied: the process ended or hung.
        """
        if not self._entered:
            raise RuntimeError("the tracker must be entered (`with`) before it tracks")
        if self._process is None:
            self._restart()
        self._share(frame.image)
        tracking, info = self._ask(("track", frame.image.shape, frame.stamp), ANSWER_S)
        if info != self._info:
            self._info = info
        assert isinstance(tracking, Tracking)
        return tracking

    def reset(self) -> None:
        """Forget what was followed: the next frame is from another scene."""
        if self._process is not None:
            self._ask(("reset",), ANSWER_S)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, self._open_here, self._settings)
        process = context.Process(target=_serve, args=arguments, name="posecast-tracker", daemon=True)
        try:
            with _children_deaf_to_the_terminal():
                process.start()
            self._process = process
            theirs.close()
            self._info = self._receive(START_S)
        except BaseException:
            theirs.close()
            self._stop()
            raise

    def _restart(self) -> None:
        """Start the child again after it died; if it cannot be started, not with every frame."""
        now_s = time.monotonic()
        if now_s < self._retry_at_s:
            raise TrackerDied("the tracker's process has ended and is started again soon")
        try:
            self._start()
        except Exception:
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
            self._retry_at_s = time.monotonic() + self._pause_s
            raise
        self._pause_s = _FIRST_PAUSE_S

    def _share(self, image: ImageArray) -> None:
        """Copy the picture to where the child sees it."""
        if self._memory is None or self._memory.size < image.nbytes:
            self._drop_memory()
            self._memory = self._lend(image.nbytes)
        np.copyto(np.ndarray(image.shape, np.uint8, buffer=self._memory.buf), image)

    def _lend(self, size: int) -> SharedMemory:
        """Return memory that the child sees too. It has lost its name before a picture of the camera comes into it: whatever
        kills us, the system then frees it, and nobody finds the picture."""
        memory = SharedMemory(create=True, size=size)
        try:
            self._ask(("map", memory.name), ANSWER_S)
        except BaseException:
            memory.close()
            raise
        finally:
            memory.unlink()  # on Windows it does nothing: there the memory goes with the last who has it open
        return memory

    def _drop_memory(self) -> None:
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()

    def _ask(self, question: tuple[Any, ...], timeout_s: float) -> Any:
        assert self._pipe is not None
        try:
            self._pipe.send(question)
        except OSError:
            self._stop()
            raise TrackerDied("the tracker's process has ended") from None
        return self._receive(timeout_s)

    def _receive(self, timeout_s: float) -> Any:
        """Return the child's answer, or raise the exception that it sent instead."""
        assert self._pipe is not None
        try:
            if not self._pipe.poll(timeout_s):
                raise TrackerDied(f"the tracker's process gave no answer in {timeout_s:.0f} s")
            answer = self._pipe.recv()
        except (EOFError, OSError):
            self._stop()
            raise TrackerDied("the tracker's process has ended") from None
        except TrackerDied:
            self._stop()
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _stop(self) -> None:
        """End the child, by its own will if it listens. Idempotent."""
        self._drop_memory()  # without a name, another child could not find it
        process, self._process = self._process, None
        if self._pipe is not None:
            self._pipe.close()  # its end of the conversation: the child leaves its loop
        if process is None:
            return
        process.join(_JOIN_S)
        if process.is_alive():
            process.kill()
            process.join(_JOIN_S)
        process.close()


def _serve(pipe: Connection, open_here: Opener, settings: TrackerSettings) -> None:
    """Run in the child: open the tracker, then answer until the parent closes the pipe."""
    forbid_core_files()  # before it sees its first picture
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    cv2.setNumThreads(1)
    with ExitStack() as opened, contextlib.suppress(EOFError, OSError):
        try:
            with quiet_stderr():
                tracker = opened.enter_context(open_here(settings))
        except Exception as error:  # the parent tells it
            pipe.send(_portable(error))
            return
        pipe.send(tracker.info)
        memory = opened.enter_context(contextlib.closing(_Memory()))
        while True:
            pipe.send(_answer(tracker, memory, pipe.recv()))


class _Memory:
    """The parent's memory; another one as soon as its pictures are larger."""

    def __init__(self) -> None:
        self._shared: SharedMemory | None = None

    def map(self, name: str) -> None:
        """See the memory called `name` from now on; it may lose its name then."""
        self.close()
        self._shared = SharedMemory(name)

    def picture(self, shape: tuple[int, ...]) -> ImageArray:
        """Return the (H, W, 3) picture that lies in it."""
        assert self._shared is not None
        return np.ndarray(shape, np.uint8, buffer=self._shared.buf)

    def close(self) -> None:
        shared, self._shared = self._shared, None
        if shared is not None:
            with contextlib.suppress(BufferError):  # somebody still holds its picture; it goes with that
                shared.close()


def _answer(tracker: Tracker, memory: _Memory, question: tuple[Any, ...]) -> object:
    """Return what the parent asked for, or the exception that came instead."""
    try:
        match question:
            case ("map", name):
                memory.map(name)
                return None
            case ("reset",):
                tracker.reset()
                return None
        _, shape, stamp = question
        assert isinstance(stamp, Stamp)
        return tracker.track(Frame(memory.picture(shape), stamp)), tracker.info
    except Exception as error:  # the parent decides what a failure means
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """Return the exception if it survives the way to the parent, else one that says the same."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@contextlib.contextmanager
def _children_deaf_to_the_terminal() -> Iterator[None]:
    """Let processes started within it ignore Ctrl-C and the terminal's closing from their first moment: all of a terminal's get
    these, the parent decides. One of them is multiprocessing's own, which cleans up when we are killed."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set this; the child does so itself, a little later
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _FOR_THE_PARENT}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
