"""The far end of HTTP: a server on this machine that notes every request and answers as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    port: int
    """Of the connection over which it came."""
    at_ns: int
    """`time.perf_counter_ns()` when it was read."""

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


Answer = Callable[[Heard], tuple[int, bytes]]


class FarHttp:
    """Holds what was heard. `answer` gives status and body of each request."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heard: list[Heard] = []
        self.port = 0
        self.headers: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def far_http(answer: Answer = lambda heard: (200, b"")) -> Iterator[FarHttp]:
    """Run the server."""
    far = FarHttp(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            heard = Heard(
                self.command,
                self.path,
                {name.lower(): text for name, text in self.headers.items()},
                body,
                self.client_address[1],
                time.perf_counter_ns(),
            )
            far.heard.append(heard)
            status, content = far.answer(heard)
            self.send_response(status)
            for name, text in far.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    far.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield far
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
