"""A render target: one size in which an avatar is drawn, painted, and from there enlarged to the size that is shown.

Owns the drawn proxy, the frame of whole blocks around it, and the enlarging. Knows nothing of networks, nor why this size.
"""

import cv2
import numpy as np

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.neural import spec
from avatar.neural.conditioning import Condition, Conditioner
from avatar.neural.picture_pool import PicturePool
from avatar.rasteriser import Rasteriser
from trackers.types import ImageArray


class RenderTarget:
    """Draws the proxy in one size, and gives the frames that a network paints into. Not thread-safe.

    Args:
        shown_px: width and height of the finished picture.
        scale: of the picture that is painted to the one that is shown, at most 1.
    """

    def __init__(self, character: Character, rasteriser: Rasteriser, *, shown_px: tuple[int, int], scale: float) -> None:
        width_px, height_px = self.size_px = round(scale * shown_px[0]), round(scale * shown_px[1])
        wide_px, high_px = self.padded_px = _whole_blocks(width_px), _whole_blocks(height_px)
        self.padding_px = (wide_px - width_px) // 2, (high_px - height_px) // 2
        """Left and top of the picture in the frame that the network takes."""
        self.conditioner = Conditioner(
            character, width_px=wide_px, height_px=high_px, shown_px=self.size_px, rasteriser=rasteriser
        )
        self.condition = Condition.blank(width_px=wide_px, height_px=high_px)
        self._pool = PicturePool(width_px=shown_px[0], height_px=shown_px[1])
        self.clear = rasteriser.clear_ink if scale < 1 else 0
        self._small = np.empty((height_px, width_px, 4), dtype=np.uint8) if scale < 1 else None

    def blank(self) -> ImageArray:
        """Return a clear picture to paint on, (H, W, 4) straight RGBA."""
        if self._small is None:
            return self._pool.take()
        self._small.view(np.uint32)[:] = self.clear
        return self._small

    def shown(self, picture: ImageArray) -> ImageArray:
        """Return what was painted on `blank` in the size that is shown."""
        if self._small is None:
            return picture
        whole = self._pool.take()  # the cubic costs no more than the linear, and comes 20 % nearer to the truth (LPIPS)
        cv2.resize(picture, (whole.shape[1], whole.shape[0]), dst=whole, interpolation=cv2.INTER_CUBIC)
        return whole

    def bare(self, figure: Figure, framing: Framing) -> ImageArray:
        """Return the proxy as it is shown without a network."""
        (left, top), (width, height) = self.padding_px, self.size_px
        self.conditioner.draw(figure, framing, self.condition, empty=self.clear)
        picture = self.blank()
        np.copyto(picture, self.condition.coarse[top : top + height, left : left + width])
        return self.shown(picture)


def _whole_blocks(side_px: int) -> int:
    return -(-side_px // spec.ALIGN_PX) * spec.ALIGN_PX
