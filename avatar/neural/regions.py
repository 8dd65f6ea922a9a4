"""Painting only where the figure is: which part of the picture, and an open network of that size.

Owns the rounding of the box and the networks opened for each size, made in a thread of their own when first wanted, so that no
picture waits for one. Knows nothing of characters.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from avatar.neural.network_pass import NetworkPass
from avatar.neural.spec import ALIGN_PX
from avatar.neural.texture import Region

GRID_PX: Final = 32
"""Regions begin on multiples of this, the deepest layer's step: so the network sees the same blocks whichever region it paints,
and nothing shimmers when the region moves."""
MARGIN_PX: Final = 12
"""Around the proxy, for what the network paints beyond it."""
LEAST_PX: Final = 192
MOST_SIZES: Final = 10
"""Open at the same time besides the whole pictures."""

Size = tuple[int, int]
"""Width and height, pixels."""

log = logging.getLogger(__name__)


def region_of(box: tuple[int, int, int, int], *, width_px: int, height_px: int) -> Region:
    """Return the region that holds a box (left, top, right, bottom), its sides multiples of 64, within the picture."""
    left, width = _side(box[0], box[2], width_px)
    top, height = _side(box[1], box[3], height_px)
    return left, top, width, height


def _side(first: int, last: int, length: int) -> tuple[int, int]:
    begin = max(0, (first - MARGIN_PX) // GRID_PX * GRID_PX)
    size = min(length, max(LEAST_PX, -(-(min(length, last + MARGIN_PX) - begin) // ALIGN_PX) * ALIGN_PX))
    return min(begin, length - size), size


class NetworkPasses:
    """One network, open for whole pictures and for the regions that were wanted. Used from one thread; closed from any.

    Args:
        open_: returns a pass of a width and height.
        sizes_px: width and height of each whole picture.
        fixed: only ever whole pictures; for cards, where a smaller region gains nothing.
    """

    def __init__(self, open_: Callable[[int, int], NetworkPass], sizes_px: Sequence[Size], *, fixed: bool = False) -> None:
        self._open = open_
        self.wholes = {size_px: open_(*size_px) for size_px in sizes_px}
        self._fixed = fixed
        self._ready: OrderedDict[tuple[int, int], NetworkPass] = OrderedDict()
        self._wanted: set[tuple[int, int]] = set()
        self._lock = threading.Lock()
        self._maker = None if fixed else ThreadPoolExecutor(1, thread_name_prefix="region")

    def fitting(self, box: tuple[int, int, int, int], picture_px: Size) -> tuple[NetworkPass, Region]:
        """Return what paints the box of a picture now: the region's own network if it is open, else the whole picture's."""
        whole, (width_px, height_px) = self.wholes[picture_px], picture_px
        everything = (0, 0, width_px, height_px)
        if self._fixed:
            return whole, everything
        region = region_of(box, width_px=width_px, height_px=height_px)
        size = region[2:]
        if size == picture_px:
            return whole, everything
        with self._lock:
            found = self._ready.get(size)
            if found is not None:
                self._ready.move_to_end(size)
                return found, region
            if self._maker is not None and size not in self._wanted:
                self._wanted.add(size)
                self._maker.submit(self._make, size)
        return whole, everything

    def prepare(self, boxes: list[tuple[int, int, int, int]], picture_px: Size) -> None:
        """Open what paints these boxes of a picture, and wait for it."""
        for box in boxes:
            self.fitting(box, picture_px)
        if self._maker is not None:
            self._maker.submit(lambda: None).result()

    def close(self) -> None:
        """Open no more networks; those that are open may go on painting."""
        with self._lock:
            maker, self._maker = self._maker, None
        if maker is not None:
            maker.shutdown(cancel_futures=True)

    def _make(self, size: tuple[int, int]) -> None:
        try:
            network_pass = self._open(*size)
            network_pass.run()  # its first run allocates
        except Exception:  # the whole picture's network goes on painting
            log.exception("no network for a region of %dx%d", *size)
            return
        with self._lock:
            self._ready[size] = network_pass
            while len(self._ready) > MOST_SIZES:
                gone, _ = self._ready.popitem(last=False)
                self._wanted.discard(gone)
