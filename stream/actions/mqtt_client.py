"""The client for an MQTT broker: publishes, sets lamps, says whether we are there, and lets Home Assistant find us.

Owns the order of things when connecting: our will → lamps heard → online → old announcements removed → new ones made. Uses
`aiomqtt`, which tells of a loss only to who listens for messages, and leaves open what it could not connect in time.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from typing import Any, Final

import aiomqtt

from stream.actions.base import Action, Client, Order, Refused, Rejected, Tools, Unreachable, secret_of
from stream.actions.light import Light
from stream.actions.mqtt_discovery import announcements, every_announcement
from stream.actions.mqtt_lamps import Lamps
from stream.actions.mqtt_light_json import MqttRestore
from stream.actions.mqtt_settings import MqttSettings, Publish, as_payload, checked_topic
from stream.actions.templates import fill, secrets_for
from trackers.gestures.types import Gesture

ONLINE: Final = "online"
OFFLINE: Final = "offline"
_KEEPALIVE_S: Final = 15
"""A broker that has heard nothing for one and a half of it publishes our will."""
_HOLD_S: Final = 1.0
"""While a gesture is held it is published so often."""
_REFUSALS: Final = (4, 5, 134, 135)
"""Codes for a user name or password that will not do, of MQTT 3.1.1 and 5."""
_OLD_S: Final = 1.0
"""The retained announcements come at once, if at all."""


class MqttClient(Client[MqttSettings]):
    """One broker."""

    def __init__(self, name: str, connection: MqttSettings, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._client: aiomqtt.Client | None = None
        self._listening: asyncio.Task[None] | None = None
        self._old: set[str] = set()  # topics of announcements that the broker keeps
        self._own_echo = asyncio.Event()
        self._lamps = Lamps(name, connection, publish=self._publish_json, tell=tools.tell)
        self._tracking = ""
        self._told_ns: dict[str, int] = {}  # by gesture: when it was published last

    async def connect(self) -> str:
        """Connect, say that we are there, and announce. Raises as `Client.connect` says."""
        await self.close()
        client = await self._opened()
        self._client = client
        self._old, self._own_echo = set(), asyncio.Event()
        self._lamps.forget()
        self._listening = asyncio.ensure_future(self._listen(client))
        count = await self._introduce()
        what = _counted(len(self.connection.lamps), "lamp") if self.connection.lamps else ""
        sensors = f"{_counted(count, 'sensor')} for Home Assistant" if self.connection.discovery else ""
        return f"MQTT broker at {self._where}{what}{sensors}"

    async def perform(self, order: Order) -> None:
        """Publish, or set lamps. With `qos` 1 or 2 the broker's acknowledgement is awaited. Raises as `Client.perform` says."""
        match order.action:
            case Publish() as action:
                await self._publish_action(action, order)
            case Light() as action:
                await self._lamps.set(action, streamed=order.streamed)
            case MqttRestore() as action:
                await self._lamps.restore(action)
            case _:
                raise Refused(f"MQTT cannot do {order.action.action}")

    async def capture(self, action: Action) -> Action | None:
        """Return what brings back the lamps of an action, as far as that is known. See `Client.capture`."""
        return await self._lamps.capture(action) if isinstance(action, Light) else None

    async def _publish_action(self, action: Publish, order: Order) -> None:
        topic = str(fill(action.topic, order))
        try:
            checked_topic(topic)
        except ValueError as error:
            raise Refused(f"mqtt.publish: {error}") from None
        secrets = await secrets_for(action.payload, self.tools)
        payload = as_payload(fill(action.payload, order, secrets=secrets))
        await self._publish(topic, payload, retain=action.retain, qos=0 if order.streamed else action.qos)

    async def publish_gesture(self, gesture: Gesture) -> None:
        """Publish a gesture, if the settings say so: start and end always, hold once a second. Without a broker it is lost:
        who comes back wants to know what is, not what was. Never raises.
        """
        settings, now_ns = self.connection, gesture.stamp.captured_ns
        if not settings.gestures or self._client is None:
            return
        if gesture.phase == "hold" and now_ns - self._told_ns.get(gesture.name, 0) < _HOLD_S * 1e9:
            return
        self._told_ns[gesture.name] = now_ns
        table = {"state": gesture.phase, "confidence": round(gesture.confidence, 3), "held_ms": round(1000 * gesture.held_s)}
        with contextlib.suppress(Unreachable, TimeoutError):  # `wait_lost` tells
            await self._publish(settings.topic_of(gesture.name), as_payload(table))

    async def publish_tracking(self, state: str) -> None:
        """Publish, retained, whether a person is tracked (`found`, `lost`), if gestures or discovery are on. Never raises."""
        if not (self.connection.gestures or self.connection.discovery) or state == self._tracking:
            return
        self._tracking = state  # told again at the next connection
        with contextlib.suppress(Unreachable, TimeoutError):
            await self._publish(self.connection.tracking_topic, state, retain=True)

    async def wait_lost(self) -> None:
        """Return when the broker has gone."""
        if self._listening is not None:
            await asyncio.wait({self._listening})

    async def close(self) -> None:
        """Say that we are not there any more, and end the connection."""
        listening, self._listening = self._listening, None
        client, self._client = self._client, None
        if client is not None:
            is_lost = listening is None or listening.done()
            await _farewell(client, self.connection.status_topic if not is_lost else None)
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    @property
    def _where(self) -> str:
        return f"{self.connection.host}:{self.connection.port_used}"

    async def _opened(self) -> aiomqtt.Client:
        """Return a connected client whose will says that we are gone."""
        settings = self.connection
        client = aiomqtt.Client(
            settings.host,
            settings.port_used,
            username=settings.username or None,
            password=await secret_of(self.tools, f"{self.name}.password") if settings.username else None,
            identifier=settings.client_id or None,
            tls_context=await asyncio.to_thread(self._tls) if settings.tls else None,
            will=aiomqtt.Will(settings.status_topic, OFFLINE, qos=1, retain=True),
            keepalive=_KEEPALIVE_S,
            timeout=0.8 * settings.timeout_s,  # so that our sentence comes before the dispatcher's
        )
        entering = asyncio.ensure_future(client.__aenter__())
        try:
            await asyncio.shield(entering)
        except asyncio.CancelledError:  # it connects in a thread that cannot be stopped: let it, and end it then
            entering.add_done_callback(lambda done: _abandon(client, done))
            raise
        except aiomqtt.MqttError as error:
            await _farewell(client, None)
            raise self._why_not(error) from None
        return client

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.connection.ca_file or None)
        except (OSError, ssl.SSLError):
            raise Rejected(
                f"ca_file {self.connection.ca_file!r} of {self.name!r} is no readable certificate; check it"
            ) from None

    def _why_not(self, error: aiomqtt.MqttError) -> Exception:
        if isinstance(error, aiomqtt.MqttCodeError) and getattr(error.rc, "value", error.rc) in _REFUSALS:
            who = (
                f"the user {self.connection.username!r} or its password"
                if self.connection.username
                else "us without a user name"
            )
            how = (
                f"run `python run.py secret set {self.name}.password`"
                if self.connection.username
                else "add username to the settings"
            )
            return Rejected(f"the MQTT broker at {self._where} does not take {who}; {how}")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return Rejected(
                f"the certificate of the MQTT broker at {self._where} is not trusted; name its authority with ca_file"
            )
        return Unreachable(f"the MQTT broker at {self._where} cannot be reached ({error}); is it running, and the port right?")

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Hear of lamps, of old announcements, and of the end."""
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in client.messages:
                topic = message.topic.value
                if topic in self._lamps.topics:
                    self._lamps.hear(topic, message.payload)
                elif topic != self.connection.status_topic and message.retain and message.payload:
                    self._old.add(topic)
                elif topic == self.connection.status_topic and not message.retain:
                    self._own_echo.set()

    async def _introduce(self) -> int:
        """Say that we are there, announce what there is, remove what there was; return the number of sensors."""
        settings = self.connection
        wanted = announcements(settings)
        if self._lamps.topics:
            await self._subscribe(*self._lamps.topics)
        echoes = await self._subscribe(every_announcement(settings), settings.status_topic)
        await self._publish(settings.status_topic, ONLINE, retain=True, qos=1)
        if echoes:  # a broker keeps the order: once our own word comes back, so have the old announcements
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._own_echo.wait(), _OLD_S)
        await self._unsubscribe(every_announcement(settings), settings.status_topic)
        await self._lamps.ask()  # what is retained has come
        for topic in self._old - wanted.keys():
            await self._publish(topic, "", retain=True, qos=1)
        for topic, table in wanted.items():
            await self._publish(topic, as_payload(table), retain=True, qos=1)
        for name in settings.sensors:
            await self._publish(settings.topic_of(name), as_payload({"state": "idle", "confidence": 0.0, "held_ms": 0}))
        if self._tracking or settings.discovery:
            await self._publish(settings.tracking_topic, self._tracking or "unknown", retain=True)
        return len(wanted)

    async def _subscribe(self, *topics: str) -> bool:
        """Subscribe; False if the broker does not let us: then nothing old is removed, and all else works."""
        assert self._client is not None
        try:
            codes = await self._client.subscribe([(topic, 1) for topic in topics])
        except aiomqtt.MqttError as error:
            raise self._gone(error) from None
        return all(getattr(code, "value", code) < 128 for code in codes)

    async def _unsubscribe(self, *topics: str) -> None:
        assert self._client is not None
        try:
            await self._client.unsubscribe(list(topics))
        except aiomqtt.MqttError as error:
            raise self._gone(error) from None

    async def _publish_json(self, topic: str, table: Mapping[str, Any], qos: int) -> None:
        await self._publish(topic, as_payload(table), qos=qos)

    async def _publish(self, topic: str, payload: str, *, retain: bool = False, qos: int = 0) -> None:
        """Publish, and await the acknowledgement if there is one.

        Raises:
            Unreachable: the connection is gone.
            TimeoutError: the acknowledgement did not come in time.
        """
        client, listening = self._client, self._listening
        if client is None or listening is None or listening.done():
            raise Unreachable(f"the connection to the MQTT broker at {self._where} is gone")
        publishing = asyncio.ensure_future(client.publish(topic, payload, qos, retain))
        try:
            await asyncio.wait({publishing, listening}, return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                raise Unreachable(f"the MQTT broker at {self._where} went away before it acknowledged {topic}")
            publishing.result()
        except (aiomqtt.MqttError, ValueError) as error:
            raise self._gone(error) from None
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)

    def _gone(self, error: Exception) -> Exception:
        if str(error) == "Operation timed out":
            return TimeoutError(
                f"the MQTT broker at {self._where} did not acknowledge within {0.8 * self.connection.timeout_s:g} s"
            )
        return Unreachable(f"the connection to the MQTT broker at {self._where} broke ({error})")

    def check(self, action: Action) -> str | None:
        """Return what is wrong with the lamp that an action names; a broker takes any topic. See `Client.check`."""
        return self.connection.lacks(action, self.name)


def _counted(count: int, what: str) -> str:
    return f", {count} {what}{'s' if count != 1 else ''}"


async def _farewell(client: aiomqtt.Client, status_topic: str | None) -> None:
    """End a connection. On a clean end the broker does not publish our will, so we say it ourselves."""
    client.timeout = 0.3
    with contextlib.suppress(Exception):
        async with asyncio.timeout(0.4):
            if status_topic is not None:
                await client.publish(status_topic, OFFLINE, 1, True)
    with contextlib.suppress(Exception):
        async with asyncio.timeout(0.4):
            await client.__aexit__(None, None, None)


def _abandon(client: aiomqtt.Client, entered: "asyncio.Future[aiomqtt.Client]") -> None:
    """End a connection that came about after nobody wanted it any more."""
    if not entered.cancelled() and entered.exception() is None:
        _ABANDONED.add(leaving := asyncio.ensure_future(_farewell(client, None)))
        leaving.add_done_callback(_ABANDONED.discard)


_ABANDONED: Final[set["asyncio.Future[None]"]] = set()
"""So that they are not forgotten before they are done."""
