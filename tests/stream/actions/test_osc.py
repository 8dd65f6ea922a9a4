"""OSC: the bytes on the wire, read back by hand."""

import asyncio
import socket
import struct

import pytest
from client_tools import done, order, tools
from pydantic import ValidationError

from stream.actions.base import Order, Unreachable
from stream.actions.osc import OscConnection, OscSend


def _sent(*orders: Order) -> list[bytes]:
    """Return the datagrams that the orders send."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(60)
        connection = OscConnection(port=far.getsockname()[1])
        asyncio.run(done(connection.client("osc", tools=tools()), *orders))
        return [far.recv(2048) for _ in orders]


def test_types_on_the_wire() -> None:
    """int32, float32, string, true and false, each as OSC 1.0 writes it, padded to four bytes."""
    (datagram,) = _sent(order(OscSend(address="/test", values=(1, 0.5, "hé", True, False))))
    assert datagram == (b"/test\0\0\0" + b",ifsTF\0\0" + struct.pack(">if", 1, 0.5) + "hé".encode() + b"\0")


def test_cause_goes_as_a_number() -> None:
    """A text that is one hole is sent with the value's own type; `value` comes last."""
    action = OscSend(address="/c", values=("{gesture}", "{confidence}"), value=0.25)
    (datagram,) = _sent(order(action))
    assert datagram == b"/c\0\0" + b",sff\0\0\0\0" + b"t_pose\0\0" + struct.pack(">ff", 0.93, 0.25)


def test_message_without_values() -> None:
    """An address alone is a message too."""
    assert _sent(order(OscSend(address="/go"))) == [b"/go\0,\0\0\0"]


def test_nobody_listening_is_no_error() -> None:
    """UDP tells nothing: the port may be opened later, and what is sent then arrives."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        port = far.getsockname()[1]

    async def run() -> bytes:
        client = OscConnection(port=port).client("osc", tools=tools())
        await client.connect()
        for _ in range(3):
            await client.perform(order(OscSend(address="/a")))
            await asyncio.sleep(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
            late.bind(("127.0.0.1", port))
            late.settimeout(60)
            for _ in range(2):  # the first may meet the refusal of the one before it
                await client.perform(order(OscSend(address="/b")))
            heard = await asyncio.to_thread(late.recv, 100)
        await client.close()
        return heard

    assert asyncio.run(run()) == b"/b\0\0,\0\0\0"


def test_unknown_host_is_told() -> None:
    """One sentence that names the setting."""
    client = OscConnection(host="no-such-host.invalid").client("vrchat", tools=tools())
    with pytest.raises(
        Unreachable, match=r"^OSC cannot go to no-such-host\.invalid:9000 \(.*\); check host under \[connections\.vrchat\]$"
    ):
        asyncio.run(done(client))


def test_only_mapped_values_merge() -> None:
    """What happens is never replaced; of a mapped value the newest matters."""
    assert OscSend(address="/a", values=(1,)).merge_key is None
    assert OscSend(address="/a", value=1).merge_key == "osc:/a"


@pytest.mark.parametrize(
    "fields",
    [{"address": "a"}, {"address": "/a b"}, {"address": "/a", "values": ["{x}"]}],
)
def test_fields_are_checked_at_load(fields: dict[str, object]) -> None:
    """Addresses begin with a slash and hold no pattern; holes are known."""
    with pytest.raises(ValidationError):
        OscSend.model_validate(fields)
