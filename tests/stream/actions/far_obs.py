"""A far end that speaks obs-websocket 5 as its protocol page tells, for what a real OBS does not do on demand.

Greets with the salt and the challenge whose answer is known, and takes no other answer. What it is to do with a request is set
by the test: answer with given status codes, keep silent, or hang up with a given close code.
"""

from types import TracebackType
from typing import Any, Self

import msgpack
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PASSWORD = "supersecretpassword"
SALT = "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI="
CHALLENGE = "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY="
ANSWER = "1Ct943GAT+6YQUUX47Ia/ncufilbe6+oD6lY+5kaCu4="

_HAS: dict[str, dict[str, Any]] = {
    "GetVersion": {"obsVersion": "31.0.0"},
    "GetSceneList": {
        "currentProgramSceneName": "Game",
        "currentPreviewSceneName": None,
        "scenes": [{"sceneName": "BRB"}, {"sceneName": "Game"}],
    },
    "GetGroupList": {"groups": []},
    "GetInputList": {"inputs": [{"inputName": "Mic", "unversionedInputKind": "pulse_input_capture"}]},
    "GetSceneTransitionList": {"currentSceneTransitionName": "Cut", "transitions": [{"transitionName": "Cut"}]},
    "GetStudioModeEnabled": {"studioModeEnabled": False},
    "GetHotkeyList": {"hotkeys": ["OBSBasic.Screenshot"]},
    "GetRecordStatus": {"outputActive": False, "outputPaused": False},
    "GetSceneItemList": {"sceneItems": []},
    "GetSourceFilterList": {"filters": []},
}


class FarObs:
    """Listens on a free port of this machine; `async with` starts and ends it."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[tuple[str, dict[str, Any]]] = []
        """Requests, in order, those of batches too."""
        self.identified: list[dict[str, Any]] = []
        self.codes: dict[str, list[int]] = {}
        """Status codes for the next requests of a type; then 100."""
        self.silent: set[str] = set()
        self.hang_up: dict[str, int] = {}
        """Close codes, by the type of the request on which it hangs up; "Identify" and "Hello" too."""
        self.greets = True
        self.sessions: set[ServerConnection] = set()
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, subprotocols=["obswebsocket.msgpack"])  # type: ignore[list-item]
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def tell(self, event: str, **data: Any) -> None:
        """Send an event to all."""
        for session in self.sessions:
            await session.send(msgpack.packb({"op": 5, "d": {"eventType": event, "eventIntent": 4, "eventData": data}}))

    async def throw_out(self, code: int) -> None:
        """Close all sessions with a close code."""
        for session in list(self.sessions):
            await session.close(code)

    async def _serve(self, session: ServerConnection) -> None:
        try:
            await self._greet(session)
            async for message in session:
                await self._take(session, msgpack.unpackb(message))
        except ConnectionClosed:
            pass
        finally:
            self.sessions.discard(session)

    async def _greet(self, session: ServerConnection) -> None:
        if not self.greets:
            await session.wait_closed()
        hello = {"obsWebSocketVersion": "5.5.0", "rpcVersion": 1, "authentication": {"challenge": CHALLENGE, "salt": SALT}}
        await session.send(msgpack.packb({"op": 0, "d": hello}))
        identify = msgpack.unpackb(await session.recv())
        self.identified.append(identify["d"])
        if "Identify" in self.hang_up:
            await session.close(self.hang_up["Identify"])
        elif identify["op"] != 1 or identify["d"].get("authentication") != ANSWER:
            await session.close(4009, "Authentication failed.")
        else:
            self.sessions.add(session)
            await session.send(msgpack.packb({"op": 2, "d": {"negotiatedRpcVersion": 1}}))

    async def _take(self, session: ServerConnection, message: dict[str, Any]) -> None:
        asked = message["d"]
        requests = asked["requests"] if message["op"] == 8 else [asked]
        self.seen.extend((request["requestType"], request.get("requestData", {})) for request in requests)
        types = {request["requestType"] for request in requests}
        for code in [self.hang_up[name] for name in types & self.hang_up.keys()]:
            await session.close(code)
            return
        if types & self.silent:
            return
        answers = [self._answer(request["requestType"]) for request in requests]
        if message["op"] == 8:
            reply = {"op": 9, "d": {"requestId": asked["requestId"], "results": answers}}
        else:
            reply = {"op": 7, "d": {"requestId": asked["requestId"], **answers[0]}}
        await session.send(msgpack.packb(reply))

    def _answer(self, request: str) -> dict[str, Any]:
        code = self.codes[request].pop(0) if self.codes.get(request) else 100
        if request in ("GetStreamStatus", "GetReplayBufferStatus", "GetVirtualCamStatus"):
            code = 604
        status = {"result": code == 100, "code": code, **({} if code == 100 else {"comment": "Because."})}
        data = {"responseData": _HAS[request]} if code == 100 and request in _HAS else {}
        return {"requestType": request, "requestStatus": status, **data}
