"""OBS Studio, as a rule file names it.

Owns which client a connection of that kind makes. Settings and actions are `obs_actions.py`'s; what OBS is asked for, and
how, is in `obs_requests.py` and `obs_client.py`.
"""

from typing import TYPE_CHECKING, Final

from stream.actions.base import Tools
from stream.actions.obs_actions import ACTIONS as ACTIONS
from stream.actions.obs_actions import ObsSettings

if TYPE_CHECKING:
    from stream.actions.obs_client import ObsClient


class Obs(ObsSettings):
    """OBS Studio 28 or newer, through its built-in WebSocket server. The password is the secret `NAME.password`."""

    def client(self, name: str, *, tools: Tools) -> "ObsClient":
        from stream.actions.obs_client import ObsClient

        return ObsClient(name, self, tools=tools)


CONNECTIONS: Final = (Obs,)
