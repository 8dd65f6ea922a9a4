"""Every action and every kind of connection, by name.

Owns the list. A new module of actions has `ACTIONS` and `CONNECTIONS` and stands here; nothing else needs to know it.
"""

from types import ModuleType
from typing import Final

from stream.actions import (
    artnet,
    avatar,
    dmx,
    home_assistant,
    hue,
    keys,
    lifx,
    light,
    mqtt,
    obs,
    osc,
    overlay,
    sacn,
    shell,
    socket,
    sound,
    webhook,
    wled,
    yeelight,
)
from stream.actions.base import Action, Connection

_MODULES: Final[tuple[ModuleType, ...]] = (
    artnet,
    avatar,
    dmx,
    home_assistant,
    hue,
    keys,
    lifx,
    mqtt,
    obs,
    osc,
    overlay,
    sacn,
    shell,
    socket,
    sound,
    webhook,
    wled,
    yeelight,
)

ACTIONS: Final[dict[str, type[Action]]] = {
    kind.model_fields["action"].default: kind for kind in (light.Light, *(a for m in _MODULES for a in m.ACTIONS))
}
"""Name of an action, such as `obs.scene`, to its class."""

CONNECTIONS: Final[dict[str, type[Connection]]] = {
    kind.model_fields["kind"].default: kind for kind in (c for m in _MODULES for c in m.CONNECTIONS)
}
"""Kind of a connection, such as `obs`, to its class."""
