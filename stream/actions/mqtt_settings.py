"""MQTT in a rule file: the broker's settings, its lamps, and the action that publishes.

Owns the settings, their checks and the topics. Talking is `mqtt_client.py`'s, what lamps are told is `mqtt_lamps.py`'s, and
Home Assistant `mqtt_discovery.py`'s.
"""

import json
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from stream.actions.base import Action, Connection, Refused
from stream.actions.light import Light
from stream.actions.templates import checked_template
from stream.hosts import Host
from trackers.spelling import near

_PORT: Final = 1883
_TLS_PORT: Final = 8883


def checked_topic(topic: str) -> str:
    """Return a topic that may be published to.

    Raises:
        ValueError: it is empty, too long, or holds what only subscriptions may.
    """
    if not topic or len(topic.encode()) > 65535 or any(sign in topic for sign in "+#\0"):
        raise ValueError(f"a topic must be some words with / between them, without + and #, got {topic!r}")
    return topic


class Publish(Action):
    """Publish a message on an MQTT topic."""

    kinds: ClassVar[tuple[str, ...]] = ("mqtt",)
    shown: ClassVar[tuple[str, ...] | None] = ("topic", "retain", "qos")

    action: Literal["mqtt.publish"] = "mqtt.publish"
    topic: str = Field(description="where to; {gesture} and its like are filled in")
    payload: str | int | float | bool | dict[str, Any] | list[Any] = Field(
        "", description="text, or a table or list that is sent as JSON; {gesture}, {confidence} … are filled in"
    )
    retain: bool = Field(False, description="the broker keeps it for those who come later")
    qos: Literal[0, 1, 2] = Field(0, description="1: the broker must acknowledge it, 2: exactly once")

    @field_validator("topic")
    @classmethod
    def _good_topic(cls, topic: str) -> str:
        return str(checked_template(checked_topic(topic), secrets=False))

    @field_validator("payload")
    @classmethod
    def _known_holes(cls, payload: Any) -> Any:
        return checked_template(payload)

    @property
    def merge_key(self) -> str | None:
        return f"mqtt:{self.topic}" if self.retain else None


class Lamp(BaseModel):
    """A lamp that speaks the JSON schema of Home Assistant's MQTT lights, as those of Zigbee2MQTT and ESPHome do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="what rules call it, in `light`")
    topic: str = Field("", description="of Zigbee2MQTT, such as zigbee2mqtt/desk: the three others follow from it")
    set_topic: str = Field("", description="where it takes orders; left out: TOPIC/set")
    state_topic: str = Field("", description="where it tells its state; left out: TOPIC")
    get_topic: str = Field("", description="where it is asked for its state; left out: TOPIC/get, or nowhere without a topic")
    shows: tuple[Literal["color", "white"], ...] = Field(
        ("color", "white"), description="colours, and whites by their temperature; neither: it is only dimmed"
    )

    @field_validator("topic", "set_topic", "state_topic", "get_topic")
    @classmethod
    def _good_topic(cls, topic: str) -> str:
        return checked_topic(topic.strip("/")) if topic else topic

    @model_validator(mode="after")
    def _has_topics(self) -> Self:
        if not self.topic and not self.set_topic:
            raise ValueError(f"lamp '{self.name}' needs a topic, such as zigbee2mqtt/{self.name}, or set_topic and state_topic")
        return self

    @property
    def orders_to(self) -> str:
        """The topic on which it takes orders."""
        return self.set_topic or f"{self.topic}/set"

    @property
    def told_on(self) -> str:
        """The topic on which it tells its state; empty: it never does."""
        return self.state_topic or self.topic

    @property
    def asked_on(self) -> str:
        """The topic on which it is asked for its state; empty: it cannot be."""
        return self.get_topic or (f"{self.topic}/get" if self.topic else "")

    @property
    def brightest(self) -> int:
        """Its full brightness: Zigbee knows 254 steps, the schema 255."""
        return 254 if self.topic else 255


class MqttSettings(Connection):
    """An MQTT broker (Mosquitto, Home Assistant's …). The password is the secret `NAME.password`."""

    secrets: ClassVar[tuple[str, ...]] = ("password",)

    kind: Literal["mqtt"] = "mqtt"
    host: Host = Field(description="the broker's address")
    port: int = Field(0, ge=0, le=65535, description="0: 1883, or 8883 with tls")
    tls: bool = Field(False, description="encrypted, and the broker's certificate is checked")
    ca_file: str = Field("", description="the authority that signed the broker's certificate, if the system does not know it")
    username: str = Field("", description="empty: none; the password is a secret")
    client_id: str = Field("", description="empty: a new one each time")
    prefix: str = Field("posecast", description="of our own topics: PREFIX/status, PREFIX/gesture/NAME, PREFIX/tracking")
    gestures: bool = Field(False, description="publish every gesture on PREFIX/gesture/NAME")
    gesture_topic: str = Field("{prefix}/gesture/{name}", description="where gestures are published")
    discovery: bool = Field(False, description="let Home Assistant find Posecast by itself")
    discovery_prefix: str = Field("homeassistant", description="as set in Home Assistant")
    sensors: tuple[str, ...] = Field((), description="gestures that Home Assistant shows, each as a sensor that is on or off")

    lamps: tuple[Lamp, ...] = Field((), description="what the action light can set")

    @field_validator("prefix", "discovery_prefix", "gesture_topic")
    @classmethod
    def _good_topic(cls, topic: str) -> str:
        return checked_topic(topic.strip("/"))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if "{name}" not in self.gesture_topic:
            raise ValueError(f"gesture_topic must hold {{name}}, such as posecast/gesture/{{name}}, got {self.gesture_topic!r}")
        if self.sensors and not (self.discovery and self.gestures):
            raise ValueError("sensors need discovery = true and gestures = true, so that Home Assistant hears of them")
        names = [lamp.name.casefold() for lamp in self.lamps]
        if twice := [lamp.name for number, lamp in enumerate(self.lamps) if names.index(lamp.name.casefold()) != number]:
            raise ValueError(f"two lamps are called '{twice[0]}'; give each a name of its own")
        return self

    @property
    def port_used(self) -> int:
        """The port, as given or by default."""
        return self.port or (_TLS_PORT if self.tls else _PORT)

    @property
    def status_topic(self) -> str:
        """Where `online` and `offline` stand."""
        return f"{self.prefix}/status"

    @property
    def tracking_topic(self) -> str:
        """Where it stands whether a person is tracked."""
        return f"{self.prefix}/tracking"

    def gestures_named(self) -> tuple[str, ...]:
        """Return the gestures that are sensors."""
        return self.sensors

    def lamps_named(self, light: str, *, owner: str) -> tuple[Lamp, ...]:
        """Return the lamps that a rule means; all for an empty name.

        Args:
            owner: name of this connection.

        Raises:
            Refused: there is none, or none of this name.
        """
        if not self.lamps:
            raise Refused(f"{owner} has no lamps; add [[connections.{owner}.lamps]] with name and topic to the rules")
        found = tuple(lamp for lamp in self.lamps if light.casefold() in ("", lamp.name.casefold()))
        if not found:
            raise Refused(f"{owner} has no lamp '{light}'; {near(light, [lamp.name for lamp in self.lamps])}")
        return found

    def lacks(self, action: Action, name: str) -> str | None:
        """See `Connection`: a broker takes any topic, and has the lamps that are configured."""
        try:
            if isinstance(action, Light):
                self.lamps_named(action.light, owner=name)
        except Refused as error:
            return str(error)
        return None

    def topic_of(self, gesture: str) -> str:
        """Return the topic of a gesture."""
        return self.gesture_topic.replace("{prefix}", self.prefix).replace("{name}", gesture)


def as_payload(content: Any) -> str:
    """Return what goes on the wire: a text as it is, anything else as JSON."""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
