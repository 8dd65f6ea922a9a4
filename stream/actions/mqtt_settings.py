"""MQTT in a rule file: the broker's settings, and the action that publishes.

Owns the settings, their checks and the topics. Talking is `mqtt_client.py`'s, what Home Assistant is told is
`mqtt_discovery.py`'s.
"""

import json
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from stream.actions.base import Action, Connection
from stream.actions.templates import checked_template

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


class MqttSettings(Connection):
    """An MQTT broker (Mosquitto, Home Assistant's …). The password is the secret `NAME.password`."""

    secrets: ClassVar[tuple[str, ...]] = ("password",)

    kind: Literal["mqtt"] = "mqtt"
    host: str = Field(min_length=1, description="the broker's address")
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

    def topic_of(self, gesture: str) -> str:
        """Return the topic of a gesture."""
        return self.gesture_topic.replace("{prefix}", self.prefix).replace("{name}", gesture)


def as_payload(content: Any) -> str:
    """Return what goes on the wire: a text as it is, anything else as JSON."""
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
