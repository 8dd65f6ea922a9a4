"""OSC messages over UDP: `osc.send`, to VRChat, TouchDesigner, lighting desks and the like.

Owns which type an argument has on the wire. Knows nothing of what the addresses mean. UDP tells nothing back: whether anybody
listens is not known.
"""

import asyncio
import logging
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StrictBool, StrictFloat, StrictInt, field_validator

from stream.actions.base import Action, Client, Connection, Order, Refused, Tools, Unreachable
from stream.actions.templates import checked_template, fill_value
from stream.hosts import Host

log = logging.getLogger(__name__)

Value = StrictBool | Annotated[StrictInt, Field(ge=-(2**31), lt=2**31)] | StrictFloat | str


class OscSend(Action):
    """Send one OSC message: whole numbers that fit as int32, others as float32, true and false without a body, texts."""

    kinds: ClassVar = ("osc",)

    action: Literal["osc.send"] = "osc.send"
    address: str = Field(pattern=r"^/[^\s#*,?\[\]{}]*$", description="/avatar/parameters/Wave")
    values: tuple[Value, ...] = Field((), description="in order; a text may be {confidence}, which goes as a number")
    value: float | None = Field(None, description="sent after the others; the field for mappings")

    @field_validator("values")
    @classmethod
    def _holes(cls, values: tuple[Value, ...]) -> tuple[Value, ...]:
        checked_template(values, secrets=False)
        return values

    @property
    def merge_key(self) -> str | None:
        return None if self.value is None else f"osc:{self.address}"


class OscConnection(Connection):
    """Where OSC messages go."""

    kind: Literal["osc"] = "osc"
    host: Host = Field("127.0.0.1", description="name or address")
    port: int = Field(9000, ge=1, le=65535, description="UDP; 9000 is VRChat's")
    rate_hz: float = Field(60.0, gt=0, le=1000, description="at most so many messages a second")

    def client(self, name: str, *, tools: Tools) -> "OscClient":
        return OscClient(name, self, tools=tools)


class OscClient(Client[OscConnection]):
    """Sends datagrams without waiting."""

    _transport: asyncio.DatagramTransport | None = None

    async def connect(self) -> str:
        await self.close()
        host, port = self.connection.host, self.connection.port
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(_Silent, remote_addr=(host, port))
        except OSError as error:
            raise Unreachable(
                f"OSC cannot go to {host}:{port} ({error.strerror or error}); check host under [connections.{self.name}]"
            ) from None
        return f"OSC to {host}:{port} (UDP: nobody answers)"

    async def perform(self, order: Order) -> None:
        assert isinstance(order.action, OscSend)
        if self._transport is None or self._transport.is_closing():
            raise Unreachable(f"the way to {self.connection.host}:{self.connection.port} is closed")
        self._transport.sendto(_encoded(order.action, order))

    async def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
            await asyncio.sleep(0)  # the socket is closed in the loop's next turn


class _Silent(asyncio.DatagramProtocol):
    def error_received(self, exc: Exception) -> None:
        log.debug("nobody takes OSC messages there: %s", exc)  # the port may be opened later; UDP never knows


def _encoded(action: OscSend, order: Order) -> bytes:
    from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

    builder = OscMessageBuilder(action.address)
    for value in action.values:
        builder.add_arg(fill_value(value, order) if isinstance(value, str) else value)
    if action.value is not None:
        builder.add_arg(action.value, OscMessageBuilder.ARG_TYPE_FLOAT)
    try:
        return builder.build().dgram
    except BuildError as error:
        raise Refused(f"{action.address} cannot be sent ({error}); use smaller numbers") from None


ACTIONS: Final = (OscSend,)
CONNECTIONS: Final = (OscConnection,)
