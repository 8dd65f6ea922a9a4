"""Home Assistant over its REST API: any service (`home.call`), and its lights.

Owns the connection and its sentences; what is asked stands in `home_states.py`. The token is the secret `NAME.token`, sent in a
header to the configured address alone. Knows nothing of rules.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, field_validator

from stream.actions import lan
from stream.actions.base import Action, Client, Connection, Order, Refused, Rejected, Tools, Unreachable, secret_of
from stream.actions.home_states import SWITCHED, Call, light_calls, restore_call
from stream.actions.light import Light, subject_of
from stream.actions.templates import checked_template, fill
from stream.actions.webhook import open_http
from stream.hosts import checked_parts
from trackers.spelling import near

if TYPE_CHECKING:
    import httpx


class HomeCall(Action):
    """Call a service of Home Assistant. Texts in `data` may hold `{gesture}`, `{confidence}`, `{value}`, `{rule}`."""

    kinds: ClassVar = ("home-assistant",)
    shown: ClassVar = ("service", "entity")

    action: Literal["home.call"] = "home.call"
    service: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", description="light.turn_on, scene.turn_on, script.party")
    entity: str | tuple[str, ...] = Field("", description="light.desk, or several")
    data: dict[str, Any] = Field({}, description="what else the service takes")

    @field_validator("data")
    @classmethod
    def _holes(cls, data: dict[str, Any]) -> dict[str, Any]:
        checked_template(data, secrets=False)
        return data

    @property
    def entities(self) -> tuple[str, ...]:
        """All that it names."""
        return self.entity if isinstance(self.entity, tuple) else (self.entity,) if self.entity else ()

    @property
    def subject(self) -> tuple[str, ...]:
        """See `Action`."""
        return subject_of(self.entities[0] if len(self.entities) == 1 else "")


class HomeRestore(Action):
    """Brings entities back to what they were. Made by `capture`, not written in rules."""

    kinds: ClassVar = ("home-assistant",)
    shown: ClassVar = ()

    action: Literal["home.restore"] = "home.restore"
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()

    @property
    def merge_key(self) -> str | None:
        """The entities."""
        return ",".join(sorted(str(data.get("entity_id")) for _, data in self.calls))


class HomeConnection(Connection):
    """A Home Assistant. Its token: `run.py secret set NAME.token`."""

    secrets: ClassVar[tuple[str, ...]] = ("token",)

    kind: Literal["home-assistant"] = "home-assistant"
    url: str = Field("http://homeassistant.local:8123", description="its address")
    lights: tuple[str, ...] = Field((), description="entities that the action light means when it names none")
    rate_hz: float = Field(5.0, gt=0, le=1000, description="at most so many calls a second")

    @field_validator("url")
    @classmethod
    def _its_root(cls, url: str) -> str:
        parts = checked_parts(url)
        if (
            parts.scheme not in ("http", "https")
            or "@" in parts.netloc
            or parts.path.strip("/")
            or parts.query
            or parts.fragment
        ):
            raise ValueError("it must be http:// or https://, a host and perhaps a port, such as http://192.168.1.20:8123")
        return url

    def client(self, name: str, *, tools: Tools) -> "HomeClient":
        return HomeClient(name, self, tools=tools)


class HomeClient(Client[HomeConnection]):
    """Calls services, one at a time."""

    def __init__(self, name: str, connection: HomeConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._http: httpx.AsyncClient | None = None
        self._headers: dict[str, str] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._services: set[str] = set()

    async def connect(self) -> str:
        await self.close()
        self._headers = {"Authorization": f"Bearer {await self._token()}"}
        self._http = await asyncio.to_thread(open_http, timeout_s=self.connection.timeout_s, trust_env=False)
        config = await self._ask("GET", "/api/config")
        self._states = {state["entity_id"]: state for state in await self._ask("GET", "/api/states")}
        domains = await self._ask("GET", "/api/services")
        self._services = {f"{domain['domain']}.{service}" for domain in domains for service in domain["services"]}
        lights = sum(entity.startswith("light.") for entity in self._states)
        return f"Home Assistant {config.get('version', '')}, {lights} lights, {len(self._states)} entities"

    def check(self, action: Action) -> str | None:
        if not self._states:
            return None
        if isinstance(action, HomeCall) and action.service not in self._services:
            return f"Home Assistant has no service {action.service!r}; {near(action.service, sorted(self._services))}"
        try:
            wanted = self._lamps(action) if isinstance(action, Light) else getattr(action, "entities", ())
        except Refused as error:
            return str(error)
        for entity in wanted:
            if entity not in self._states and entity != "all":
                alike = [name for name in self._states if name.partition(".")[0] == entity.partition(".")[0]]
                return f"Home Assistant has no entity {entity!r}; {near(entity, alike or sorted(self._states))}"
        return None

    async def perform(self, order: Order) -> None:
        for call in self._calls(order):
            await self._ask("POST", call.path, body=call.data)

    async def capture(self, action: Action) -> Action | None:
        entities = self._lamps(action) if isinstance(action, Light) else getattr(action, "entities", ())
        known = [entity for entity in entities if entity.partition(".")[0] in SWITCHED]
        states = [await self._ask("GET", f"/api/states/{entity}") for entity in known]
        calls = tuple((call.service, call.data) for state in states if (call := restore_call(state)) is not None)
        return HomeRestore(target=action.target, calls=calls) if calls else None

    async def close(self) -> None:
        http, self._http, self._headers = self._http, None, {}
        if http is not None:
            await lan.quietly(http.aclose(), self.name)

    def _calls(self, order: Order) -> list[Call]:
        match order.action:
            case Light() as action:
                return light_calls(action, self._lamps(action), states=self._states, streamed=order.streamed)
            case HomeCall() as action:
                entities = {"entity_id": list(action.entities)} if action.entities else {}
                return [Call(action.service, entities | fill(action.data, order))]
            case HomeRestore() as action:
                return [Call(service, data) for service, data in action.calls]
        raise Refused(f"Home Assistant cannot do {order.action.action}")

    def _lamps(self, action: Light) -> Sequence[str]:
        if not action.light and not self.connection.lights:
            raise Refused(
                f'light must say which one, as light = "light.desk"; or write lights = [...] under [connections.{self.name}]'
            )
        return [action.light if "." in action.light else f"light.{action.light}"] if action.light else self.connection.lights

    async def _token(self) -> str:
        token = await secret_of(self.tools, f"{self.name}.token")
        if not token or not token.isascii() or not token.isprintable():
            raise Rejected(
                f"Home Assistant needs a long-lived access token; make one in your profile there, under Security, "
                f"and run.py secret set {self.name}.token"
            )
        return token

    async def _ask(self, method: str, path: str, *, body: Any = None) -> Any:
        """Return what the API answers.

        Raises:
            Unreachable, Rejected, Refused: nobody answers, the token is wrong, or this cannot be done.
        """
        import httpx

        host = self.connection.url.partition("//")[2].rstrip("/")
        if self._http is None:
            raise Unreachable("Home Assistant is not connected")
        try:
            url = self.connection.url.rstrip("/") + path
            answer = await self._http.request(method, url, json=body, headers=self._headers)
            said = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise Unreachable(
                f"Home Assistant at {host} does not answer ({type(error).__name__}); check url under [connections.{self.name}]"
            ) from None
        if answer.status_code in (401, 403):
            raise Rejected(
                f"Home Assistant at {host} does not take the token; make a new one and run.py secret set {self.name}.token"
            )
        if not answer.is_success:
            raise Refused(
                f"Home Assistant answered {answer.status_code} to {path.removeprefix('/api/')}; check service and data"
            )
        return said


ACTIONS: Final = (HomeCall,)
CONNECTIONS: Final = (HomeConnection,)
