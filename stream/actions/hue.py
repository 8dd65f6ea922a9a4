"""Philips Hue: lamps, rooms, zones and scenes of a bridge, by their names in the Hue app.

Owns what an action means for the bridge's API (version 2). The connection is `hue_bridge.py`'s. A whole room is one command
by its group; bringing a room back is one command too where all its lamps were alike, else one for each lamp, at the pace that
the bridge can stand.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from stream.actions import colours
from stream.actions.base import Action, Client, Connection, Order, Refused, Tools, secret_of
from stream.actions.hue_bridge import HTTPS_PORT, Bridge, Pairing, secret_name
from stream.actions.light import Light, subject_of
from stream.hosts import Host
from trackers.spelling import near

Resource = dict[str, Any]
MAX_RATE_HZ: Final = 4.0


class HueScene(Action):
    """Recall a scene of the Hue app."""

    kinds: ClassVar = ("hue",)
    action: Literal["hue.scene"] = "hue.scene"
    scene: str
    room: str = Field("", description="room or zone, where several have a scene of that name")
    fade_s: float | None = Field(None, ge=0, le=60)

    @property
    def merge_key(self) -> str | None:
        return f"scene:{self.room}"

    @property
    def subject(self) -> tuple[str, ...]:
        """See `Action`."""
        return subject_of("")


class HueRestore(Action):
    """Bring back lamps; made by `capture`, never written in a rule."""

    kinds: ClassVar = ("hue",)
    action: Literal["hue.restore"] = "hue.restore"
    lights: dict[str, Resource]
    """Light id to what it was."""
    group: str = ""
    """grouped_light that holds just these; empty: none does."""

    @property
    def merge_key(self) -> str | None:
        """The lamps: all of each is brought back."""
        return ",".join(sorted(self.lights))


class HueConnection(Connection):
    """A Hue bridge, paired by `run.py lights pair hue`."""

    kind: Literal["hue"] = "hue"
    host: Host = Field(description="the bridge's IP address or name")
    port: int = Field(HTTPS_PORT, ge=1, le=65535)
    timeout_s: float = Field(15.0, gt=0, le=60, description="bringing back a large room takes a quarter second for each lamp")
    rate_hz: float = Field(
        MAX_RATE_HZ, gt=0, le=MAX_RATE_HZ, description="at most so many commands a second; a bridge stands 4"
    )

    def client(self, name: str, *, tools: Tools) -> "Hue":
        return Hue(name, self, tools=tools)


@dataclass(frozen=True, slots=True)
class Spot:
    """What a name stands for: a lamp, or a group with its lamps."""

    name: str
    kind: Literal["light", "grouped_light"]
    id: str
    lights: tuple[str, ...]
    owner: str = ""
    """Id of the room or zone."""


@dataclass(slots=True)
class Home:
    """What a bridge has, by name."""

    spots: list[Spot] = field(default_factory=list)
    everything: Spot | None = None
    scenes: list[Resource] = field(default_factory=list)
    lights: dict[str, Resource] = field(default_factory=dict)
    """By id, as read last."""

    @classmethod
    def of(cls, lights: list[Resource], groups: list[Resource], scenes: list[Resource], homes: list[Resource]) -> "Home":
        home = cls(scenes=scenes, lights={light["id"]: light for light in lights})
        for group in groups:
            if (number := _grouped_light(group)) is not None:
                children = {child.get("rid") for child in group.get("children", [])}
                members = tuple(i for i, light in home.lights.items() if {i, light.get("owner", {}).get("rid")} & children)
                home.spots.append(Spot(_name(group), "grouped_light", number, members, group["id"]))
        home.spots += [Spot(_name(light), "light", light["id"], (light["id"],)) for light in lights]
        number = next((found for each in homes if (found := _grouped_light(each)) is not None), None)
        if number is not None:
            home.everything = Spot("all lamps", "grouped_light", number, tuple(home.lights))
        return home

    def find(self, name: str) -> Spot:
        """Return what a name stands for; rooms and zones before lamps, everything for an empty name. Raises Refused."""
        if not name:
            if self.everything is None:
                raise Refused("the Hue bridge has no group of all lamps; name a room in `light`")
            return self.everything
        for spot in self.spots:
            if spot.name.casefold() == name.casefold():
                return spot
        names = list(dict.fromkeys(spot.name for spot in self.spots))
        raise Refused(f"the Hue bridge has no lamp, room or zone '{name}'; {near(name, names)}")

    def find_scene(self, action: HueScene) -> tuple[str, Spot | None]:
        """Return a scene's id and its room or zone. Raises Refused."""
        named = [scene for scene in self.scenes if _name(scene).casefold() == action.scene.casefold()]
        if not named:
            raise Refused(
                f"the Hue bridge has no scene '{action.scene}'; {near(action.scene, [_name(s) for s in self.scenes])}"
            )
        found = [(scene["id"], self._group_of(scene)) for scene in named]
        if action.room:
            found = [pair for pair in found if pair[1] is not None and pair[1].name.casefold() == action.room.casefold()]
        rooms = [spot.name for _, spot in ((s["id"], self._group_of(s)) for s in named) if spot is not None]
        if not found:
            raise Refused(f"no room '{action.room}' has a scene '{action.scene}'; {near(action.room, rooms)}")
        if len(found) > 1:
            raise Refused(f"{' and '.join(sorted(rooms))} each have a scene '{action.scene}'; say which with `room`")
        return found[0]

    def _group_of(self, scene: Resource) -> Spot | None:
        number = scene.get("group", {}).get("rid")
        return next((spot for spot in self.spots if spot.owner and spot.owner == number), None)


class Hue(Client[HueConnection]):
    """One bridge."""

    def __init__(self, name: str, connection: HueConnection, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self._bridge = Bridge(connection.host, connection.port, rate_hz=connection.rate_hz)
        self._home = Home()

    async def connect(self) -> str:
        bridge = self._bridge
        await bridge.open()
        bridge.adopt(Pairing.from_secret(await secret_of(self.tools, secret_name(bridge.id))))
        groups = await bridge.get("room") + await bridge.get("zone")
        self._home = Home.of(await bridge.get("light"), groups, await bridge.get("scene"), await bridge.get("bridge_home"))
        counts = f"{len(self._home.lights)} lamps, {len(groups)} rooms and zones, {len(self._home.scenes)} scenes"
        return f"Hue bridge '{bridge.name}' {bridge.version}, {counts}"

    async def perform(self, order: Order) -> None:
        match order.action:
            case Light() as action:
                spot = self._home.find(action.light)
                model = self._home.lights.get(spot.id, {}) if spot.kind == "light" else None
                body = light_body(action, model, fade_s=None if order.streamed else action.fade_s)
                if body:
                    await self._bridge.put(spot.kind, spot.id, body)
            case HueScene() as action:
                number, _ = self._home.find_scene(action)
                recall: Resource = {"action": "active"}
                if action.fade_s is not None:
                    recall["duration"] = round(action.fade_s * 1000)
                await self._bridge.put("scene", number, {"recall": recall})
            case HueRestore() as action:
                await self._restore(action)
            case _:
                raise Refused(f"{self.name} is a Hue bridge and cannot do {order.action.action}")

    async def capture(self, action: Action) -> Action | None:
        if isinstance(action, Light):
            spot: Spot | None = self._home.find(action.light)
        elif isinstance(action, HueScene):
            _, spot = self._home.find_scene(action)
        else:
            return None
        if spot is None:
            return None
        self._home.lights = {light["id"]: light for light in await self._bridge.get("light")}
        before = {number: state_of(self._home.lights[number]) for number in spot.lights if number in self._home.lights}
        return HueRestore(target=action.target, lights=before, group=spot.id if spot.kind == "grouped_light" else "")

    def check(self, action: Action) -> str | None:
        try:
            if isinstance(action, Light):
                self._home.find(action.light)
            elif isinstance(action, HueScene):
                self._home.find_scene(action)
        except Refused as error:
            return str(error)
        return None

    async def _restore(self, action: HueRestore) -> None:
        states = list(action.lights.values())
        if action.group and states and all(state == states[0] for state in states):
            await self._bridge.put("grouped_light", action.group, states[0])
            return
        for number, state in action.lights.items():
            await self._bridge.put("light", number, state)
            self.steps += 1

    async def close(self) -> None:
        await self._bridge.close()


def light_body(action: Light, model: Resource | None, *, fade_s: float | None) -> Resource:
    """Return what sets a lamp or group. The colour's hue and saturation are shown at the brightness that the lamp has.

    Args:
        model: the lamp, for what it can show; None: a group, whose lamps take what they can.
    """
    body: Resource = {}
    on = action.power
    if action.brightness is not None:
        on = action.brightness > 0 and on is not False
        if on:
            body["dimming"] = {"brightness": action.brightness}
    if action.color is not None:
        colour = colours.parse(action.color)
        on = on if on is not None else not colour.is_black
        body |= _color_body(colour, model) if not colour.is_black else {}
    if on is not None:
        body = {"on": {"on": on}, **(body if on else {})}
    if body and fade_s is not None:
        body["dynamics"] = {"duration": round(fade_s * 1000)}
    return body


def state_of(light: Resource) -> Resource:
    """Return what brings a lamp back to what it is now."""
    state: Resource = {"on": {"on": bool(light.get("on", {}).get("on"))}}
    if "dimming" in light:
        state["dimming"] = {"brightness": light["dimming"]["brightness"]}
    temperature = light.get("color_temperature", {})
    if temperature.get("mirek") is not None and temperature.get("mirek_valid", True):
        state["color_temperature"] = {"mirek": temperature["mirek"]}
    elif "color" in light:
        state["color"] = {"xy": light["color"]["xy"]}
    return state


def _color_body(colour: colours.Colour, model: Resource | None) -> Resource:
    has_color = model is None or "color" in model
    if colour.white_kelvin is None and has_color:
        x, y = colour.to_xy(_gamut(model or {}))
        return {"color": {"xy": {"x": round(x, 4), "y": round(y, 4)}}}
    if model is not None and "color_temperature" not in model:
        return {}  # a lamp that is only dimmed
    schema = (model or {}).get("color_temperature", {}).get("mirek_schema", {})
    low, high = schema.get("mirek_minimum", 153), schema.get("mirek_maximum", 500)
    return {"color_temperature": {"mirek": min(max(round(1e6 / colour.to_kelvin()), low), high)}}


def _gamut(light: Resource) -> colours.Gamut | None:
    gamut = light.get("color", {}).get("gamut")
    if not gamut:
        return None
    red, green, blue = ((float(gamut[c]["x"]), float(gamut[c]["y"])) for c in ("red", "green", "blue"))
    return red, green, blue


def _grouped_light(group: Resource) -> str | None:
    return next((s["rid"] for s in group.get("services", []) if s.get("rtype") == "grouped_light"), None)


def _name(resource: Resource) -> str:
    return str(resource.get("metadata", {}).get("name", ""))


ACTIONS = (HueScene,)
CONNECTIONS = (HueConnection,)
