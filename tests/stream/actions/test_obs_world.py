"""What is known of OBS: read by a few batches, kept current by events; and what follows from it for actions."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from stream.actions.base import Refused
from stream.actions.obs_actions import (
    FACTS,
    Filter,
    ObsAction,
    Record,
    Replay,
    Scene,
    Source,
    Text,
    Transition,
    VirtualCamera,
    Volume,
)
from stream.actions.obs_requests import before, check, is_done, refusal, requests
from stream.actions.obs_world import _OUTPUTS, Item, Question, World, read_world


def some_world() -> World:
    """Return a world with a group and studio mode off."""
    return World(
        scenes=["Game", "BRB"],
        groups=["Toys"],
        program="Game",
        inputs={"Cam": "v4l2_input", "Words": "text_gdiplus", "Hat": "image_source"},
        items={
            "Game": [Item(1, "Cam", True), Item(2, "Toys", True), Item(3, "Cam", False)],
            "Toys": [Item(7, "Hat", False)],
            "BRB": [Item(4, "Words", True)],
        },
        filters={"Cam": {"Blur": False}},
        transitions=["Cut", "Fade"],
        transition="Cut",
        outputs={"recording": "off", "streaming": "off"},
    )


def test_reads_many_scenes_in_few_messages() -> None:
    """150 scenes are read by one batch of lists, and three of at most a hundred requests; what is refused is left out."""
    batches: list[int] = []

    async def ask(questions: Sequence[Question]) -> list[dict[str, Any] | None]:
        batches.append(len(questions))
        lists: dict[str, dict[str, Any]] = {
            "GetVersion": {"obsVersion": "31.0.0"},
            "GetSceneList": {"currentProgramSceneName": "S0", "scenes": [{"sceneName": f"S{n}"} for n in range(150)]},
            "GetInputList": {"inputs": []},
            "GetSceneItemList": {"sceneItems": [{"sceneItemId": 5, "sourceName": "Cam", "sceneItemEnabled": True}]},
            "GetSourceFilterList": {"filters": [{"filterName": "Blur", "filterEnabled": False}]},
            "GetRecordStatus": {"outputActive": True, "outputPaused": True},
        }
        return [lists.get(request) for request, _ in questions]

    world = asyncio.run(read_world(ask))
    assert batches == [11, 100, 100, 100]
    assert len(world.items) == len(world.filters) == 150
    assert world.facts() == {"scene": "S0", "studio mode": "off", "transition": "", "recording": "paused"}


def test_a_source_in_a_group_is_found() -> None:
    """A group in the scene is looked into; every place of a source in one scene is switched alike."""
    world = some_world()
    hat = {"sceneName": "Toys", "sceneItemId": 7, "sceneItemEnabled": True}
    assert requests(Source(source="Hat", visible="toggle"), world) == [("SetSceneItemEnabled", hat)]
    assert [data["sceneItemId"] for _, data in requests(Source(source="Cam", visible="off"), world)] == [1, 3]
    assert before(Source(source="Hat"), world) == Source(source="Hat", scene="Toys", visible="off")


def test_new_names_reach_every_place() -> None:
    """A scene and an input that are renamed are known by the new name only."""
    world = some_world()
    world.apply("SceneNameChanged", {"oldSceneName": "Game", "sceneName": "Play"})
    world.apply("InputNameChanged", {"oldInputName": "Cam", "inputName": "Eye"})
    assert world.program == "Play"
    assert check(Source(source="Eye", scene="Play"), world) is None
    assert check(Filter(source="Eye", filter="Blur"), world) is None
    assert check(Scene(scene="Game"), world) == "OBS has no scene 'Game'; known: BRB, Play"


def test_events_told_twice_do_no_harm() -> None:
    """What is made, switched and removed, each told twice."""
    world = some_world()
    made = {"sceneName": "BRB", "sceneItemId": 9, "sourceName": "Hat"}
    tint = {"sourceName": "Hat", "filterName": "Tint"}
    for event, data in [
        *[("SceneItemCreated", made)] * 2,
        *[("SceneItemEnableStateChanged", {**made, "sceneItemEnabled": False})] * 2,
        *[("SourceFilterCreated", tint)] * 2,
        *[("SourceFilterEnableStateChanged", {**tint, "filterEnabled": False})] * 2,
        *[("SourceFilterNameChanged", {"sourceName": "Hat", "oldFilterName": "Tint", "filterName": "Hue"})] * 2,
        *[("SceneRemoved", {"sceneName": "Game", "isGroup": False})] * 2,
        *[("StudioModeStateChanged", {"studioModeEnabled": True})] * 2,
        *[("RecordStateChanged", {"outputActive": True, "outputState": "OBS_WEBSOCKET_OUTPUT_PAUSED"})] * 2,
        ("SomethingNew", {}),
    ]:
        world.apply(event, data)
    assert world.find("BRB", "Hat") == [Item(9, "Hat", False)]
    assert world.filters["Hat"] == {"Hue": False}
    assert world.scenes == ["BRB"]
    assert world.facts()["recording"] == "paused"


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Scene(scene="brb"), "OBS has no scene 'brb'; did you mean BRB?"),
        (Scene(scene="BRB", transition="Swipe"), "OBS has no transition 'Swipe'; known: Cut, Fade"),
        (Source(source="Hat", scene="BRB"), "OBS's scene 'BRB' has no source 'Hat'; known: Words"),
        (Source(source="Hat", scene="Gam"), "OBS has no scene 'Gam'; did you mean Game?"),
        (Filter(source="Hat", filter="Blur"), "OBS has no filter of 'Hat' called 'Blur'; there is none"),
        (Filter(source="Hut", filter="Blur"), "OBS has no source 'Hut'; did you mean Hat?"),
        (Volume(input="Mic", db=0), "OBS has no input 'Mic'; known: Cam, Hat, Words"),
        (Text(source="Cam", text=""), "OBS's 'Cam' shows no text; known: Words"),
        (VirtualCamera(do="start"), "this OBS has no virtual camera; install what its Start Virtual Camera button asks for"),
        (Record(do="start"), None),
    ],
)
def test_what_an_action_names_that_obs_has_not(action: ObsAction, said: str | None) -> None:
    """One sentence with near matches, before and when it is to be done."""
    assert check(action, some_world()) == said
    if said is not None:
        with pytest.raises(Refused) as error:
            requests(action, some_world())
        assert str(error.value) == said


def test_a_transition_is_chosen_before_the_scene() -> None:
    """In this order; bringing back chooses the old one again."""
    action = Scene(scene="BRB", transition="Fade")
    assert [request for request, _ in requests(action, some_world())] == ["SetCurrentSceneTransition", "SetCurrentProgramScene"]
    assert before(action, some_world()) == Scene(scene="Game", transition="Cut")
    timed = requests(Transition(transition="Fade", duration_s=0.25), some_world())
    assert timed[1] == ("SetCurrentSceneTransitionDuration", {"transitionDuration": 250})


def test_refusals_that_mean_that_it_is_so_already() -> None:
    """Start of what runs, stop of what does not; nothing else."""
    assert is_done(("StartRecord", {}), 500)
    assert is_done(("StopStream", {}), 501)
    assert not is_done(("SaveReplayBuffer", {}), 501)
    assert not is_done(("StartRecord", {}), 702)


@pytest.mark.parametrize(
    ("action", "question", "code", "said"),
    [
        (Replay(), ("SaveReplayBuffer", {}), 501, "OBS's replay buffer does not run; start it in OBS, or with obs.replay and"),
        (Record(do="start"), ("StartRecord", {}), 702, "OBS refused StartRecord for obs.record: Disk full. (code 702)"),
    ],
)
def test_refusals_in_words(action: ObsAction, question: Question, code: int, said: str) -> None:
    """What OBS says, and what to do about it."""
    assert refusal(action, question, code=code, comment="Disk full.", world=some_world()).startswith(said)


def test_rules_may_ask_for_all_that_is_told() -> None:
    """What a rule may ask is checked before anything is connected: no fact of OBS may be missing, and no value."""
    outputs = dict.fromkeys(_OUTPUTS, "on")
    facts = World(program="S0", preview="S1", outputs=outputs).facts()
    assert set(facts) == set(FACTS)
    assert all(facts[name] in values for name, values in FACTS.items() if values)
