"""The pages: which path is which file, and the headers that every answer carries.

Owns `web/` and the HTTP headers. Pure after loading; knows nothing of sockets or tokens. Only the files that lie in `web/` at
start can be served, so no path can lead out of it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

WEB_FOLDER: Final = Path(__file__).parent / "web"

_CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGES: Final = {"/": "panel.html", "/overlay": "overlay.html", "/overlay/events": "events.html"}


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent."""

    content_type: str
    body: bytes


def load_pages(folder: Path = WEB_FOLDER) -> dict[str, Page]:
    """Return every page by its path: `/`, `/overlay`, `/overlay/events`, and `/web/NAME` for the files that they load."""
    files = {
        file.name: Page(_CONTENT_TYPES[file.suffix], file.read_bytes())
        for file in sorted(folder.iterdir())
        if file.suffix in _CONTENT_TYPES
    }
    return {path: files[name] for path, name in _PAGES.items()} | {f"/web/{name}": page for name, page in files.items()}


def response_headers(*, host: str, content_type: str, length: int) -> list[tuple[str, str]]:
    """Return the headers of an answer to a request for `host` (checked to be ours).

    Nothing from elsewhere may be loaded, nobody may frame a page (its buttons could be clicked unseen), other origins may not
    embed a file, and the panel's URL, which holds the token, is never sent as a referrer.
    """
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://{host}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return [
        ("Content-Type", content_type),
        ("Content-Length", str(length)),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("Connection", "close"),
    ]
