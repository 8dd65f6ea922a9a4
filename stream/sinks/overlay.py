"""The overlay: pictures of the avatar, with real transparency, for the browser source in OBS.

Owns the encoding of pictures for the server. Knows nothing of who watches; if nobody does, it does nothing.
"""

from functools import cached_property
from types import TracebackType
from typing import Self

from avatar.types import Rendered
from stream.server.pictures import pack_picture
from stream.server.server import Server
from stream.sinks.base import SinkStatus


class OverlaySink:
    """Packs each picture once, however many overlays watch. The server is opened and closed by whoever made it.

    Args:
        quality: JPEG's 1..100, for colour and matte alike.
    """

    repeats = False

    def __init__(self, server: Server, *, quality: int = 92) -> None:
        self._server = server
        self._quality = quality

    @property
    def status(self) -> SinkStatus:
        return SinkStatus("overlay", running=True, detail=self._detail)

    @cached_property
    def _detail(self) -> str:
        far = " or ".join(self._server.far_overlay_urls)
        return f"{self._server.overlay_url}; from other computers {far}" if far else self._server.overlay_url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to undo."""

    def send(self, picture: Rendered) -> None:
        """Encode and publish, if anyone watches."""
        if not self._server.wants("overlay"):
            return
        height, width = picture.image.shape[:2]
        jpeg = pack_picture(picture.image, quality=self._quality)
        self._server.publish_picture(jpeg, picture.stamp, width_px=width, height_px=height)
