"""A lamp for the tests on a real broker, after Home Assistant's JSON schema for MQTT lights: takes and checks orders, tells."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
from mqtt_broker import Broker

from stream.actions import colours

ORDER: dict[str, type | tuple[type, ...]] = {
    "state": str,
    "brightness": int,
    "color": dict,
    "color_temp": int,
    "effect": str,
    "transition": (int, float),
}


@dataclass
class JsonLamp:
    """Keeps a state and refuses what a lamp refuses."""

    state: dict[str, Any]
    topic: str = "zigbee2mqtt/desk"
    set_topic: str = "zigbee2mqtt/desk/set"
    get_topic: str = "zigbee2mqtt/desk/get"
    retains: bool = False
    tells: bool = True
    is_zigbee: bool = True
    late_s: float = 0.0
    """So long after an order it tells its state."""
    orders: list[dict[str, Any]] = field(default_factory=list)
    questions: list[Any] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def obey(self, order: dict[str, Any]) -> None:
        """Take an order."""
        self.orders.append(order)
        self.faults += self._wrong(order)
        self.state |= {name: order[name] for name in ("state", "brightness", "effect") if name in order}
        if "color_temp" in order:
            self.state |= {"color_temp": order["color_temp"], "color_mode": "color_temp"}
        elif "color" in order:
            mode, color = self._shown(order["color"])
            self.state |= {"color": color, "color_mode": mode}

    def _wrong(self, order: dict[str, Any]) -> list[str]:
        faults = [f"{name} in {order}" for name in order if not isinstance(order[name], ORDER.get(name, ()))]
        if order.get("state") not in ("ON", "OFF"):
            faults.append(f"state of {order}")
        if not 1 <= order.get("brightness", 1) <= (254 if self.is_zigbee else 255):
            faults.append(f"brightness of {order}")
        if "color" in order and "color_temp" in order:
            faults.append(f"two colours in {order}")
        if set(order.get("color", "xy")) not in (set("rgb"), set("xy")):
            faults.append(f"color of {order}")
        return faults

    def _shown(self, color: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if "x" in color:
            return "xy", color
        if not self.is_zigbee:
            return "rgb", color
        x, y = colours.parse(f"rgb({color['r']}, {color['g']}, {color['b']})").to_xy()
        return "xy", {"x": round(x, 4), "y": round(y, 4)}


@asynccontextmanager
async def plugged_in(broker: Broker, lamp: JsonLamp) -> AsyncIterator[JsonLamp]:
    """Connect a lamp to a broker; at the end, nothing that it was told was wrong."""
    telling: set[asyncio.Task[None]] = set()

    async def tell(client: aiomqtt.Client, state: dict[str, Any]) -> None:
        await asyncio.sleep(lamp.late_s)
        await client.publish(lamp.topic, json.dumps(state), 1, lamp.retains)

    async def live(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            told = json.loads(message.payload)
            if message.topic.value == lamp.set_topic:
                lamp.obey(told)
            else:
                lamp.questions.append(told)
            if lamp.tells:
                telling.add(asyncio.ensure_future(tell(client, dict(lamp.state))))

    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe([(lamp.set_topic, 1), (lamp.get_topic, 1)])
        if lamp.retains:
            await client.publish(lamp.topic, json.dumps(lamp.state), 1, True)
        task = asyncio.ensure_future(live(client))
        try:
            yield lamp
        finally:
            task.cancel()
            await asyncio.gather(task, *telling, return_exceptions=True)
            if lamp.retains:
                await client.publish(lamp.topic, "", 1, True)
    assert not lamp.faults
