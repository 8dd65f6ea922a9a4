"""The client for OBS Studio: keeps a picture of what OBS has, does actions, and says what was before.

Owns when the picture is read anew and which refusals count as done. The wire is `obs_socket.py`'s, the words and requests are
`obs_requests.py`'s.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from stream.actions import obs_requests
from stream.actions.base import Action, Client, Order, Refused, Rejected, Tools, Unreachable, secret_of
from stream.actions.obs_actions import ObsAction, ObsSettings, Text
from stream.actions.obs_socket import NOT_READY, ObsSocket, RequestRefused, Unanswered, ended_by_user
from stream.actions.obs_world import Question, World, read_world
from stream.actions.templates import fill

log = logging.getLogger(__name__)

_PREVIEW_S: Final = 0.25
"""A scene must have been in the preview for so long before it is taken on air. Sooner, OBS 29 puts the old scene on air again:
in 6 of 20 attempts right after each other, in none of 20 with 0.2 s between them."""


class ObsClient(Client[ObsSettings]):
    """One OBS. Facts: scene, preview, studio mode, transition, recording, streaming, replay, virtual camera."""

    def __init__(self, name: str, connection: ObsSettings, *, tools: Tools) -> None:
        super().__init__(name, connection, tools=tools)
        self.world = World()
        """What OBS has, as of the newest event."""
        self._socket: ObsSocket | None = None
        self._missed: list[tuple[str, Mapping[str, Any]]] | None = None  # events that came while the world was being read
        self._reading: asyncio.Task[None] | None = None
        self._was_ended_by_user = False
        self._preview_s = float("-inf")  # when the preview changed

    async def connect(self) -> str:
        """Connect, identify, and read what OBS has. Raises as `Client.connect` says."""
        await self.close()
        if self._was_ended_by_user:
            self._was_ended_by_user = False  # whoever asks again after this was told
            raise Rejected(ended_by_user(self.name))
        password = await secret_of(self.tools, f"{self.name}.password")
        settings = self.connection
        self._socket = ObsSocket(
            self.name,
            host=settings.host,
            port=settings.port,
            password=password,
            timeout_s=settings.timeout_s,
            rate_hz=settings.rate_hz,
            on_event=self._hear,
        )
        self._missed = []
        await self._socket.open()
        await self._read()
        count = len(self.world.scenes)
        return f"OBS {self.world.version}, {count} scene{'s' if count != 1 else ''}, on air: {self.world.program}"

    async def perform(self, order: Order) -> None:
        """Do one action of OBS. Raises as `Client.perform` says."""
        action = self._ours(order.action)
        if isinstance(action, Text):
            action = action.model_copy(update={"text": fill(action.text, order)})
        for question in obs_requests.requests(action, self.world):
            if question[0] == obs_requests.TAKE:
                await asyncio.sleep(self._preview_s + _PREVIEW_S - time.monotonic())
            await self._do(action, question)
            if (event := obs_requests.event_of(question)) is not None:
                self._hear(*event)

    async def capture(self, action: Action) -> Action | None:
        """Return what brings back the scene, the source, the filter, the muting, the volume or the text."""
        action = self._ours(action)
        if (question := obs_requests.question_before(action)) is None:
            return obs_requests.before(action, self.world)
        if problem := obs_requests.check(action, self.world):
            raise Refused(problem)
        return obs_requests.answered_before(action, await self._do(action, question))

    def check(self, action: Action) -> str | None:
        """Return what an action names that OBS has not."""
        return obs_requests.check(self._ours(action), self.world)

    async def wait_lost(self) -> None:
        """Return when OBS has gone."""
        if self._socket is not None:
            await self._socket.wait_lost()

    async def close(self) -> None:
        """End the session."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        socket, self._socket = self._socket, None
        if socket is not None:
            self._was_ended_by_user = socket.was_ended_by_user
            with contextlib.suppress(Exception):
                await socket.close()
        self.facts = {}

    def _ours(self, action: Action) -> ObsAction:
        if not isinstance(action, ObsAction):
            raise Refused(f"OBS cannot do {action.action}")
        return action

    async def _do(self, action: ObsAction, question: Question) -> dict[str, Any]:
        """Ask one request of an action, and say in words what came of it."""
        if self._socket is None:
            raise Unreachable("OBS is not connected")
        try:
            return await self._socket.ask(question)
        except RequestRefused as error:
            if obs_requests.is_done(question, error.code):
                return {}
            if error.code == NOT_READY:
                raise Refused(f"OBS is not ready for {action.action}: it is loading its scenes; try again") from None
            code, comment = error.code, error.comment
            raise Refused(obs_requests.refusal(action, question, code=code, comment=comment, world=self.world)) from None
        except Unanswered as error:
            if action.may_repeat:
                raise
            raise Refused(f"{error}; {action.action} is not repeated, because it may have been done") from None

    async def _read(self) -> None:
        """Read what OBS has; events that come meanwhile are taken in afterwards."""
        assert self._socket is not None
        self._missed = []
        try:
            world = await read_world(self._socket.ask_all)
        except RequestRefused:
            raise Unreachable("OBS is not ready yet: it is loading its scenes") from None
        finally:
            missed, self._missed = self._missed or [], None
        self.world = world
        for event, data in missed:
            self._hear(event, data)
        self.facts = self.world.facts()

    def _hear(self, event: str, data: Mapping[str, Any]) -> None:
        if self._missed is not None:
            self._missed.append((event, data))
            return
        if event == "CurrentPreviewSceneChanged" and data.get("sceneName") != self.world.preview:
            self._preview_s = time.monotonic()
        try:
            self.world.apply(event, data)
        except KeyError as error:
            log.warning("OBS's event %s lacks %s", event, error)
        if event == "CurrentSceneCollectionChanged" and self._socket is not None:
            self._reading = asyncio.ensure_future(self._read_again())
        self.facts = self.world.facts()

    async def _read_again(self) -> None:
        """Read it all anew: another scene collection. If that fails, the connection is made anew."""
        try:
            await self._read()
        except (Unreachable, TimeoutError) as error:
            log.warning("%s: %s", self.name, error)
            if self._socket is not None:
                await self._socket.close()
