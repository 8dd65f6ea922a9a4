"""The client for OBS against a far end that does what a real OBS does not do on demand; and what a rule may say."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from client_tools import order, tools
from far_ends_http import until
from far_obs import ANSWER, PASSWORD, FarObs
from pydantic import ValidationError

from stream.actions.base import Action, Refused, Rejected, Unreachable
from stream.actions.obs import Obs
from stream.actions.obs_actions import Hotkey, Media, Mute, Record, Scene, Source, Stream, Text, Transition, Volume
from stream.actions.obs_client import ObsClient
from stream.actions.obs_keys import parse_keys

SECRETS = {"studio.password": PASSWORD}
Work = Callable[[FarObs, ObsClient], Awaitable[None]]


def with_far(work: Work, *, prepare: Callable[[FarObs], None] = lambda far: None, **settings: Any) -> FarObs:
    """Let a client connect to the far end and do some work; both are closed whatever happens."""

    async def run() -> FarObs:
        async with FarObs() as far:
            prepare(far)
            client = Obs(port=far.port, **settings).client("studio", tools=tools(SECRETS))
            try:
                assert await client.connect() == "OBS 31.0.0, 2 scenes, on air: Game"
                await work(far, client)
            finally:
                await client.close()
            return far

    return asyncio.run(run())


def requested(far: FarObs, request: str) -> list[dict[str, Any]]:
    return [data for seen, data in far.seen if seen == request]


def refused_connection(prepare: Callable[[FarObs], None], kind: type[Exception], **settings: Any) -> str:
    async def run() -> str:
        async with FarObs() as far:
            prepare(far)
            client = Obs(port=far.port, **settings).client("studio", tools=tools(SECRETS))
            try:
                with pytest.raises(kind) as error:
                    await client.connect()
            finally:
                await client.close()
            return str(error.value).replace(str(far.port), "PORT")

    return asyncio.run(run())


def test_the_password_is_proved_as_the_protocol_says() -> None:
    """The answer to the known salt and challenge; and the events that are wanted, none of those that come often."""

    async def nothing(far: FarObs, client: ObsClient) -> None: ...

    far = with_far(nothing)
    assert [said["authentication"] for said in far.identified] == [ANSWER]
    assert far.identified[0]["eventSubscriptions"] == 1279


def test_the_password_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Neither it nor what proves it, even if everything is logged."""
    caplog.set_level(logging.DEBUG)

    async def work(far: FarObs, client: ObsClient) -> None:
        await client.perform(order(Scene(scene="BRB")))
        assert PASSWORD not in repr(client) + repr(client.connection) + repr(vars(client))

    with_far(work)
    assert PASSWORD not in caplog.text
    assert ANSWER not in caplog.text


def test_not_ready_is_asked_again() -> None:
    """Status 207 twice, then success: three requests, one action."""

    async def work(far: FarObs, client: ObsClient) -> None:
        far.codes["SetCurrentProgramScene"] = [207, 207]
        await client.perform(order(Scene(scene="BRB")))
        assert client.facts["scene"] == "BRB"

    assert requested(with_far(work), "SetCurrentProgramScene") == [{"sceneName": "BRB"}] * 3


def test_never_ready_is_refused() -> None:
    """207 for longer than an action may take."""

    async def work(far: FarObs, client: ObsClient) -> None:
        far.codes["SetCurrentProgramScene"] = [207] * 99
        with pytest.raises(Refused, match="^OBS is not ready for obs.scene: it is loading its scenes; try again$"):
            await client.perform(order(Scene(scene="BRB")))

    with_far(work, timeout_s=0.6)


def test_not_ready_while_connecting_is_tried_again() -> None:
    """OBS that still loads its scenes is not there yet."""
    said = refused_connection(lambda far: far.codes.update(GetSceneList=[207]), Unreachable)
    assert said == "OBS is not ready yet: it is loading its scenes"


def test_a_request_without_an_answer_says_so() -> None:
    """A time-out names the request and the time."""

    async def work(far: FarObs, client: ObsClient) -> None:
        far.silent.add("SetCurrentProgramScene")
        with pytest.raises(TimeoutError, match="^OBS did not answer SetCurrentProgramScene within 0.4 s$"):
            await client.perform(order(Scene(scene="BRB")))

    with_far(work, timeout_s=0.5)


def test_a_loss_before_the_answer() -> None:
    """What may be done twice is told as unreachable, so that it is repeated; a toggle is not."""

    async def scene(far: FarObs, client: ObsClient) -> None:
        far.hang_up["SetCurrentProgramScene"] = 1001
        with pytest.raises(Unreachable, match="^OBS at 127.0.0.1:[0-9]+ went away before it answered SetCurrentProgramScene$"):
            await client.perform(order(Scene(scene="BRB")))
        await asyncio.wait_for(client.wait_lost(), 60)
        with pytest.raises(Unreachable, match="^the connection to OBS at 127.0.0.1:[0-9]+ is gone$"):
            await client.perform(order(Scene(scene="BRB")))

    async def toggle(far: FarObs, client: ObsClient) -> None:
        far.hang_up["ToggleInputMute"] = 1001
        with pytest.raises(Refused, match="; obs.mute is not repeated, because it may have been done$"):
            await client.perform(order(Mute(input="Mic", mute="toggle")))

    with_far(scene)
    with_far(toggle)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (4009, Rejected, "OBS does not take the stored password; it stands in OBS under"),
        (4010, Rejected, "OBS at 127.0.0.1:PORT speaks another version of obs-websocket than 5; install OBS 28 or newer"),
        (4011, Rejected, "the session of 'studio' was ended in OBS's Tools -> WebSocket Server Settings -> Show Connected"),
        (4000, Unreachable, "OBS at 127.0.0.1:PORT ended the connection (code 4000); trying again"),
        (1001, Unreachable, "OBS at 127.0.0.1:PORT ended the connection (code 1001); trying again"),
    ],
)
def test_close_codes_while_identifying(code: int, kind: type[Exception], said: str) -> None:
    """Some mean that it will never do, the others that it may later."""
    assert refused_connection(lambda far: far.hang_up.update(Identify=code), kind).startswith(said)


def test_thrown_out_by_the_user() -> None:
    """Ended in OBS's list of sessions: the next attempt says so and gives up; one after that connects."""

    async def work(far: FarObs, client: ObsClient) -> None:
        await far.throw_out(4011)
        await asyncio.wait_for(client.wait_lost(), 60)
        with pytest.raises(Rejected, match="^the session of 'studio' was ended in OBS's Tools"):
            await client.connect()
        await client.connect()

    assert len(with_far(work).identified) == 2


def test_a_far_end_that_does_not_greet() -> None:
    """Something else that speaks WebSocket."""

    def silent(far: FarObs) -> None:
        far.greets = False

    said = refused_connection(silent, Unreachable, timeout_s=0.5)
    assert said == (
        "what answers at 127.0.0.1:PORT does not greet as OBS does; start OBS, and tick Tools -> WebSocket Server Settings "
        "-> Enable WebSocket server (port PORT)"
    )


def test_a_far_end_that_is_no_websocket() -> None:
    """Something else listens on the port."""

    async def run() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail here\r\n")
            writer.close()

        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = Obs(port=port).client("studio", tools=tools(SECRETS))
            with pytest.raises(
                Unreachable, match=f"^what answers at 127.0.0.1:{port} is not OBS's WebSocket server; start OBS"
            ):
                await client.connect()
            await client.close()

    asyncio.run(run())


def test_no_proxy_stands_before_obs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the system is for the internet."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def nothing(far: FarObs, client: ObsClient) -> None: ...

    with_far(nothing)


def test_no_more_than_ten_calls_a_second() -> None:
    """Twelve actions of one call each: two of them wait for the second to be over."""

    async def work(far: FarObs, client: ObsClient) -> None:
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        for number in range(12):
            await client.perform(order(Scene(scene=("BRB", "Game")[number % 2])))
        assert loop.time() - begin_s >= 1.0

    assert len(requested(with_far(work), "SetCurrentProgramScene")) == 12


def test_another_scene_collection_is_read() -> None:
    """What OBS has is read anew when the user changes the collection."""

    async def work(far: FarObs, client: ObsClient) -> None:
        await far.tell("SceneCreated", sceneName="Old", isGroup=False)
        await far.tell("CurrentSceneCollectionChanging", sceneCollectionName="Other")
        await far.tell("CurrentSceneCollectionChanged", sceneCollectionName="Other")
        await until(lambda: len(requested(far, "GetSceneList")) == 2 and "Old" not in client.world.scenes)

    with_far(work)


def test_closing_a_stuck_session_is_quick() -> None:
    """A far end that never answers the farewell does not hold us up, and nothing is left open."""

    async def run() -> None:
        async with FarObs() as far:
            client = Obs(port=far.port).client("studio", tools=tools(SECRETS))
            await client.connect()
            for session in far.sessions:
                session.transport.pause_reading()  # type: ignore[attr-defined]
            closing = asyncio.ensure_future(client.close())
            waiting = asyncio.ensure_future(asyncio.sleep(5))  # half of what the library itself would wait
            await asyncio.wait((closing, waiting), return_when=asyncio.FIRST_COMPLETED)
            assert (closing.done(), waiting.done()) == (True, False)
            waiting.cancel()
            closing.result()
            await client.close()
            for session in far.sessions:
                session.transport.resume_reading()  # type: ignore[attr-defined]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"action": "obs.hotkey"}, "obs.hotkey needs either name or keys"),
        ({"action": "obs.hotkey", "keys": "ctrl+f9+f8"}, "keys must be one key with or without ctrl, alt, shift, cmd"),
        ({"action": "obs.hotkey", "keys": "ctrl+ü"}, "OBS knows no key 'ü'; give it another one in OBS under Settings"),
        ({"action": "obs.volume", "input": "Mic"}, "obs.volume needs either db or percent"),
        ({"action": "obs.volume", "input": "Mic", "db": 30}, "Input should be less than or equal to 26"),
        ({"action": "obs.text", "source": "W", "text": "{secret:x}"}, "{secret:x} may not stand here"),
        ({"action": "obs.record", "do": "begin"}, "Input should be 'start', 'stop', 'toggle', 'pause' or 'resume'"),
        ({"action": "obs.mute", "input": "Mic", "mute": "maybe"}, "Input should be 'on', 'off' or 'toggle'"),
    ],
)
def test_what_a_rule_may_not_say(table: dict[str, Any], said: str) -> None:
    """Each in words."""
    from stream.actions.registry import ACTIONS

    with pytest.raises(ValidationError) as error:
        ACTIONS[table["action"]](**table)
    assert said in str(error.value)


def test_true_and_false_are_on_and_off() -> None:
    """As people write in TOML."""
    assert Source(source="Cam", visible=False).visible == "off"  # type: ignore[arg-type]
    assert Mute(input="Mic", mute=True).mute == "on"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "key", "held"),
    [
        ("F9", "OBS_KEY_F9", set()),
        ("ctrl+Shift+m", "OBS_KEY_M", {"control", "shift"}),
        ("alt+cmd+page_up", "OBS_KEY_PAGEUP", {"alt", "command"}),
        ("ctrl++", "OBS_KEY_PLUS", {"control"}),
        ("ctrl+OBS_KEY_NUM4", "OBS_KEY_NUM4", {"control"}),
    ],
)
def test_keys_as_obs_calls_them(keys: str, key: str, held: set[str]) -> None:
    """Names of `libobs/obs-hotkeys.h`, which Debian's OBS holds too."""
    assert parse_keys(keys) == (key, dict.fromkeys(held, True))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Scene(scene="A"), Scene(scene="B"), True),
        (Scene(scene="A"), Scene(scene="A", preview=True), False),
        (Source(source="A", visible="on"), Source(source="A", visible="off"), True),
        (Source(source="A"), Source(source="B"), False),
        (Volume(input="A", db=0), Volume(input="A", percent=3), True),
        (Text(source="A", text="x"), Text(source="A", text="y"), True),
    ],
)
def test_which_actions_replace_each_other(one: Action, other: Action, same: bool) -> None:
    """Of two that set the same, the newer counts."""
    assert one.merge_key is not None
    assert (one.merge_key == other.merge_key) is same


@pytest.mark.parametrize(
    "action",
    [
        *(Source(source="A", visible="toggle"), Mute(input="A", mute="toggle"), Record(do="toggle"), Stream(do="start")),
        *(Hotkey(name="x"), Media(input="A"), Transition()),
    ],
)
def test_which_actions_are_each_done(action: Action) -> None:
    """A toggle, or what happens, does not replace another."""
    assert action.merge_key is None
