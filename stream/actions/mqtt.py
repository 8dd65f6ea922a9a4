"""MQTT, as a rule file names it.

Owns which client a connection of that kind makes. Settings and the action are `mqtt_settings.py`'s, talking is
`mqtt_client.py`'s.
"""

from typing import TYPE_CHECKING, Final

from stream.actions.base import Tools
from stream.actions.mqtt_settings import MqttSettings, Publish

if TYPE_CHECKING:
    from stream.actions.mqtt_client import MqttClient


class Mqtt(MqttSettings):
    """An MQTT broker (Mosquitto, Home Assistant's …). The password is the secret `NAME.password`."""

    def client(self, name: str, *, tools: Tools) -> "MqttClient":
        from stream.actions.mqtt_client import MqttClient

        return MqttClient(name, self, tools=tools)


ACTIONS: Final = (Publish,)
CONNECTIONS: Final = (Mqtt,)
