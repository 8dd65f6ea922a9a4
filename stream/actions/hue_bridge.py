"""Speaking to a Philips Hue bridge: HTTPS pinned to the bridge's own certificate, the key, and the pace it can stand.

A bridge signs its certificate itself, so no authority vouches for it. At pairing, when the user has just pressed its button,
we note the certificate's SHA-256 and keep it with the key. From then on: first a handshake alone, nothing said, to see the
certificate; only if it is that one does a connection that accepts no other carry the key.
"""

import asyncio
import hashlib
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from stream.actions import lan
from stream.actions.base import Refused, Rejected, Unreachable
from stream.actions.outbox import Rate
from stream.hosts import bracketed

HTTPS_PORT: Final = 443
_ATTEMPTS: Final = 4
_DELAY_S: Final = 0.25
_TIMEOUT_S: Final = 3.0
WHAT: Final = "the Hue bridge"


@dataclass(frozen=True, slots=True)
class Pairing:
    """What pairing left: to be kept as a secret."""

    key: str = field(repr=False)
    fingerprint: str
    """SHA-256 of the bridge's certificate, hexadecimal."""

    def to_secret(self) -> str:
        return json.dumps({"key": self.key, "fingerprint": self.fingerprint})

    @classmethod
    def from_secret(cls, secret: str | None) -> "Pairing | None":
        """Read it back; None if there is none, or it is something else."""
        try:
            read = json.loads(secret or "")
            return cls(str(read["key"]), str(read["fingerprint"]))
        except (ValueError, KeyError, TypeError):
            return None


def secret_name(bridge_id: str) -> str:
    """Return the name under which a bridge's pairing is kept."""
    return f"hue.{bridge_id.casefold()}"


class Bridge:
    """One bridge. `open`, then `adopt` what pairing left, then `get` and `put`."""

    def __init__(self, host: str, port: int = HTTPS_PORT, *, rate_hz: float = 4.0) -> None:
        self.host = host
        self.port = port
        self.id = ""
        self.name = ""
        self.version = ""
        self.fingerprint = ""
        self._rate = Rate(rate_hz)
        self._http: httpx.AsyncClient | None = None
        self._headers: dict[str, str] = {}

    async def open(self) -> None:
        """Learn its certificate and what it tells to everybody: id, name, version. No secret is sent.

        Raises:
            Unreachable: it does not answer, or is no bridge.
        """
        certificate = await self._certificate()
        self.fingerprint = hashlib.sha256(certificate).hexdigest()
        self._http = httpx.AsyncClient(
            base_url=f"https://{bracketed(self.host)}:{self.port}",
            verify=_trusting_only(certificate),
            timeout=_TIMEOUT_S,
            trust_env=False,
        )
        answer = await self._request("GET", "/api/0/config", None)
        told = _json(answer)
        if not isinstance(told, dict) or not told.get("bridgeid"):
            raise Unreachable(f"{self.host} answers but is no Hue bridge; check `host`, or run `python run.py lights scan`")
        self.id, self.name = str(told["bridgeid"]).casefold(), str(told.get("name", "Hue"))
        self.version = str(told.get("swversion", ""))

    def adopt(self, pairing: Pairing | None) -> None:
        """Use the key from now on.

        Raises:
            Rejected: there is none, or the bridge is not the one of the pairing.
        """
        if pairing is None:
            raise Rejected(
                f"the Hue bridge '{self.name}' at {self.host} is not paired; "
                f"run `python run.py lights pair hue --host {self.host}`"
            )
        if pairing.fingerprint != self.fingerprint:
            raise Rejected(
                f"the Hue bridge at {self.host} shows another certificate than when it was paired, so the key was not sent; "
                f"if it was reset or replaced, run `python run.py lights pair hue --host {self.host}`"
            )
        self._headers = {"hue-application-key": pairing.key}

    async def get(self, kind: str) -> list[dict[str, Any]]:
        """Return all resources of a kind. Raises Unreachable, Rejected, Refused."""
        answer = await self._request("GET", f"/clip/v2/resource/{kind}", None)
        told = self._checked(answer, what=kind)
        return [each for each in told.get("data", []) if isinstance(each, dict)]

    async def put(self, kind: str, number: str, body: Mapping[str, Any]) -> None:
        """Change a resource, at the bridge's pace. Raises Unreachable, Rejected, Refused."""
        for attempt in range(1, _ATTEMPTS + 1):
            await self._pace()
            answer = await self._request("PUT", f"/clip/v2/resource/{kind}/{number}", body)
            if answer.status_code not in (429, 503):
                self._checked(answer, what=kind)
                return
            if attempt < _ATTEMPTS:
                await asyncio.sleep(_DELAY_S * attempt)
        raise Refused(
            f"the Hue bridge at {self.host} is too busy ({answer.status_code} {_ATTEMPTS} times); set a lower rate_hz"
        )

    async def ask_for_key(self, device: str) -> tuple[str | None, str]:
        """Ask once for a key. Returns it, or None and what the bridge says ("" if its button waits to be pressed)."""
        answer = _json(await self._request("POST", "/api", {"devicetype": device}))
        first = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], dict) else {}
        if "success" in first:
            return str(first["success"]["username"]), ""
        error = first.get("error", {})
        return None, "" if error.get("type") == 101 else str(error.get("description") or "it said nothing that we know")

    async def close(self) -> None:
        """Let go. Idempotent."""
        http, self._http = self._http, None
        self._headers = {}
        if http is not None:
            await lan.quietly(http.aclose(), "the Hue bridge")

    async def _pace(self) -> None:
        while (wait_s := self._rate.free_s() - time.monotonic()) > 0:
            await asyncio.sleep(wait_s)
        self._rate.take(time.monotonic())

    async def _certificate(self) -> bytes:
        """Return the certificate (DER) that it shows; a handshake and nothing else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                _, writer = await asyncio.open_connection(self.host, self.port, ssl=context)
        except (OSError, TimeoutError) as error:
            raise lan.http_failure(error, what=WHAT, host=self.host) from error
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        await lan.quietly(writer.wait_closed(), WHAT)
        if not shown:
            raise Unreachable(f"{self.host} shows no certificate, so it is no Hue bridge; check `host`")
        return bytes(shown)

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        if self._http is None:
            raise Unreachable(f"{WHAT} at {self.host} is not connected")
        try:
            return await self._http.request(method, path, json=body, headers=self._headers)
        except (httpx.HTTPError, OSError) as error:
            raise lan.http_failure(error, what=WHAT, host=self.host) from None

    def _checked(self, answer: httpx.Response, *, what: str) -> dict[str, Any]:
        told = _json(answer)
        if answer.status_code in (401, 403):
            raise Rejected(
                f"the Hue bridge at {self.host} does not know our key any more; "
                f"run `python run.py lights pair hue --host {self.host}`"
            )
        if answer.status_code >= 400 or not isinstance(told, dict):
            errors = told.get("errors", []) if isinstance(told, dict) else []
            reason = "; ".join(str(each.get("description")) for each in errors) or f"status {answer.status_code}"
            raise Refused(f"the Hue bridge at {self.host} refused a {what} ({reason})")
        return told


def _trusting_only(certificate: bytes) -> ssl.SSLContext:
    """Return a context that accepts this very certificate and no other, whatever name it bears."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None
