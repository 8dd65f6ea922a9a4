"""What Home Assistant is told, so that it finds Posecast by itself: one retained message for each sensor.

Owns the topics and tables of MQTT discovery (home-assistant.io/integrations/mqtt, topics
`<prefix>/<component>/<node>/<object>/config`). Pure: knows no broker.
"""

import re
from collections.abc import Mapping
from typing import Any

from stream.actions.mqtt_settings import MqttSettings
from stream.machine import version


def node_of(settings: MqttSettings) -> str:
    """Return the name under which Home Assistant knows this Posecast: letters, digits, - and _ only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", settings.prefix)


def announcements(settings: MqttSettings) -> dict[str, Mapping[str, Any]]:
    """Return topic and table of each sensor: one for tracking, one for each chosen gesture; none if discovery is off."""
    if not settings.discovery:
        return {}
    tables: dict[str, Mapping[str, Any]] = {_topic(settings, "sensor", "tracking"): _tracking(settings)}
    tables |= {_topic(settings, "binary_sensor", name): _gesture(settings, name) for name in settings.sensors}
    return tables


def every_announcement(settings: MqttSettings) -> str:
    """Return the filter that finds all retained announcements of this Posecast, old ones too."""
    return f"{settings.discovery_prefix}/+/{node_of(settings)}/+/config"


def _topic(settings: MqttSettings, component: str, name: str) -> str:
    return f"{settings.discovery_prefix}/{component}/{node_of(settings)}/{re.sub(r'[^A-Za-z0-9_-]+', '_', name)}/config"


def _common(settings: MqttSettings, name: str) -> dict[str, Any]:
    node = node_of(settings)
    return {
        "unique_id": f"{node}_{name}",
        "availability_topic": settings.status_topic,
        "device": {"identifiers": [node], "name": "Posecast", "manufacturer": "Posecast", "sw_version": version()},
        "origin": {"name": "Posecast", "sw_version": version()},
    }


def _gesture(settings: MqttSettings, name: str) -> dict[str, Any]:
    topic = settings.topic_of(name)
    return {
        "name": name.replace("_", " ").capitalize(),
        "state_topic": topic,
        "value_template": "{{ 'ON' if value_json.state in ('start', 'hold') else 'OFF' }}",
        "json_attributes_topic": topic,
        **_common(settings, name),
    }


def _tracking(settings: MqttSettings) -> dict[str, Any]:
    return {
        "name": "Tracking",
        "state_topic": settings.tracking_topic,
        "icon": "mdi:human-greeting",
        **_common(settings, "tracking"),
    }
