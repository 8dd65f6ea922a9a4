"""OBS Studio, as a rule file names it: the connection's settings, and its actions.

Owns the settings. What OBS is asked for and how is in `obs_actions.py`, `obs_requests.py` and `obs_client.py`.
"""

from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import Field

from stream.actions.base import Connection, Tools
from stream.actions.obs_actions import ACTIONS as ACTIONS

if TYPE_CHECKING:
    from stream.actions.obs_client import ObsClient


class Obs(Connection):
    """OBS Studio 28 or newer, through its built-in WebSocket server. The password is the secret `NAME.password`."""

    implicit: ClassVar[bool] = True

    kind: Literal["obs"] = "obs"
    host: str = Field("127.0.0.1", min_length=1, description="the computer that OBS runs on")
    port: int = Field(4455, ge=1, le=65535, description="as in OBS under Tools -> WebSocket Server Settings")
    rate_hz: float = Field(10.0, gt=0, le=10, description="at most so many calls a second; more makes OBS sluggish")

    def client(self, name: str, *, tools: Tools) -> "ObsClient":
        from stream.actions.obs_client import ObsClient

        return ObsClient(name, self, tools=tools)


CONNECTIONS: Final = (Obs,)
