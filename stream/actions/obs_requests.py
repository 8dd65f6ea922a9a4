"""From an action and what OBS has to the requests that do it, and back.

Owns what is asked for, what is wrong with an action that names something OBS has not, what brings the state back, and the
sentences. Pure: knows no socket.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from stream.actions.base import Refused
from stream.actions.obs_actions import (
    Filter,
    Hotkey,
    Media,
    Mute,
    ObsAction,
    Record,
    Replay,
    Scene,
    Source,
    Stream,
    Text,
    Transition,
    VirtualCamera,
    Volume,
)
from stream.actions.obs_keys import parse_keys
from stream.actions.obs_world import Question, World
from trackers.spelling import near

_REPLAY_OFF: Final = "OBS's replay buffer is not set up; tick OBS's Settings -> Output -> Replay Buffer -> Enable Replay Buffer"
_NO_CAMERA: Final = "this OBS has no virtual camera; install what its Start Virtual Camera button asks for"
_NO_STUDIO: Final = "OBS is not in studio mode, so there is no preview; press Studio Mode in OBS"

TAKE: Final = "TriggerStudioModeTransition"
_TOLD_BY: Final = {
    "SetCurrentProgramScene": "CurrentProgramSceneChanged",
    "SetCurrentPreviewScene": "CurrentPreviewSceneChanged",
    "SetCurrentSceneTransition": "CurrentSceneTransitionChanged",
    "SetSceneItemEnabled": "SceneItemEnableStateChanged",
    "SetSourceFilterEnabled": "SourceFilterEnableStateChanged",
}
"""Requests whose data are those of the event that follows."""
_DO_WELL: Final = {("Start", 500), ("Stop", 501), ("Pause", 502), ("Resume", 503)}
"""Refusals that mean that it is as wished already: start of what runs, stop of what does not …"""


def requests(action: ObsAction, world: World) -> list[Question]:
    """Return the requests that do `action`.

    Raises:
        Refused: OBS has no such thing, or is not in a state for it.
    """
    if problem := check(action, world) if not isinstance(action, Hotkey) else None:  # the list of hotkeys may be old
        raise Refused(problem)
    return _REQUESTS[type(action)](action, world)


def check(action: ObsAction, world: World) -> str | None:
    """Return what `action` names that OBS has not, with near matches; None if all is there."""
    match action:
        case Scene() | Transition():
            scene = _unknown("scene", action.scene, world.scenes) if isinstance(action, Scene) else None
            return scene or (_unknown("transition", action.transition, world.transitions) if action.transition else None)
        case Source():
            return _check_source(action, world)
        case Filter():
            filters = list(world.filters.get(action.source, ()))
            return _unknown("source", action.source, world.sources()) or (
                f"{_unknown(f'filter of {action.source!r} called', action.filter, filters)}"
                if action.filter not in filters
                else None
            )
        case Mute() | Volume() | Media():
            return _unknown("input", action.input, list(world.inputs))
        case Text():
            return _check_text(action, world)
        case Hotkey(name=name) if name:
            return _unknown("hotkey", name, world.hotkeys)
        case Replay():
            return None if "replay" in world.outputs else _REPLAY_OFF
        case VirtualCamera():
            return None if "virtual camera" in world.outputs else _NO_CAMERA
    return None


def before(action: ObsAction, world: World) -> ObsAction | None:
    """Return the action that brings back what `action` is about to change, as far as that is known without asking OBS.

    Raises:
        Refused: as for `requests`.
    """
    match action:
        case Scene(preview=True):
            return None if world.preview is None else action.model_copy(update={"scene": world.preview, "transition": ""})
        case Scene():
            transition = world.transition if action.transition else ""
            return action.model_copy(update={"scene": world.program, "transition": transition})
        case Source():
            scene = _place(action, world)
            enabled = any(item.enabled for item in world.find(scene, action.source))
            return action.model_copy(update={"scene": scene, "visible": _switch(enabled)})
        case Filter():
            if problem := check(action, world):
                raise Refused(problem)
            return action.model_copy(update={"enabled": _switch(world.filters[action.source][action.filter])})
    return None


def question_before(action: ObsAction) -> Question | None:
    """Return the request whose answer tells `answered_before` what `action` is about to change; None: `before` knows."""
    match action:
        case Mute():
            return "GetInputMute", {"inputName": action.input}
        case Volume():
            return "GetInputVolume", {"inputName": action.input}
        case Text():
            return "GetInputSettings", {"inputName": action.source}
    return None


def answered_before(action: ObsAction, answer: Mapping[str, Any]) -> ObsAction | None:
    """Return the action that brings back what `action` is about to change, from the answer to `question_before`."""
    match action:
        case Mute():
            return action.model_copy(update={"mute": _switch(bool(answer["inputMuted"]))})
        case Volume():
            return action.model_copy(update={"db": None, "percent": 100 * float(answer["inputVolumeMul"])})
        case Text():
            return action.model_copy(update={"text": str(answer["inputSettings"].get("text", ""))})
    return None


def is_done(question: Question, code: int) -> bool:
    """Return whether a refusal with this status code means that it is as wished already."""
    return any(question[0].startswith(verb) and code == known for verb, known in _DO_WELL)


def event_of(question: Question) -> tuple[str, dict[str, Any]] | None:
    """Return the event that OBS will send when it has done this, None if it matters not.

    It is taken in at once: that of a scene comes from OBS only when the transition is over.
    """
    request, data = question
    return (_TOLD_BY[request], data) if request in _TOLD_BY else None


def refusal(action: ObsAction, question: Question, *, code: int, comment: str, world: World) -> str:
    """Return one sentence for people, of a request that OBS refused."""
    if code == 600 and isinstance(action, Hotkey):
        return _unknown("hotkey", action.name, [*world.hotkeys]) or f"OBS has no hotkey {action.name!r} any more"
    if code == 501 and question[0] == "SaveReplayBuffer":
        return 'OBS\'s replay buffer does not run; start it in OBS, or with obs.replay and do = "start"'
    if code == 506:
        return _NO_STUDIO
    if code == 604 and "does not support audio" in comment:
        return f"{action.action}: OBS's {question[1].get('inputName')!r} has no sound; name an input of OBS's Audio Mixer"
    return f"OBS refused {question[0]} for {action.action}: {comment or 'it does not say why'} (code {code})"


def _unknown(kind: str, name: str, known: list[str]) -> str | None:
    return None if name in known else f"OBS has no {kind} {name!r}; {near(name, known)}"


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _check_source(action: Source, world: World) -> str | None:
    if action.scene:
        if problem := _unknown("scene", action.scene, [*world.scenes, *world.groups]):
            return problem
        places = world.within(action.scene)
        if not any(world.find(place, action.source) for place in places):
            here = [item.source for place in places for item in world.items.get(place, ())]
            return f"OBS's scene {action.scene!r} has no source {action.source!r}; {near(action.source, here)}"
        return None
    every = list(dict.fromkeys(item.source for items in world.items.values() for item in items))
    return _unknown("source", action.source, every)


def _check_text(action: Text, world: World) -> str | None:
    texts = [name for name, kind in world.inputs.items() if kind.startswith("text_")]
    if action.source in world.inputs and action.source not in texts:
        return f"OBS's {action.source!r} shows no text; {near(action.source, texts)}"
    return _unknown("text source", action.source, texts)


def _place(action: Source, world: World) -> str:
    """Return the scene or group whose item is to be switched."""
    scene = action.scene or world.program
    for place in world.within(scene):
        if world.find(place, action.source):
            return place
    places = world.places(action.source)
    where = f"it is in {', '.join(places)}; add scene to the rule" if places else "no scene has it"
    raise Refused(f"OBS's scene {scene!r} has no source {action.source!r}; {where}")


def _scene(action: Scene, world: World) -> list[Question]:
    if action.preview and world.preview is None:
        raise Refused(f"obs.scene with preview: {_NO_STUDIO}")
    request = "SetCurrentPreviewScene" if action.preview else "SetCurrentProgramScene"
    return [*_choose(action.transition, world), (request, {"sceneName": action.scene})]


def _choose(transition: str, world: World) -> list[Question]:
    is_chosen = transition in ("", world.transition)
    return [] if is_chosen else [("SetCurrentSceneTransition", {"transitionName": transition})]


def _source(action: Source, world: World) -> list[Question]:
    scene = _place(action, world)
    items = world.find(scene, action.source)
    wanted = not any(item.enabled for item in items) if action.visible == "toggle" else action.visible == "on"
    data = [{"sceneName": scene, "sceneItemId": item.id, "sceneItemEnabled": wanted} for item in items]
    return [("SetSceneItemEnabled", each) for each in data]


def _filter(action: Filter, world: World) -> list[Question]:
    now = world.filters[action.source][action.filter]
    wanted = not now if action.enabled == "toggle" else action.enabled == "on"
    return [("SetSourceFilterEnabled", {"sourceName": action.source, "filterName": action.filter, "filterEnabled": wanted})]


def _mute(action: Mute, world: World) -> list[Question]:
    if action.mute == "toggle":
        return [("ToggleInputMute", {"inputName": action.input})]
    return [("SetInputMute", {"inputName": action.input, "inputMuted": action.mute == "on"})]


def _volume(action: Volume, world: World) -> list[Question]:
    level = {"inputVolumeDb": action.db} if action.percent is None else {"inputVolumeMul": action.percent / 100}
    return [("SetInputVolume", {"inputName": action.input, **level})]


def _hotkey(action: Hotkey, world: World) -> list[Question]:
    if action.name:
        return [("TriggerHotkeyByName", {"hotkeyName": action.name})]
    key, held = parse_keys(action.keys)
    return [("TriggerHotkeyByKeySequence", {"keyId": key, "keyModifiers": held})]


def _media(action: Media, world: World) -> list[Question]:
    name = f"OBS_WEBSOCKET_MEDIA_INPUT_ACTION_{action.do.upper()}"
    return [("TriggerMediaInputAction", {"inputName": action.input, "mediaAction": name})]


def _text(action: Text, world: World) -> list[Question]:
    return [("SetInputSettings", {"inputName": action.source, "inputSettings": {"text": action.text}, "overlay": True})]


def _transition(action: Transition, world: World) -> list[Question]:
    questions = _choose(action.transition, world)
    if action.duration_s is not None:
        milliseconds = round(1000 * action.duration_s)
        questions.append(("SetCurrentSceneTransitionDuration", {"transitionDuration": milliseconds}))
    if world.preview is not None:
        return [*questions, (TAKE, {})]
    if not action.transition and action.duration_s is None:
        raise Refused(f"obs.transition: {_NO_STUDIO}, or name a transition to choose")
    return questions


def _verb(ending: str) -> Callable[[Any, World], list[Question]]:
    return lambda action, world: [(f"{action.do.capitalize()}{ending}", {})]


_REQUESTS: Final[Mapping[type[ObsAction], Callable[[Any, World], list[Question]]]] = {
    **{Scene: _scene, Source: _source, Filter: _filter, Mute: _mute, Volume: _volume, Hotkey: _hotkey, Media: _media},
    **{Text: _text, Transition: _transition, Record: _verb("Record"), Stream: _verb("Stream")},
    **{Replay: _verb("ReplayBuffer"), VirtualCamera: _verb("VirtualCam")},
}
