"""The pages: which paths exist, and what every answer forbids."""

import re
from collections.abc import Iterator

import pytest
from server_clients import get, make_server

from stream.server.pages import WEB_FOLDER, load_pages
from stream.server.server import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A running server."""
    with make_server() as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/?token=x", "/overlay", "/overlay?fit=cover", "/web/panel.js", "/web/icon.svg"])
def test_answers_forbid_what_is_not_needed(server: Server, path: str) -> None:
    """Nothing from elsewhere, no frames, no sniffing, no referrer (the panel's URL holds the token), no keeping."""
    status, headers, _ = get(server, path)
    assert status == 200
    policy = headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' ws://127.0.0.1:{server.port}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_content_types(server: Server) -> None:
    """A browser that may not sniff needs the right ones."""
    types = {path: get(server, path)[1]["content-type"] for path in ("/", "/web/panel.css", "/web/link.js", "/web/icon.svg")}
    assert [kind.partition(";")[0] for kind in types.values()] == ["text/html", "text/css", "text/javascript", "image/svg+xml"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/web/", "/web/../server.py", "/web/%2e%2e/server.py", "//evil.example", "/web/panel.html/", "*"]
)
def test_other_paths_do_not_exist(server: Server, path: str) -> None:
    """Only the files that were loaded at start are there; no path leads out of the folder."""
    status, _, body = get(server, path)
    assert (status, body) == (404, b"no such page; the panel is at / and the overlay at /overlay\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_only_get_is_served(server: Server, method: str) -> None:
    """A page cannot be written to, and a preflight is not answered."""
    status, headers, _ = get(server, "/", method=method)
    assert status == 405
    assert not any(name.startswith("access-control") for name in headers)


def test_pages_load_nothing_from_elsewhere() -> None:
    """No address but this server's stands in any file (the name of SVG's namespace is no address)."""
    for file in WEB_FOLDER.iterdir():
        found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", file.read_text(encoding="utf-8"))
        assert [url for url in found if url != "http://www.w3.org"] == [], file.name


def test_every_file_is_linked_from_a_page() -> None:
    """Each file that a page names exists, and each file is named by one."""
    pages = load_pages()
    text = "\n".join(page.body.decode() for page in pages.values())
    named = set(re.findall(r'"/web/([\w.]+)"', text)) | set(re.findall(r'from "\./([\w.]+)"', text))
    assert named | {"panel.html", "overlay.html", "events.html"} == {file.name for file in WEB_FOLDER.iterdir()}
