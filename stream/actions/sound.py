"""Sounds: `sound.play`, through miniaudio (optional, imported at use).

Owns decoding, mixing and the device. A sound is decoded in a thread and mixed on miniaudio's own; the loop never waits. The
device runs only while something sounds. Knows nothing of rules.
"""

import asyncio
import contextlib
import importlib
import os
import platform
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from stream.actions.base import Action, Client, Connection, Order, Refused, Rejected, Tools, Unreachable

RATE_HZ: Final = 44_100
CHANNELS: Final = 2
VOICES: Final = 8
"""So many sounds at a time; one more ends the oldest."""
_LONGEST_S: Final = 120.0
_LARGEST_BYTES: Final = 64 << 20
_KEPT: Final = 16
_BUFFER_MS: Final = 60
_REST_S: Final = 1.0

Samples = NDArray[np.int16]
"""(n, 2), 44.1 kHz."""
OpenDevice = Callable[[Any], Any]


class SoundPlay(Action):
    """Play a sound; others go on."""

    kinds: ClassVar = ("sound",)

    action: Literal["sound.play"] = "sound.play"
    file: str = Field(min_length=1, description="a .wav, .mp3, .ogg or .flac file of at most 2 minutes")
    volume: float = Field(1.0, ge=0, le=1, description="0..1")

    def lacking(self) -> str | None:
        if Path(self.file).expanduser().is_file():
            return None
        return f"the sound {self.file} was not found; give its whole path"


class SoundConnection(Connection):
    """The system's sound; there without being configured."""

    implicit: ClassVar = True

    kind: Literal["sound"] = "sound"
    volume: float = Field(1.0, ge=0, le=1, description="of all sounds, 0..1")

    def client(self, name: str, *, tools: Tools) -> "SoundClient":
        return SoundClient(name, self, tools=tools)


class Mixer:
    """Adds up what sounds. Pure but for a lock: sounds are added on one thread and mixed on another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._voices: list[tuple[NDArray[np.float32], int]] = []  # samples, and how many of them were played

    @property
    def sounding(self) -> int:
        """How many sounds are not at their end."""
        return len(self._voices)

    def add(self, samples: Samples, *, volume: float) -> None:
        """Begin a sound; of more than `VOICES` the oldest ends."""
        with self._lock:
            self._voices = [*self._voices, (samples.astype(np.float32) * volume, 0)][-VOICES:]

    def clear(self) -> None:
        """End all."""
        with self._lock:
            self._voices = []

    def mix(self, count: int) -> Samples:
        """Return (count, 2) of the sum, clipped; silence where nothing sounds."""
        total = np.zeros((count, CHANNELS), np.float32)
        with self._lock:
            going = []
            for samples, at in self._voices:
                part = samples[at : at + count]
                total[: len(part)] += part
                if at + count < len(samples):
                    going.append((samples, at + count))
            self._voices = going
        return np.clip(total, -32768, 32767).astype(np.int16)

    def stream(self) -> Generator[Samples, int, None]:
        """Return a generator as miniaudio wants it: begun, sent how many frames are due, yielding them."""
        generator = self._stream()
        next(generator)
        return generator

    def _stream(self) -> Generator[Samples, int, None]:
        count = yield np.zeros((0, CHANNELS), np.int16)
        while True:
            count = yield self.mix(count)


class SoundClient(Client[SoundConnection]):
    """Plays on the system's usual device."""

    def __init__(self, name: str, connection: SoundConnection, *, tools: Tools, open_device: OpenDevice | None = None) -> None:
        super().__init__(name, connection, tools=tools)
        self.mixer = Mixer()
        self._open_device = open_device or _open_device
        self._miniaudio: Any = None
        self._device: Any = None
        self._kept: dict[tuple[str, int], Samples] = {}
        self._rest: asyncio.Task[None] | None = None

    async def connect(self) -> str:
        await self.close()
        try:
            self._miniaudio = await asyncio.to_thread(importlib.import_module, "miniaudio")
        except ImportError:
            raise Rejected(
                'sounds need a package: miniaudio is not installed; pip install ".[sound]", then start again'
            ) from None
        try:
            self._device = await asyncio.to_thread(self._open_device, self._miniaudio)
        except (self._miniaudio.MiniaudioError, OSError) as error:
            raise Unreachable(f"no sound device could be opened ({error}); plug one in or switch one on") from None
        return f"sound through {self._device.backend}"

    def check(self, action: Action) -> str | None:
        return action.lacking()

    async def perform(self, order: Order) -> None:
        assert isinstance(order.action, SoundPlay)
        if self._device is None:
            raise Unreachable("the sound device is closed")
        if wrong := self.check(order.action):
            raise Refused(wrong)
        samples = await asyncio.to_thread(self._samples, Path(order.action.file).expanduser())
        self.mixer.add(samples, volume=order.action.volume * self.connection.volume)
        if self._rest is None or self._rest.done():
            await self._begin()

    async def _begin(self) -> None:
        if not self._device.running:
            try:
                await asyncio.to_thread(self._device.start, self.mixer.stream())
            except self._miniaudio.MiniaudioError as error:
                raise Unreachable(f"the sound device went away ({error}); plug it in again") from None
        self._rest = asyncio.create_task(self._stop_when_silent())

    async def _stop_when_silent(self) -> None:
        while self.mixer.sounding:
            await asyncio.sleep(_REST_S)
        if self._device is not None:
            self._device.stop()  # a few milliseconds; on the loop, so that no sound begins meanwhile

    def _samples(self, path: Path) -> Samples:
        """Return a file's samples, decoded once as long as it does not change."""
        key = (str(path), path.stat().st_mtime_ns)
        if key not in self._kept:
            samples = _decode(self._miniaudio, path)
            self._kept = dict([*self._kept.items(), (key, samples)][-_KEPT:])
        return self._kept[key]

    async def halt(self) -> None:
        self.mixer.clear()

    async def close(self) -> None:
        self.mixer.clear()
        rest, self._rest = self._rest, None
        if rest is not None:
            rest.cancel()
            await asyncio.gather(rest, return_exceptions=True)
        device, self._device = self._device, None
        if device is not None:
            with contextlib.suppress(Exception):  # it may have been unplugged
                await asyncio.to_thread(device.close)


def _decode(miniaudio: Any, path: Path) -> Samples:
    try:
        if path.stat().st_size > _LARGEST_BYTES or miniaudio.get_file_info(str(path)).duration > _LONGEST_S:
            raise Refused(f"the sound {path.name} is longer than {_LONGEST_S:.0f} s; cut it")
        decoded = miniaudio.decode_file(str(path), nchannels=CHANNELS, sample_rate=RATE_HZ)
    except (miniaudio.MiniaudioError, OSError):
        raise Refused(f"the sound {path.name} cannot be read; make it a .wav, .mp3, .ogg or .flac file") from None
    return np.frombuffer(decoded.samples, np.int16).reshape(-1, CHANNELS)


def _open_device(miniaudio: Any) -> Any:
    if platform.system() == "Linux" and not _has_sound():  # else ALSA complains on the terminal at every attempt
        raise OSError("this machine has none")
    return miniaudio.PlaybackDevice(nchannels=CHANNELS, sample_rate=RATE_HZ, buffersize_msec=_BUFFER_MS, app_name="Posecast")


def _has_sound() -> bool:
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    servers = (runtime / "pulse" / "native", runtime / "pipewire-0")
    return bool(os.environ.get("PULSE_SERVER")) or any(map(Path.exists, servers)) or any(Path("/dev/snd").glob("pcm*p"))


ACTIONS: Final = (SoundPlay,)
CONNECTIONS: Final = (SoundConnection,)
