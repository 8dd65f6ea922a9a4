"""`.pcast`: what is written comes back, what is damaged is named, what is cut short is read as far as it goes."""

import itertools
import json
import os
import stat
import struct
import zlib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackers import recording, recording_codec
from trackers.errors import SourceError, UserError
from trackers.recording import MAGIC, PcastWriter, Recording, RecordingMetadata, is_recording, read_pcast
from trackers.types import PARTS, BodyTracking, FaceTracking, HandTracking, Stamp, Tracking

METADATA = RecordingMetadata(
    source="want.mkv",
    fps=30.0,
    width_px=640,
    height_px=480,
    created="2026-01-02T03:04:05+00:00",
    engine="test",
    attribution="clip © somebody, CC BY 4.0",
)
FRAME_NS = 33_333_333
TOLERANCE = {
    "keypoints_px": 1 / 16,
    "world_m": 1e-4,
    "camera_from_head": 0.0,
    "head_position_m": 1e-4,
    "gaze_rad": 1e-4,
    "expression": 1e-3,
    "visibility": 1e-3,
    "presence": 1e-3,
    "score": 1e-3,
    "right_probability": 1e-3,
}


def f32(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)


def rotation(rng: np.random.Generator) -> np.ndarray:
    """A random rotation matrix (3, 3) float32."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    return f32(q * np.sign(np.linalg.det(q)))


def tracking(seed: int, *, seq: int, captured_ns: int, parts: int = 15) -> Tracking:
    """A tracking of random numbers in the ranges that trackers give; bit i of `parts` keeps part i."""
    rng = np.random.default_rng(seed)

    def hand() -> HandTracking:
        return HandTracking(
            f32(rng.uniform(-500, 4000, (21, 3))), f32(rng.normal(0, 0.1, (21, 3))), float(rng.random()), float(rng.random())
        )

    body = BodyTracking(
        f32(rng.uniform(-500, 4000, (33, 3))),
        f32(rng.normal(0, 1, (33, 3))),
        f32(rng.random(33)),
        f32(rng.random(33)),
        float(rng.random()),
    )
    left, right = hand(), hand()
    face = FaceTracking(
        f32(rng.uniform(-500, 4000, (478, 3))),
        rotation(rng),
        f32(rng.normal(0, 1, 3)),
        f32(rng.normal(0, 0.3, 2)),
        f32(rng.random(52)),
        float(rng.random()),
    )
    found = [part if parts & (1 << bit) else None for bit, part in enumerate((body, left, right, face))]
    predicted = frozenset(PARTS[seq % 4 :]) if seq % 2 else frozenset()
    return Tracking(Stamp(seq, captured_ns), 640, 480, *found, predicted=predicted)  # type: ignore[arg-type]


def performance(count: int, *, parts: int = 15) -> list[Tracking]:
    """A person who moves slowly, with the noise of a real tracker (0.3 px on the face, 1 px on the body)."""
    rng = np.random.default_rng(7)
    first = tracking(1, seq=0, captured_ns=0)

    def vary(part, spread: dict[str, float]):
        changes = {}
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray) and field.name in spread:
                changes[field.name] = f32(value + rng.normal(0, spread[field.name], value.shape))
        return replace(part, **changes)

    limb = {"keypoints_px": 1.0, "world_m": 0.004, "visibility": 0.01, "presence": 0.01}
    face = {"keypoints_px": 0.3, "head_position_m": 0.002, "gaze_rad": 0.01, "expression": 0.01, "camera_from_head": 0.002}
    return [
        Tracking(
            Stamp(index, index * FRAME_NS),
            640,
            480,
            vary(first.body, limb) if parts & 1 else None,
            vary(first.left_hand, limb) if parts & 2 else None,
            vary(first.right_hand, limb) if parts & 4 else None,
            vary(first.face, face) if parts & 8 else None,
        )
        for index in range(count)
    ]


def write(path: Path, trackings, metadata: RecordingMetadata = METADATA) -> Path:
    with PcastWriter(path, metadata=metadata) as writer:
        for item in trackings:
            writer.write(item)
    return path


def assert_same(got: Tracking, want: Tracking) -> None:
    assert (got.stamp, got.width_px, got.height_px) == (want.stamp, want.width_px, want.height_px)
    assert got.predicted == want.predicted
    for name in PARTS:
        a, b = getattr(got, name), getattr(want, name)
        assert (a is None) == (b is None)
        for field in fields(b) if b is not None else ():
            x, y = getattr(a, field.name), getattr(b, field.name)
            exact = TOLERANCE[field.name] == 0  # otherwise half a step, and float32's own rounding
            np.testing.assert_allclose(x, y, rtol=0 if exact else 2e-7, atol=TOLERANCE[field.name] / 2)


@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(0, 2**32), st.integers(0, 2_000_000_000)), max_size=12),
    st.integers(0, 2**61),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_round_trip_keeps_every_number_within_half_a_step_and_is_stable(tmp_path: Path, frames, start_ns: int) -> None:
    """Any parts at any times come back within half a step, and writing what was read gives the same bytes."""
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    stamps = itertools.accumulate((gap for _, _, gap in frames), initial=start_ns)
    wanted = [
        tracking(seed, seq=index, captured_ns=stamp, parts=parts)
        for index, ((parts, seed, _), stamp) in enumerate(zip(frames, stamps, strict=False))
    ]
    first = read_pcast(write(folder / "a.pcast", wanted))
    read = list(first)
    assert len(first) == len(read) == len(wanted)
    for got, want in zip(read, wanted, strict=True):
        assert_same(got, want)
    assert first.metadata == METADATA
    assert first.warning == ""
    write(folder / "b.pcast", read, first.metadata)
    assert (folder / "a.pcast").read_bytes() == (folder / "b.pcast").read_bytes()


def test_rotations_come_back_bit_for_bit(tmp_path: Path) -> None:
    """The head's rotation is kept exactly, so that it is still a rotation."""
    wanted = [tracking(seed, seq=seed, captured_ns=seed * FRAME_NS) for seed in range(40)]
    for got, want in zip(read_pcast(write(tmp_path / "s.pcast", wanted)), wanted, strict=True):
        assert got.face is not None
        assert want.face is not None
        assert got.face.camera_from_head.tobytes() == want.face.camera_from_head.tobytes()


def test_a_performance_with_all_parts_takes_less_than_100_kb_a_second(tmp_path: Path) -> None:
    """Ten seconds at 30 fps with a real tracker's noise stay below 100 kB/s."""
    path = write(tmp_path / "s.pcast", performance(300))
    assert path.stat().st_size / 10 < 100_000


def test_a_second_of_stamps_is_on_disk_before_the_next_begins(tmp_path: Path) -> None:
    """While the writer is still open, all but the last second can be read."""
    path = tmp_path / "s.pcast"
    with PcastWriter(path, metadata=METADATA) as writer:
        for item in performance(75):
            writer.write(item)
        early = read_pcast(path)
        assert len(early) == 62  # stamps 0 .. 1.03 s and 1.03 .. 2.07 s
        assert writer.count == 75
    assert len(read_pcast(path)) == 75


def test_a_file_cut_anywhere_reads_up_to_its_last_whole_chunk(tmp_path: Path) -> None:
    """Every possible cut after the header gives whole chunks and a warning, never an error and never a wrong number."""
    data = write(tmp_path / "s.pcast", performance(65, parts=6)).read_bytes()
    whole = list(read_pcast(tmp_path / "s.pcast"))
    header = 20 + struct.unpack_from("<I", data, 12)[0]
    cut = tmp_path / "cut.pcast"
    counts = set()
    for size in [*range(header, header + 40), *range(header + 40, len(data), 211), *range(len(data) - 40, len(data))]:
        cut.write_bytes(data[:size])
        recording = read_pcast(cut)
        counts.add(len(recording))
        assert recording.warning == (
            f"cut.pcast ends early (its recording was not finished); {len(recording)} trackings could be read"
        )
        for got, want in zip(recording, whole, strict=False):
            assert_same(got, want)
    assert counts == {0, 31, 62, 65}


def test_any_flipped_bit_is_refused(tmp_path: Path) -> None:
    """One flipped bit anywhere gives a sentence that says where, never a wrong tracking and never an early end."""
    data = bytearray(write(tmp_path / "s.pcast", performance(40, parts=2)).read_bytes())
    bad = tmp_path / "bad.pcast"
    for position in [*range(0, 60), *range(60, len(data), 97), *range(len(data) - 20, len(data))]:
        if position in (10, 11):  # reserved
            continue
        data[position] ^= 0x10
        bad.write_bytes(data)
        with pytest.raises(SourceError, match=r"damaged|not a Posecast recording|recording format"):
            read_pcast(bad)
        data[position] ^= 0x10


def test_a_damaged_chunk_is_named(tmp_path: Path) -> None:
    """The sentence says which chunk is damaged and what to do."""
    path = write(tmp_path / "s.pcast", performance(65, parts=2))
    data = bytearray(path.read_bytes())
    data[-60] ^= 1
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        read_pcast(path)
    assert str(caught.value) == f"{path} is damaged in chunk 3; take a fresh copy or record it again"


def test_another_version_is_refused(tmp_path: Path) -> None:
    """The sentence names both versions."""
    path = write(tmp_path / "s.pcast", [])
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, 8, 2)
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        read_pcast(path)
    assert str(caught.value) == (
        f"{path} has recording format 2, this Posecast reads format 1; update Posecast or record it again"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("fps", value) for value in ("abc", None, True, 1e-305, float("nan"), float("inf"), -1, 1001, 10**400)),
        *(("width_px", value) for value in ("wide", None, 1.5, -1, 10**9)),
        ("height_px", [1]),
        ("source", 5),
        ("created", None),
    ],
)
def test_metadata_that_cannot_be_is_refused(tmp_path: Path, key: str, value: object) -> None:
    """A file may come from anybody, with its checksums right."""
    path = write(tmp_path / "s.pcast", [])
    data = path.read_bytes()
    head, length = bytearray(data[:20]), struct.unpack_from("<I", data, 12)[0]
    text = json.dumps(json.loads(data[20 : 20 + length]) | {key: value}).encode()
    struct.pack_into("<II", head, 12, len(text), zlib.crc32(text))
    path.write_bytes(bytes(head) + text + data[20 + length :])
    with pytest.raises(SourceError) as caught:
        read_pcast(path)
    assert str(caught.value) == f"{path} is damaged in its header; take a fresh copy or record it again"


def test_another_file_is_refused(tmp_path: Path) -> None:
    """A file that is no recording, an empty file and an absent file each get one sentence."""
    path = tmp_path / "s.pcast"
    with pytest.raises(SourceError) as caught:
        read_pcast(path)
    assert str(caught.value) == f"{path} was not found; check the path"
    for content in (b"", b"hello", b"RIFF" * 20):
        path.write_bytes(content)
        with pytest.raises(SourceError) as caught:
            read_pcast(path)
        assert str(caught.value) == f"{path} is not a Posecast recording; record one with --record-session FILE.pcast"


def test_a_chunk_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    """A payload that unpacks to more than its trackings can hold is refused before it fills the memory."""
    bomb = zlib.compress(bytes(50_000_000), 9)
    with pytest.raises(ValueError, match="chunk must end after"):
        recording_codec.decode_chunk(bomb, 3)


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    """Recording never overwrites a recording."""
    path = write(tmp_path / "s.pcast", performance(3))
    before = path.read_bytes()
    with pytest.raises(UserError) as caught, PcastWriter(path, metadata=METADATA):
        pass
    assert str(caught.value) == f"{path} exists already; remove it or choose another name"
    assert path.read_bytes() == before


def test_a_folder_that_is_absent_is_named(tmp_path: Path) -> None:
    """A path that cannot be created gives one sentence."""
    path = tmp_path / "absent" / "s.pcast"
    with pytest.raises(UserError) as caught, PcastWriter(path, metadata=METADATA):
        pass
    assert str(caught.value) == f"{path} could not be created (No such file or directory); choose another path"


def test_a_full_disk_leaves_whole_chunks(tmp_path: Path) -> None:
    """When the disk is full the writer says so, and what was written before still reads."""
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    path = tmp_path / "s.pcast"
    items = performance(100, parts=2)
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = PcastWriter(path, metadata=METADATA)
    try:
        writer.__enter__()
        for item in items[:32]:
            writer.write(item)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, old_limit[1]))
        for item in items[32:62]:
            writer.write(item)
        with pytest.raises(UserError) as caught:
            writer.write(items[62])
        assert str(caught.value) == f"{path} could not be written (File too large); free some space or record elsewhere"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_handler)
        writer.close()
    recording = read_pcast(path)
    assert recording.warning == ""
    assert [item.stamp.seq for item in recording] == [*range(31)]


def test_a_disk_that_is_full_at_the_start_leaves_no_file(tmp_path: Path) -> None:
    """The file is taken back, so that the next try with the same name succeeds."""
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    path = tmp_path / "s.pcast"
    old_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, old_limit[1]))
        with pytest.raises(UserError) as caught, PcastWriter(path, metadata=METADATA):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old_limit)
        signal.signal(signal.SIGXFSZ, old_handler)
    assert str(caught.value) == f"{path} could not be written (File too large); free some space or record elsewhere"
    assert not path.exists()
    assert len(read_pcast(write(path, performance(3)))) == 3


def test_metadata_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    """Whatever stops the beginning, the file is closed and taken back."""
    writer = PcastWriter(tmp_path / "s.pcast", metadata=replace(METADATA, source="\udc80"))
    with pytest.raises(UnicodeEncodeError):
        writer.__enter__()
    assert list(tmp_path.iterdir()) == []
    writer.close()


@pytest.mark.parametrize("is_closed", [False, True])
def test_writing_outside_of_with_is_refused_at_once(tmp_path: Path, is_closed: bool) -> None:
    """Before and after it, a tracking would be lost without a word."""
    writer = PcastWriter(tmp_path / "s.pcast", metadata=METADATA)
    if is_closed:
        with writer:
            pass
    with pytest.raises(RuntimeError, match=r"^PcastWriter\.write needs an open writer; use it in a `with` block$"):
        writer.write(tracking(1, seq=0, captured_ns=0))
    assert writer.count == 0


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps access lists in place of modes")
def test_only_the_owner_may_read_a_recording(tmp_path: Path) -> None:
    """It holds somebody's face and movements, whatever the system's usual mode."""
    before = os.umask(0)
    try:
        path = write(tmp_path / "s.pcast", performance(1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    """NaN names its field, and the trackings around it are still recorded."""
    bad = tracking(1, seq=0, captured_ns=0)
    assert bad.body is not None
    bad.body.world_m[3, 1] = np.nan
    path = tmp_path / "s.pcast"
    with PcastWriter(path, metadata=METADATA) as writer:
        with pytest.raises(ValueError, match=r"body\.world_m must be finite to be recorded, got nan or inf"):
            writer.write(bad)
        writer.write(tracking(3, seq=1, captured_ns=FRAME_NS))
    assert [item.stamp.seq for item in read_pcast(path)] == [1]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_file_with_numbers_that_are_not_finite_is_damaged(tmp_path: Path, value: float) -> None:
    """A file may come from anybody, with its checksums right: even so it never gives NaN."""
    bad = tracking(1, seq=0, captured_ns=0)
    assert bad.face is not None
    bad.face.camera_from_head[1, 2] = value
    path = tmp_path / "s.pcast"
    with PcastWriter(path, metadata=METADATA) as writer:
        writer._pending.append(bad)  # past the writer's own check
    with pytest.raises(SourceError) as caught:
        list(read_pcast(path))
    assert str(caught.value) == f"{path} is damaged in chunk 1; take a fresh copy or record it again"


def test_a_recording_can_be_read_twice_at_once(tmp_path: Path) -> None:
    """Two iterations over one recording do not disturb each other."""
    recording: Recording = read_pcast(write(tmp_path / "s.pcast", performance(40, parts=2)))
    pairs = list(zip(recording, recording, strict=True))
    assert [a.stamp for a, _ in pairs] == [b.stamp for _, b in pairs] == [Stamp(i, i * FRAME_NS) for i in range(40)]


def test_a_recording_is_known_by_its_name_or_by_what_it_holds(tmp_path: Path) -> None:
    """As far as it can be read: what cannot is left to whoever opens it."""
    named, renamed, other = tmp_path / "a.PCAST", tmp_path / "b.bin", tmp_path / "c.mp4"
    named.write_bytes(b"")
    renamed.write_bytes(MAGIC)
    other.write_bytes(b"a video")
    (tmp_path / "folder.pcast").mkdir()
    assert is_recording(named)
    assert is_recording(renamed)
    assert not any(map(is_recording, (other, tmp_path, tmp_path / "folder.pcast", tmp_path / "gone.pcast")))


def test_a_file_that_may_not_be_read_is_no_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback from the question what it is; one whose name says so is one, and its reader names the reason."""

    def refused(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    clip, named = tmp_path / "clip.mp4", tmp_path / "x.pcast"
    clip.touch()
    named.touch()
    monkeypatch.setattr(recording, "open", refused, raising=False)
    assert not is_recording(clip)
    assert is_recording(named)
    with pytest.raises(SourceError) as caught:
        read_pcast(named)
    assert str(caught.value) == f"{named} could not be read (Permission denied); check the path and its permissions"
