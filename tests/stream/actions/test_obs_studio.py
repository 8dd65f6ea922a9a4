"""The client against a real OBS Studio: what a second client sees, loss and return, the password, the rate."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from client_tools import order, tools
from obs_studio import PASSWORD, ObsStudio

from stream.actions.base import Action, Order, Refused, Rejected, Report, Unreachable
from stream.actions.dispatcher import Dispatcher
from stream.actions.obs import Obs
from stream.actions.obs_actions import Filter, Hotkey, Media, Mute, Record, Replay, Scene, Source, Text, Transition, Volume
from stream.actions.obs_client import ObsClient

pytestmark = pytest.mark.needs_obs
SECRETS = {"obs.password": PASSWORD}


@pytest.fixture(scope="module")
def studio(obs_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObsStudio]:
    """One OBS for the file, with three scenes, a text with a filter, and an audio input."""
    with ObsStudio(obs_program, tmp_path_factory.mktemp("obs")) as running:
        words = {"sceneName": "Scene", "inputName": "Words", "inputKind": "text_ft2_source_v2", "inputSettings": {"text": "hi"}}
        clip = {"sceneName": "Scene", "inputName": "Clip", "inputKind": "ffmpeg_source"}
        tint = {"sourceName": "Words", "filterName": "Tint", "filterKind": "color_filter_v2"}
        running.ask(
            *(("CreateScene", {"sceneName": name}) for name in ("Game", "BRB")),
            ("CreateInput", words),
            ("CreateInput", clip),
            ("CreateSourceFilter", tint),
            ("SetCurrentSceneTransition", {"transitionName": "Cut"}),
        )
        yield running


def client_of(studio: ObsStudio) -> ObsClient:
    return Obs(port=studio.port, timeout_s=20).client("obs", tools=tools(SECRETS))  # a busy machine draws slowly


def do(studio: ObsStudio, *actions: Action) -> None:
    """Do actions with a client of ours."""

    async def run() -> None:
        client = client_of(studio)
        try:
            await client.connect()
            for action in actions:
                await client.perform(order(action))
        finally:
            await client.close()

    asyncio.run(run())


def there_and_back(studio: ObsStudio, action: Action) -> Action:
    """Do an action, and what `capture` says brings back; return that."""

    async def run() -> Action:
        client = client_of(studio)
        try:
            await client.connect()
            before = await client.capture(action)
            assert before is not None
            await client.perform(order(action))
            await client.perform(order(before))
            return before
        finally:
            await client.close()

    return asyncio.run(run())


def scene_of(studio: ObsStudio) -> str:
    return str(studio.ask(("GetCurrentProgramScene", {}))[0]["currentProgramSceneName"])


def text_of(studio: ObsStudio) -> str:
    return str(studio.ask(("GetInputSettings", {"inputName": "Words"}))[0]["inputSettings"]["text"])


def words_are_shown(studio: ObsStudio) -> bool:
    items = studio.ask(("GetSceneItemList", {"sceneName": "Scene"}))[0]["sceneItems"]
    return bool(next(item["sceneItemEnabled"] for item in items if item["sourceName"] == "Words"))


def clip_volume(studio: ObsStudio) -> float:
    return float(studio.ask(("GetInputVolume", {"inputName": "Clip"}))[0]["inputVolumeMul"])


def test_a_scene_changes(studio: ObsStudio) -> None:
    """A second client sees the scene that was asked for, and the one before once it is brought back."""
    do(studio, Scene(scene="Game"))
    assert scene_of(studio) == "Game"
    assert there_and_back(studio, Scene(scene="BRB")) == Scene(scene="Game")
    assert scene_of(studio) == "Game"
    do(studio, Scene(scene="BRB", transition="Fade"))
    assert studio.ask(("GetCurrentSceneTransition", {}))[0]["transitionName"] == "Fade"
    do(studio, Scene(scene="Scene", transition="Cut"))


def test_a_source_is_hidden_shown_and_toggled(studio: ObsStudio) -> None:
    """on, off and toggle of a source, in a named scene and in the one on air."""
    do(studio, Scene(scene="Scene"), Source(source="Words", visible="off"))
    assert not words_are_shown(studio)
    do(studio, Scene(scene="Game"), Source(source="Words", scene="Scene", visible="toggle"))
    assert words_are_shown(studio)
    do(studio, *[Source(source="Words", scene="Scene", visible="toggle")] * 3)
    assert not words_are_shown(studio)
    assert there_and_back(studio, Source(source="Words", scene="Scene")) == Source(source="Words", scene="Scene", visible="off")
    assert not words_are_shown(studio)
    with pytest.raises(Refused, match="^OBS's scene 'Game' has no source 'Words'; it is in Scene; add scene to the rule$"):
        do(studio, Source(source="Words"))


def test_a_filter_is_switched(studio: ObsStudio) -> None:
    """on, off and toggle of a filter, and what was before."""
    tint = ("GetSourceFilter", {"sourceName": "Words", "filterName": "Tint"})
    do(studio, Filter(source="Words", filter="Tint", enabled="off"))
    assert studio.ask(tint)[0]["filterEnabled"] is False
    do(studio, Filter(source="Words", filter="Tint", enabled="toggle"))
    assert studio.ask(tint)[0]["filterEnabled"] is True
    assert there_and_back(studio, Filter(source="Words", filter="Tint", enabled="off")).model_dump()["enabled"] == "on"


def test_an_input_is_muted_and_turned_down(studio: ObsStudio) -> None:
    """Muting and volume of an input that has sound; one that has none says so."""
    do(studio, Mute(input="Clip"))
    assert studio.ask(("GetInputMute", {"inputName": "Clip"}))[0]["inputMuted"] is True
    do(studio, Mute(input="Clip", mute="toggle"))
    assert studio.ask(("GetInputMute", {"inputName": "Clip"}))[0]["inputMuted"] is False
    assert there_and_back(studio, Mute(input="Clip")) == Mute(input="Clip", mute="off")
    do(studio, Volume(input="Clip", percent=50))
    assert clip_volume(studio) == pytest.approx(0.5, abs=1e-3)
    there_and_back(studio, Volume(input="Clip", db=-20))
    assert clip_volume(studio) == pytest.approx(0.5, abs=1e-3)
    do(studio, Volume(input="Clip", db=-20))
    assert clip_volume(studio) == pytest.approx(0.1, abs=1e-3)
    with pytest.raises(Refused, match="^obs.mute: OBS's 'Words' has no sound; name an input of OBS's Audio Mixer$"):
        do(studio, Mute(input="Words"))


def test_a_text_is_set(studio: ObsStudio) -> None:
    """The text with its holes filled, and the text before."""
    do(studio, Text(source="Words", text="a {gesture}!"))
    assert text_of(studio) == "a t_pose!"
    assert there_and_back(studio, Text(source="Words", text="other")) == Text(source="Words", text="a t_pose!")
    assert text_of(studio) == "a t_pose!"


def test_recording_starts_once_and_stops(studio: ObsStudio) -> None:
    """Start, and stop of what does not record any more, is as wished and no error; the facts tell of it."""

    async def run() -> None:
        client = client_of(studio)
        try:
            await client.connect()
            assert client.facts["recording"] == "off"
            await client.perform(order(Record(do="stop")))
            await client.perform(order(Record(do="start")))
            await eventually(lambda: client.facts["recording"] == "on")
            await client.perform(order(Record(do="start")))
            await client.perform(order(Record(do="pause")))
            await eventually(lambda: client.facts["recording"] == "paused")
            await client.perform(order(Record(do="resume")))
            await client.perform(order(Record(do="stop")))
            await eventually(lambda: client.facts["recording"] == "off")
        finally:
            await client.close()

    # A recording that shares the stream's encoder, as OBS does unless told otherwise, cannot be paused.
    for name, value in (("FilePath", str(studio.folder)), ("RecQuality", "Small"), ("RecFormat2", "mkv")):
        studio.ask(
            ("SetProfileParameter", {"parameterCategory": "SimpleOutput", "parameterName": name, "parameterValue": value})
        )
    asyncio.run(run())


def test_the_preview_of_studio_mode(studio: ObsStudio) -> None:
    """A scene goes into the preview and from there on air, also right after; without studio mode that is said."""
    do(studio, Scene(scene="Game"))
    with pytest.raises(Refused, match="^obs.scene with preview: OBS is not in studio mode, so there is no preview; press"):
        do(studio, Scene(scene="BRB", preview=True))
    switch_studio_mode(studio, on=True)
    try:
        do(studio, Scene(scene="BRB", preview=True), Transition(transition="Cut"))
        until(lambda: scene_of(studio) == "BRB")
    finally:
        switch_studio_mode(studio, on=False)


def switch_studio_mode(studio: ObsStudio, *, on: bool) -> None:
    """Switch it, and wait until OBS's window has followed."""
    studio.ask(("SetStudioModeEnabled", {"studioModeEnabled": on}))
    until(lambda: studio.ask(("GetStudioModeEnabled", {}))[0]["studioModeEnabled"] is on)


def test_hotkeys_and_media(studio: ObsStudio) -> None:
    """A hotkey by name and by keys, and a media action, are taken; a hotkey that OBS has not is refused with near matches."""
    do(studio, Hotkey(name="OBSBasic.ResetStats"), Hotkey(keys="ctrl+shift+f9"), Media(input="Clip", do="stop"))
    with pytest.raises(Refused, match="^OBS has no hotkey 'OBSBasic.ResetStat'; did you mean OBSBasic.ResetStats"):
        do(studio, Hotkey(name="OBSBasic.ResetStat"))


def test_what_obs_has_not_is_one_sentence(studio: ObsStudio) -> None:
    """`check` names near matches, and follows what is made, renamed and removed meanwhile."""

    async def run() -> None:
        client = client_of(studio)
        try:
            await client.connect()
            assert client.check(Scene(scene="BRB")) is None
            assert client.check(Scene(scene="BRBB")) == "OBS has no scene 'BRBB'; did you mean BRB?"
            assert client.check(Source(source="Word")) == "OBS has no source 'Word'; did you mean Words?"
            assert client.check(Filter(source="Words", filter="Tnt")) == (
                "OBS has no filter of 'Words' called 'Tnt'; did you mean Tint?"
            )
            assert client.check(Text(source="Clip", text="")) == "OBS's 'Clip' shows no text; known: Words"
            assert client.check(Replay()) == (
                "OBS's replay buffer is not set up; tick OBS's Settings -> Output -> Replay Buffer -> Enable Replay Buffer"
            )
            await studio.asked([("CreateScene", {"sceneName": "Later"})])
            await eventually(lambda: client.check(Scene(scene="Later")) is None)
            await studio.asked([("SetSceneName", {"sceneName": "Later", "newSceneName": "Soon"})])
            await eventually(lambda: client.check(Scene(scene="Soon")) is None)
            assert client.check(Scene(scene="Later")) is not None
            await studio.asked([("SetCurrentProgramScene", {"sceneName": "Soon"})])
            await eventually(lambda: client.facts["scene"] == "Soon")
            await studio.asked([("SetCurrentProgramScene", {"sceneName": "BRB"}), ("RemoveScene", {"sceneName": "Soon"})])
            await eventually(lambda: client.check(Scene(scene="Soon")) is not None)
        finally:
            await client.close()

    asyncio.run(run())


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; 15 s at most."""
    end_s = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < end_s
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("secrets", "said"),
    [({}, "wants a password, and none is stored"), ({"obs.password": "Wrong1"}, "does not take the stored password")],
)
def test_a_wrong_or_missing_password_is_one_sentence(studio: ObsStudio, secrets: dict[str, str], said: str) -> None:
    """It says where the password stands and how to store it, and not what was tried."""

    async def run() -> None:
        client = Obs(port=studio.port).client("obs", tools=tools(secrets))
        try:
            await client.connect()
        finally:
            await client.close()

    with pytest.raises(Rejected) as error:
        asyncio.run(run())
    assert str(error.value) == (
        f"OBS {said}; it stands in OBS under Tools -> WebSocket Server Settings -> Show Connect Info, "
        "copy it into `python run.py secret set obs.password`"
    )


def test_sixty_triggers_a_second_make_ten_calls(studio: ObsStudio) -> None:
    """OBS itself counts our messages: at most ten a second; and the scene asked for last is on air at the end."""
    reports: list[Report] = []
    wanted = [Scene(scene=name) for name in ("Game", "BRB")]
    with Dispatcher(
        {"obs": Obs(port=studio.port)}, tools=tools(SECRETS), wanted=wanted, on_report=reports.append
    ) as dispatcher:
        until(lambda: dispatcher.status[0].state == "ready")
        client = dispatcher.clients()[0]
        assert isinstance(client, ObsClient)
        before, start_s = messages_of(dispatcher, client), time.monotonic()
        for number in range(121):
            dispatcher.submit(Order(wanted[number % 2], rule="r", cause="test"))
            time.sleep(1 / 60)
        until(lambda: len(reports) == 121)
        after, seconds = messages_of(dispatcher, client), time.monotonic() - start_s
    outcomes = [report.outcome for report in reports]
    assert set(outcomes) == {"done", "replaced"}
    assert after - before <= 10 * (seconds + 1), (before, after, seconds)
    assert scene_of(studio) == "Game"


def messages_of(dispatcher: Dispatcher, client: ObsClient) -> int:
    """Return how many messages OBS has had of the client's session, this question included."""
    answers: list[int] = []

    async def ask() -> None:
        assert client._socket is not None
        answers.append((await client._socket.ask(("GetStats", {})))["webSocketSessionIncomingMessages"])

    dispatcher.call(ask)
    until(lambda: bool(answers))
    return answers[0]


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; 15 s at most."""
    end_s = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_without_obs_it_is_said_where_to_click() -> None:
    """Nothing listens on the port: one sentence that says where to click."""
    client = Obs(port=1).client("obs", tools=tools(SECRETS))
    with pytest.raises(Unreachable) as error:
        asyncio.run(client.connect())
    assert str(error.value) == (
        "OBS refuses the connection at 127.0.0.1:1; start OBS, and tick Tools -> WebSocket Server Settings -> "
        "Enable WebSocket server (port 1)"
    )


def test_obs_killed_and_started_again(studio: ObsStudio) -> None:
    """The loss is noticed, the facts are gone, and an order given meanwhile is done once OBS is back."""
    reports: list[Report] = []
    with Dispatcher({"obs": Obs(port=studio.port)}, tools=tools(SECRETS), on_report=reports.append) as dispatcher:
        until(lambda: dispatcher.status[0].state == "ready")
        assert "obs.scene" in dispatcher.facts
        studio.kill()
        until(lambda: dispatcher.status[0].state == "retrying" and "obs.scene" not in dispatcher.facts)
        studio.start()
        dispatcher.submit(Order(Scene(scene="Scene"), rule="r", cause="test"))
        until(lambda: dispatcher.status[0].state == "ready" and bool(reports))
        assert reports[0].outcome == "done", reports[0].text
        assert scene_of(studio) == "Scene"
