"""`run.py lights`: what it prints, the files that it keeps, and its sentences."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream.actions import scan as looking
from stream.actions.scan import Found, Scan
from stream.commands import lights
from trackers.errors import UserError

RULES = '[connections.desk]\nkind = "wled"\nhost = "127.0.0.1"\nport = {port}\n\n[connections.hook]\nkind = "web"\n'


@contextmanager
def strip(port_file: Path) -> Iterator[list[bytes]]:
    """Run a WLED device in a thread of its own, as the command runs a loop of its own; yields what was posted."""
    state = {
        "on": False,
        "bri": 10,
        "seg": [{"id": 0, "start": 0, "stop": 2, "col": [[1, 2, 3]], "fx": 0, "on": True, "bri": 255}],
    }
    answers = {"/json/info": {"ver": "1", "name": "S", "leds": {"count": 2}}, "/json/eff": ["Solid"], "/json/pal": ["Default"]}
    posted: list[bytes] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    ready = threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        if length:
            posted.append(await reader.readexactly(int(length[1])))
        body = json.dumps(answers.get(path, state if path == "/json/state" else {})).encode()
        status = "200 OK" if path in answers or path == "/json/state" else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port_file.write_text(RULES.format(port=server.sockets[0].getsockname()[1]))
        ready.set()
        await stop.wait()
        server.close()
        await server.wait_closed()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(60)
        yield posted
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


def test_a_light_is_tried_and_brought_back(tmp_path: Path) -> None:
    """Purple, and then what was before, by the connection of the rule file."""
    rules = tmp_path / "rules.toml"
    with strip(rules) as posted:
        result = CliRunner().invoke(lights.app, ["test", "desk", "--seconds", "0", "--rules", str(rules)])
    assert result.exception is None
    assert result.output.strip() == "desk: WLED 1 'S', 2 lamps, over HTTP; it was purple for 0 s."
    first, second = (json.loads(body) for body in posted)
    assert (first["on"], first["seg"][0]["col"]) == (True, [[128, 0, 128]])
    assert (second["on"], second["bri"], second["seg"][0]["col"]) == (False, 10, [[1, 2, 3]])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["test", "dsk"], "there is no connection 'dsk' in the rules; did you mean desk?"),
        (["test", "hook"], "'hook' is of kind web and no light; lights here: desk"),
        (["test", "desk", "--color", "purpel"], "colour 'purpel' is not known; did you mean purple"),
        (["test", "desk"], "WLED at 127.0.0.1 cannot be reached ("),
    ],
)
def test_mistakes_are_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    """A name that is not there, what is no light, a bad colour, a lamp that is off."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES.format(port=9))
    result = CliRunner().invoke(lights.app, [*arguments, "--rules", str(rules)])
    assert isinstance(result.exception, UserError)
    assert str(result.exception).startswith(sentence)


def found_by(monkeypatch: pytest.MonkeyPatch, *found: Found) -> None:
    """Let the network hold these; finding them for real is tested with `scan` itself."""

    async def scan(seconds: float, **targets: object) -> Scan:
        return Scan(list(found), ["looking by zeroconf was not possible (no network)"])

    monkeypatch.setattr("stream.actions.scan.scan", scan)


def test_a_scan_is_a_table_and_lines_to_paste(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be set by rules is said to be so."""
    found_by(
        monkeypatch, Found("wled", "Desk", "10.0.0.7"), Found("wled", "Desk", "10.0.0.8"), Found("toaster", "T", "10.0.0.9")
    )
    text = CliRunner().invoke(lights.app, ["scan"]).output
    assert '[connections.desk]\nkind = "wled"\nhost = "10.0.0.7"' in text
    assert '[connections.desk-2]\nkind = "wled"\nhost = "10.0.0.8"' in text
    assert "# toaster at 10.0.0.9 cannot be set by rules" in text


def test_a_scan_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """One object on standard output."""
    found_by(monkeypatch, Found("wled", "Desk", "10.0.0.7", "aabb"))
    report = json.loads(CliRunner().invoke(lights.app, ["scan", "--json"]).stdout)
    assert report["command"] == "lights scan"
    assert report["found"] == [{"kind": "wled", "name": "Desk", "host": "10.0.0.7", "detail": "aabb"}]
    assert report["problems"] == ["looking by zeroconf was not possible (no network)"]


def test_pairing_without_a_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """None found, several found, none at that address."""
    for found, arguments, sentence in (
        ((), [], "no Hue bridge answered on this network; give its IP address"),
        (
            (Found("hue", "a", "10.0.0.1"), Found("hue", "b", "10.0.0.2")),
            [],
            "there are several Hue bridges: 10.0.0.1, 10.0.0.2;",
        ),
        ((), ["--host", "127.0.0.1", "--port", "9"], "the Hue bridge at 127.0.0.1 cannot be reached ("),
        ((), ["--host", "http://bridge"], "--host: it must be a name or an IP address alone, without http:// or a port, got"),
    ):
        found_by(monkeypatch, *found)
        result = CliRunner().invoke(lights.app, ["pair", "hue", *arguments])
        assert isinstance(result.exception, UserError)
        assert str(result.exception).startswith(sentence)


def test_scanning_knows_the_services() -> None:
    """WLED, Hue and Nanoleaf announce themselves."""
    assert set(looking.SERVICES) == {"_wled._tcp.local.", "_hue._tcp.local.", "_nanoleafapi._tcp.local."}
