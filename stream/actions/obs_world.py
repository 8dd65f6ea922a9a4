"""What OBS has: scenes, sources in them, inputs, filters, transitions, hotkeys, and what runs.

Owns reading it all when connected, and keeping it current by events. Knows no socket: it is given a function that asks, and is
handed the events.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Question = tuple[str, dict[str, Any]]
"""A request's type and data."""
Ask = Callable[[Sequence[Question]], Awaitable[list[dict[str, Any] | None]]]
"""Asks several requests at once; the answer to each, None if it was refused."""

_OUTPUTS: Final = {
    "recording": ("GetRecordStatus", "RecordStateChanged"),
    "streaming": ("GetStreamStatus", "StreamStateChanged"),
    "replay": ("GetReplayBufferStatus", "ReplayBufferStateChanged"),
    "virtual camera": ("GetVirtualCamStatus", "VirtualcamStateChanged"),
}
"""What can run: how to ask whether it does, and the event that tells of it."""

_FIRST: Final = (
    *("GetVersion", "GetSceneList", "GetGroupList", "GetInputList", "GetSceneTransitionList"),
    *("GetStudioModeEnabled", "GetHotkeyList", *(request for request, _ in _OUTPUTS.values())),
)
_AT_ONCE: Final = 100
"""Requests in one batch."""


@dataclass(slots=True)
class Item:
    """A source in a scene or group."""

    id: int
    source: str
    enabled: bool


@dataclass(slots=True)
class World:
    """What is known of OBS now."""

    version: str = ""
    scenes: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    program: str = ""
    """The scene on air."""
    preview: str | None = None
    """The scene in the preview; None: OBS is not in studio mode."""
    inputs: dict[str, str] = field(default_factory=dict)
    """Name to kind, without its version: `text_ft2_source`."""
    items: dict[str, list[Item]] = field(default_factory=dict)
    """By scene or group."""
    filters: dict[str, dict[str, bool]] = field(default_factory=dict)
    """By source or scene: the filters' names, and whether they are on."""
    transitions: list[str] = field(default_factory=list)
    transition: str = ""
    hotkeys: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    """`recording` to `on`, `off` or `paused`; what this OBS does not have is left out."""
    is_loading: bool = False
    """OBS is changing its scene collection: what is known is about to be worthless."""

    def facts(self) -> dict[str, str]:
        """Return what rules may ask for: `scene is Game`, `recording is on`."""
        preview = {} if self.preview is None else {"preview": self.preview}
        studio = "off" if self.preview is None else "on"
        return {"scene": self.program, **preview, "studio mode": studio, "transition": self.transition, **self.outputs}

    def sources(self) -> list[str]:
        """Return every name that can have filters."""
        return [*self.scenes, *self.groups, *self.inputs]

    def places(self, source: str) -> list[str]:
        """Return the scenes and groups that hold `source`."""
        return [scene for scene, items in self.items.items() if any(item.source == source for item in items)]

    def within(self, scene: str) -> list[str]:
        """Return `scene` and the groups in it."""
        held = [item.source for item in self.items.get(scene, [])]
        return [scene, *(group for group in self.groups if group in held)]

    def find(self, scene: str, source: str) -> list[Item]:
        """Return the places of `source` directly in `scene`."""
        return [item for item in self.items.get(scene, []) if item.source == source]

    def apply(self, event: str, data: Mapping[str, Any]) -> None:
        """Take in an event. What is told twice does no harm; what is not needed is passed over."""
        handler = _EVENTS.get(event)
        if handler is not None:
            handler(self, data)


async def read_world(ask: Ask) -> World:
    """Read it all.

    Raises:
        Whatever `ask` raises.
    """
    first = [answer or {} for answer in await ask([(request, {}) for request in _FIRST])]
    version, scenes, groups, inputs, transitions, studio, hotkeys, *outputs = first
    world = World(
        version=str(version.get("obsVersion", "")),
        scenes=[scene["sceneName"] for scene in reversed(scenes.get("scenes", []))],  # OBS's list is bottom up
        groups=list(groups.get("groups", [])),
        program=scenes.get("currentProgramSceneName") or "",
        preview=scenes.get("currentPreviewSceneName") if studio.get("studioModeEnabled") else None,
        inputs={given["inputName"]: given["unversionedInputKind"] for given in inputs.get("inputs", [])},
        transitions=[given["transitionName"] for given in transitions.get("transitions", [])],
        transition=transitions.get("currentSceneTransitionName") or "",
        hotkeys=list(dict.fromkeys(hotkeys.get("hotkeys", []))),
        outputs={name: _running(answer) for name, answer in zip(_OUTPUTS, outputs, strict=True) if answer},
    )
    await _read_contents(world, ask)
    return world


async def _read_contents(world: World, ask: Ask) -> None:
    """Read what is in each scene and group, and the filters of each source."""
    questions: list[Question] = [("GetSceneItemList", {"sceneName": name}) for name in world.scenes]
    questions += [("GetGroupSceneItemList", {"sceneName": name}) for name in world.groups]
    questions += [("GetSourceFilterList", {"sourceName": name}) for name in world.sources()]
    for start in range(0, len(questions), _AT_ONCE):
        some = questions[start : start + _AT_ONCE]
        for (_, about), answer in zip(some, await ask(some), strict=True):
            _take_contents(world, about, answer or {})


def _take_contents(world: World, about: Mapping[str, str], answer: Mapping[str, Any]) -> None:
    if "sceneName" in about:
        items = answer.get("sceneItems", [])
        world.items[about["sceneName"]] = [
            Item(item["sceneItemId"], item["sourceName"], bool(item["sceneItemEnabled"])) for item in items
        ]
    elif filters := answer.get("filters"):
        world.filters[about["sourceName"]] = {each["filterName"]: bool(each["filterEnabled"]) for each in filters}


def _running(data: Mapping[str, Any]) -> str:
    if data.get("outputPaused") or data.get("outputState") == "OBS_WEBSOCKET_OUTPUT_PAUSED":
        return "paused"
    return "on" if data.get("outputActive") or data.get("outputState") == "OBS_WEBSOCKET_OUTPUT_RESUMED" else "off"


def _scene_created(world: World, data: Mapping[str, Any]) -> None:
    known = world.groups if data.get("isGroup") else world.scenes
    if data["sceneName"] not in known:
        known.append(data["sceneName"])
    world.items.setdefault(data["sceneName"], [])


def _scene_removed(world: World, data: Mapping[str, Any]) -> None:
    name = data["sceneName"]
    world.scenes = [scene for scene in world.scenes if scene != name]
    world.groups = [group for group in world.groups if group != name]
    world.items.pop(name, None)
    world.filters.pop(name, None)


def _renamed(world: World, old: str, new: str) -> None:
    """A scene, group or input has a new name: it stands in many places."""
    world.scenes = [new if name == old else name for name in world.scenes]
    world.groups = [new if name == old else name for name in world.groups]
    world.inputs = {new if name == old else name: kind for name, kind in world.inputs.items()}
    world.items = {new if name == old else name: items for name, items in world.items.items()}
    world.filters = {new if name == old else name: filters for name, filters in world.filters.items()}
    for item in (item for items in world.items.values() for item in items if item.source == old):
        item.source = new
    world.program = new if world.program == old else world.program
    world.preview = new if world.preview == old else world.preview


def _input_removed(world: World, data: Mapping[str, Any]) -> None:
    world.inputs.pop(data["inputName"], None)
    world.filters.pop(data["inputName"], None)


def _item_created(world: World, data: Mapping[str, Any]) -> None:
    _item_removed(world, data)
    world.items.setdefault(data["sceneName"], []).append(Item(data["sceneItemId"], data["sourceName"], True))


def _item_removed(world: World, data: Mapping[str, Any]) -> None:
    items = world.items.get(data["sceneName"], [])
    items[:] = [item for item in items if item.id != data["sceneItemId"]]


def _item_switched(world: World, data: Mapping[str, Any]) -> None:
    for item in world.items.get(data["sceneName"], []):
        if item.id == data["sceneItemId"]:
            item.enabled = bool(data["sceneItemEnabled"])


def _filter_created(world: World, data: Mapping[str, Any]) -> None:
    world.filters.setdefault(data["sourceName"], {}).setdefault(data["filterName"], True)


def _filter_removed(world: World, data: Mapping[str, Any]) -> None:
    world.filters.get(data["sourceName"], {}).pop(data["filterName"], None)


def _filter_renamed(world: World, data: Mapping[str, Any]) -> None:
    filters = world.filters.get(data["sourceName"], {})
    if data["oldFilterName"] in filters:
        filters[data["filterName"]] = filters.pop(data["oldFilterName"])


def _filter_switched(world: World, data: Mapping[str, Any]) -> None:
    world.filters.setdefault(data["sourceName"], {})[data["filterName"]] = bool(data["filterEnabled"])


def _set(name: str, key: str) -> Callable[[World, Mapping[str, Any]], None]:
    return lambda world, data: setattr(world, name, data[key])


def _output(name: str) -> Callable[[World, Mapping[str, Any]], None]:
    return lambda world, data: world.outputs.update({name: _running(data)})


def _studio(world: World, data: Mapping[str, Any]) -> None:
    world.preview = (world.preview or world.program) if data["studioModeEnabled"] else None


_EVENTS: Final[Mapping[str, Callable[[World, Mapping[str, Any]], None]]] = {
    "CurrentProgramSceneChanged": _set("program", "sceneName"),
    "CurrentPreviewSceneChanged": _set("preview", "sceneName"),
    "StudioModeStateChanged": _studio,
    "SceneCreated": _scene_created,
    "SceneRemoved": _scene_removed,
    "SceneNameChanged": lambda world, data: _renamed(world, data["oldSceneName"], data["sceneName"]),
    "InputCreated": lambda world, data: world.inputs.update({data["inputName"]: data["unversionedInputKind"]}),
    "InputRemoved": _input_removed,
    "InputNameChanged": lambda world, data: _renamed(world, data["oldInputName"], data["inputName"]),
    "SceneItemCreated": _item_created,
    "SceneItemRemoved": _item_removed,
    "SceneItemEnableStateChanged": _item_switched,
    "SourceFilterCreated": _filter_created,
    "SourceFilterRemoved": _filter_removed,
    "SourceFilterNameChanged": _filter_renamed,
    "SourceFilterEnableStateChanged": _filter_switched,
    "CurrentSceneTransitionChanged": _set("transition", "transitionName"),
    "CurrentSceneCollectionChanging": lambda world, data: setattr(world, "is_loading", True),
    **{event: _output(name) for name, (_, event) in _OUTPUTS.items()},
}
