"""Sounds: the mixing by numbers, and playing through miniaudio's own device without a loudspeaker."""

import asyncio
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from client_tools import done, order, tools

from stream.actions import sound
from stream.actions.base import Refused, Rejected, Unreachable
from stream.actions.sound import Mixer, SoundClient, SoundConnection, SoundPlay


def _tone(path: Path, *, seconds: float, level: int = 8000, rate_hz: int = 44_100) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.full(round(seconds * rate_hz), level, np.int16).tobytes())
    return path


def _null_device(miniaudio: Any) -> Any:
    return miniaudio.PlaybackDevice(nchannels=2, sample_rate=44_100, buffersize_msec=20, backends=[miniaudio.Backend.NULL])


def _client(**fields: float) -> SoundClient:
    return SoundClient("sound", SoundConnection.model_validate(fields), tools=tools(), open_device=_null_device)


def _samples(level: int, count: int) -> np.ndarray:
    return np.full((count, 2), level, np.int16)


def test_mixer_adds_up_and_ends() -> None:
    """Sounds overlap, each at its volume; one that is over is gone; silence follows."""
    mixer = Mixer()
    mixer.add(_samples(1000, 6), volume=1.0)
    assert mixer.mix(2)[:, 0].tolist() == [1000, 1000]
    mixer.add(_samples(2000, 2), volume=0.5)
    assert mixer.mix(3)[:, 1].tolist() == [2000, 2000, 1000]
    assert mixer.sounding == 1
    assert mixer.mix(3)[:, 0].tolist() == [1000, 0, 0]
    assert mixer.sounding == 0


def test_mixer_clips_and_never_wraps() -> None:
    """Loud sounds together stay at the limit."""
    mixer = Mixer()
    for _ in range(3):
        mixer.add(_samples(30_000, 2), volume=1.0)
    mixer.add(_samples(-3, 1), volume=1.0)
    assert mixer.mix(2).tolist() == [[32767, 32767]] * 2


def test_ninth_sound_ends_the_oldest() -> None:
    """Eight at a time."""
    mixer = Mixer()
    for number in range(9):
        mixer.add(_samples(1 << number, 4), volume=1.0)
    assert mixer.sounding == 8
    assert mixer.mix(1)[0, 0] == sum(1 << number for number in range(1, 9))


def test_sound_is_played_to_its_end_and_the_device_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real device takes the samples at its own pace; when all is silent it is stopped, and starts again."""
    monkeypatch.setattr(sound, "_REST_S", 0.05)
    played: list[np.ndarray] = []

    async def run() -> None:
        client = _client(volume=0.5)
        mix = client.mixer.mix
        monkeypatch.setattr(client.mixer, "mix", lambda count: played.append(mix(count)) or played[-1])
        assert await client.connect() == "sound through Null"
        for _ in range(2):
            await client.perform(order(SoundPlay(file=str(_tone(tmp_path / "a.wav", seconds=0.1)), volume=0.5)))
            assert client._device.running
            while client._device.running:
                await asyncio.sleep(0.01)
        await client.close()

    asyncio.run(run())
    heard = np.concatenate(played)[:, 0]
    assert set(np.unique(heard)) <= {0, 2000}  # whether silence comes between them is the device's pace
    assert np.count_nonzero(heard) == 2 * 4410


def test_other_rates_are_resampled(tmp_path: Path) -> None:
    """A mono file of 22.05 kHz plays as long as it should, on both sides."""

    async def run() -> int:
        client = _client()
        await client.connect()
        await client.perform(order(SoundPlay(file=str(_tone(tmp_path / "a.wav", seconds=0.5, rate_hz=22_050)))))
        length = len(next(iter(client._kept.values())))
        await client.close()
        return length

    assert abs(asyncio.run(run()) - 22_050) < 100


def test_panic_ends_all_sounds(tmp_path: Path) -> None:
    """`halt` leaves silence; closing twice is fine."""

    async def run() -> None:
        client = _client()
        await client.connect()
        for _ in range(3):
            await client.perform(order(SoundPlay(file=str(_tone(tmp_path / "a.wav", seconds=5)))))
        assert client.mixer.sounding == 3
        await client.halt()
        assert client.mixer.sounding == 0
        await client.close()
        await client.close()

    asyncio.run(run())


def test_no_device_is_one_sentence() -> None:
    """It is tried again later; the loop is not blocked and nothing is printed."""

    def none(miniaudio: Any) -> Any:
        raise miniaudio.MiniaudioError("failed to init device", -401)

    client = SoundClient("sound", SoundConnection(), tools=tools(), open_device=none)
    with pytest.raises(Unreachable, match=r"^no sound device could be opened \(.*\); plug one in or switch one on$"):
        asyncio.run(done(client))


def test_machine_without_sound_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """ALSA would complain on the terminal at each attempt."""
    monkeypatch.setattr(sound, "_has_sound", lambda: False)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    client = SoundConnection().client("sound", tools=tools())
    with pytest.raises(Unreachable) as caught:
        asyncio.run(done(client))
    assert str(caught.value) == "no sound device could be opened (this machine has none); plug one in or switch one on"


def test_files_that_cannot_be_played(tmp_path: Path) -> None:
    """Missing, no sound at all, and far too long: one sentence each."""
    (tmp_path / "text.wav").write_text("hello")
    long = _tone(tmp_path / "long.wav", seconds=121, rate_hz=8000)
    sentences = []
    for path in (tmp_path / "none.wav", tmp_path / "text.wav", long):
        with pytest.raises(Refused) as caught:
            asyncio.run(done(_client(), order(SoundPlay(file=str(path)))))
        sentences.append(str(caught.value))
    assert sentences == [
        f"the sound {tmp_path / 'none.wav'} was not found; give its whole path",
        "the sound text.wav cannot be read; make it a .wav, .mp3, .ogg or .flac file",
        "the sound long.wav is longer than 120 s; cut it",
    ]


def test_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that brings it."""
    monkeypatch.setitem(__import__("sys").modules, "miniaudio", None)
    with pytest.raises(Rejected) as caught:
        asyncio.run(done(SoundConnection().client("sound", tools=tools())))
    assert str(caught.value) == ('sounds need a package: miniaudio is not installed; pip install ".[sound]", then start again')
