"""The user's own pictures: which are served, and that no path leads to anything else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from server_clients import get, make_server

from stream.actions.emotes import emote_names
from stream.server.server import Server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of pictures, in a configuration folder that holds secrets."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "posecast" / "emotes"
    folder.mkdir(parents=True)
    (folder.parent / "secrets.json").write_text("hunter2")
    (folder.parent / "outside.png").write_text("hunter2")
    return folder


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """A running server."""
    with make_server() as running:
        yield running


def test_pictures_are_served_with_their_type(server: Server, folder: Path) -> None:
    """Put there while it runs, they are found; names may hold blanks."""
    kinds = {
        "a.png": "image/png",
        "b c.gif": "image/gif",
        "d.webp": "image/webp",
        "e.jpg": "image/jpeg",
        "f.jpeg": "image/jpeg",
    }
    for name, kind in kinds.items():
        (folder / name).write_bytes(name.encode())
        status, headers, body = get(server, f"/emotes/{name.replace(' ', '%20')}")
        assert (status, headers["content-type"], body) == (200, kind, name.encode())
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
    assert emote_names() == sorted(kinds)


@pytest.mark.parametrize(
    "path",
    [
        *("/emotes/", "/emotes", "/emotes/none.png", "/emotes/page.html", "/emotes/picture.svg", "/emotes/.hidden.png"),
        *("/emotes/../secrets.json", "/emotes/..%2Fsecrets.json", "/emotes/../outside.png", "/emotes/%2e%2e%2foutside.png"),
        *("/emotes/sub/a.png", "/emotes/sub%2Fa.png", "/emotes/a.png%00", "/emotes//a.png", "/emotes/huge.png", "/web/a.png"),
    ],
)
def test_nothing_else_is_served(server: Server, folder: Path, path: str) -> None:
    """Other kinds, hidden ones, folders, too large ones, and every way out."""
    for name in ("page.html", "picture.svg", ".hidden.png", "a.png"):
        (folder / name).write_text("x")
    (folder / "sub").mkdir()
    (folder / "sub" / "a.png").write_text("x")
    with open(folder / "huge.png", "wb") as file:
        file.truncate(5 << 20)
    status, _, body = get(server, path)
    assert status == 404
    assert b"hunter2" not in body


def test_without_a_folder_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most users have no folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert emote_names() == []
