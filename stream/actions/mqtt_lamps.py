"""Setting lamps over MQTT, and bringing them back.

Owns which lamp is told what, and which is asked for its state. The payloads are `mqtt_light_json.py`'s, the connection
`mqtt_client.py`'s.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from stream.actions.light import Light
from stream.actions.mqtt_light_json import QUESTION, LampStates, MqttRestore, light_payload, restore_payloads
from stream.actions.mqtt_settings import Lamp, MqttSettings

ANSWER_S: Final = 1.0
"""A lamp that is asked for its state tells it within this, or is set without."""


class Lamps:
    """Those of one broker.

    Args:
        name: of the connection.
        publish: publishes a table on a topic with a quality of service. Raises as `Client.perform` says.
        tell: as `Tools.tell`.
    """

    def __init__(
        self,
        name: str,
        settings: MqttSettings,
        *,
        publish: Callable[[str, Mapping[str, Any], int], Awaitable[None]],
        tell: Callable[[str, str, Any], None],
    ) -> None:
        self._name = name
        self._settings = settings
        self._publish = publish
        self._tell = tell
        self._states = LampStates(settings.lamps)
        self._heard = asyncio.Event()
        self._silent: set[str] = set()  # of which it is told already that nothing is known

    @property
    def topics(self) -> tuple[str, ...]:
        """Where they tell their states."""
        return self._states.topics

    def forget(self) -> None:
        """Nothing is known any more: somebody may have changed them while there was no connection."""
        self._states = LampStates(self._settings.lamps)

    def hear(self, topic: str, payload: object) -> None:
        """Take what a lamp told."""
        if isinstance(payload, str | bytes):
            self._states.hear(topic, payload)
            self._heard.set()

    async def ask(self, lamps: Sequence[Lamp] | None = None) -> None:
        """Ask those (None: all) of which nothing is known, and that can be asked. Does not wait for the answers."""
        for lamp in self._settings.lamps if lamps is None else lamps:
            if lamp.asked_on and self._state_of(lamp) is None:
                await self._publish(lamp.asked_on, QUESTION, 1)

    async def set(self, action: Light, *, streamed: bool) -> None:
        """Set the lamps that an action means."""
        for lamp in self._named(action):
            await self._order(lamp, light_payload(action, lamp, streamed=streamed), qos=0 if streamed else 1)

    async def restore(self, action: MqttRestore) -> None:
        """Bring lamps back, one after the other."""
        for lamp in self._settings.lamps:
            if (state := action.lamps.get(lamp.name)) is not None:
                for payload in restore_payloads(state, fade_s=action.fade_s):
                    await self._order(lamp, payload, qos=1)

    async def capture(self, action: Light) -> MqttRestore | None:
        """Return what brings back the lamps of which the state is known; of the others it is told once that they stay."""
        lamps = self._named(action)
        states = await self._told(lamps)
        for name in [lamp.name for lamp in lamps if lamp.name not in states and lamp.name not in self._silent]:
            self._silent.add(name)
            text = f"{self._name}: lamp '{name}' does not tell its state, so it is not brought back; check its state_topic"
            self._tell("action.problem", text, "warning")
        return MqttRestore(target=action.target, lamps=states, fade_s=action.fade_s) if states else None

    def _named(self, action: Light) -> Sequence[Lamp]:
        return self._settings.lamps_named(action.light, owner=self._name)

    def _state_of(self, lamp: Lamp) -> dict[str, Any] | None:
        return self._states.of(lamp, now_s=time.monotonic())

    async def _order(self, lamp: Lamp, payload: Mapping[str, Any], *, qos: int) -> None:
        """Send a lamp what sets it, if anything does."""
        if payload:
            await self._publish(lamp.orders_to, payload, qos)
            self._states.sent(lamp, payload, now_s=time.monotonic())

    async def _told(self, lamps: Sequence[Lamp]) -> dict[str, dict[str, Any]]:
        """Return the states by name; those that are not known are asked for, and waited for a while."""
        await self.ask(lamps)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                while any(lamp.told_on and self._state_of(lamp) is None for lamp in lamps):
                    self._heard.clear()
                    await self._heard.wait()
        return {lamp.name: state for lamp in lamps if (state := self._state_of(lamp)) is not None}
