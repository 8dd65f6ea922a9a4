"""A Hue bridge for the tests, after wire-formats.md 11.2: TLS with a certificate of its own, key header, button, 429, pace."""

import datetime
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from far_ends_http import Answer, Device, Request

KEY = "kEy-0123456789abcdef"
BRIDGE_ID = "001788FFFE123456"
GAMUT = {"red": {"x": 0.6915, "y": 0.3083}, "green": {"x": 0.17, "y": 0.7}, "blue": {"x": 0.1532, "y": 0.0475}}


def bridge_tls(folder: Path, name: str = "bridge") -> ssl.SSLContext:
    """Make a certificate as a bridge has it: signed by itself, named for its id and not for its address."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, BRIDGE_ID.lower())])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start)
    certificate = builder.not_valid_after(start + datetime.timedelta(days=36500)).sign(key, hashes.SHA256())
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    traditional = serialization.PrivateFormat.TraditionalOpenSSL
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, traditional, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context


def _light(number: str, name: str, owner: str, *, on: bool, brightness: float, xy: tuple[float, float]) -> dict[str, Any]:
    color = {"xy": {"x": xy[0], "y": xy[1]}, "gamut": GAMUT, "gamut_type": "C"}
    one = {"id": number, "metadata": {"name": name}, "owner": {"rid": owner, "rtype": "device"}, "on": {"on": on}}
    return one | {"dimming": {"brightness": brightness}, "color": color, "color_temperature": {"mirek": None}}


def _white(number: str, name: str, owner: str) -> dict[str, Any]:
    temperature = {"mirek": 366, "mirek_valid": True, "mirek_schema": {"mirek_minimum": 200, "mirek_maximum": 454}}
    one = {"id": number, "metadata": {"name": name}, "owner": {"rid": owner, "rtype": "device"}, "on": {"on": True}}
    return one | {"dimming": {"brightness": 80.0}, "color_temperature": temperature}


def _resources() -> dict[str, list[dict[str, Any]]]:
    def group(number: str, name: str, light: str, children: list[tuple[str, str]]) -> dict[str, Any]:
        return {
            "id": number,
            "metadata": {"name": name},
            "children": [{"rid": rid, "rtype": rtype} for rid, rtype in children],
            "services": [{"rid": light, "rtype": "grouped_light"}],
        }

    lights = [
        _light("l1", "Lamp left", "d1", on=True, brightness=40.0, xy=(0.4, 0.4)),
        _light("l2", "Lamp right", "d2", on=False, brightness=60.0, xy=(0.3, 0.3)),
        _white("l3", "Ceiling", "d3"),
    ]
    return {
        "light": lights,
        "room": [
            group("r1", "Studio", "g1", [("d1", "device"), ("d2", "device")]),
            group("r2", "Hall", "g2", [("d3", "device")]),
        ],
        "zone": [group("z1", "Left side", "g3", [("l1", "light")])],
        "scene": [
            {"id": "s1", "metadata": {"name": "Disco"}, "group": {"rid": "r1", "rtype": "room"}},
            {"id": "s2", "metadata": {"name": "Relax"}, "group": {"rid": "r1", "rtype": "room"}},
            {"id": "s3", "metadata": {"name": "Relax"}, "group": {"rid": "r2", "rtype": "room"}},
        ],
        "bridge_home": [group("h1", "", "g0", [("r1", "room"), ("r2", "room")])],
    }


GROUPS = {"g0": ("l1", "l2", "l3"), "g1": ("l1", "l2"), "g2": ("l3",), "g3": ("l1",)}


@dataclass
class HueDevice(Device):
    """Keeps state, and refuses what a bridge refuses."""

    resources: dict[str, list[dict[str, Any]]] = field(default_factory=_resources)
    keys: set[str] = field(default_factory=lambda: {KEY})
    presses_left: int = 0
    """So many attempts to pair are refused before the button is pressed."""
    busy: list[int] = field(default_factory=list)
    """Statuses to answer the next commands with."""
    pair_error: str = ""

    @property
    def commands(self) -> list[tuple[str, Any]]:
        return [(each.path.removeprefix("/clip/v2/resource/"), each.json) for each in self.requests if each.method == "PUT"]

    @property
    def command_times_s(self) -> list[float]:
        return [each.at_s for each in self.requests if each.method == "PUT"]

    def light(self, number: str) -> dict[str, Any]:
        return next(light for light in self.resources["light"] if light["id"] == number)

    def answer(self, request: Request) -> Answer:
        if request.path == "/api/0/config":
            assert "hue-application-key" not in request.headers, "the key was shown before the bridge was known"
            return 200, {"bridgeid": BRIDGE_ID, "name": "Home", "swversion": "1967054020"}
        if (request.method, request.path) == ("POST", "/api"):
            return 200, self._pair(request)
        if request.headers.get("hue-application-key") not in self.keys:
            return 403, {"errors": [{"description": "unauthorized"}], "data": []}
        assert request.path.startswith("/clip/v2/resource/")
        kind, _, number = request.path.removeprefix("/clip/v2/resource/").partition("/")
        if request.method == "GET":
            return 200, {"errors": [], "data": self.resources[kind]}
        if self.busy:
            return self.busy.pop(0), b"busy"
        return self._put(kind, number, request.json)

    def _pair(self, request: Request) -> Any:
        application, _, device = request.json["devicetype"].partition("#")
        assert 1 <= len(application) <= 20
        assert 1 <= len(device) <= 19
        if self.pair_error:
            return [{"error": {"type": 7, "description": self.pair_error}}]
        if self.presses_left > 0:
            self.presses_left -= 1
            return [{"error": {"type": 101, "address": "", "description": "link button not pressed"}}]
        return [{"success": {"username": KEY}}]

    def _put(self, kind: str, number: str, body: dict[str, Any]) -> Answer:
        if kind == "scene":
            assert set(body) == {"recall"}
            return 200, {"errors": [], "data": []}
        assert set(body) <= {"on", "dimming", "color", "color_temperature", "dynamics"}, body
        assert 0 < body.get("dimming", {}).get("brightness", 1) <= 100
        assert isinstance(body.get("dynamics", {}).get("duration", 0), int)
        for member in GROUPS[number] if kind == "grouped_light" else (number,):
            light = self.light(member)
            light |= {key: value for key, value in body.items() if key in light and key in ("on", "dimming")}
            if "color" in body and "color" in light:
                light["color"] = {**light["color"], **body["color"]}
        return 200, {"errors": [], "data": [{"rid": number, "rtype": kind}]}
