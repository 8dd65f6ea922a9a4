"""One open network at work: its inputs filled, its output turned into a picture, whatever form its tensors have.

Owns which of the fast ways in and out belong to which form. Knows nothing of characters or of which network is best.
"""

import numpy as np

from avatar.neural import finish, texture
from avatar.neural.conditioning import Condition
from avatar.neural.runtime import OpenNetwork
from avatar.neural.texture import Region
from trackers.types import FloatArray, ImageArray


class NetworkPass:
    """A network and the pictures that go in and out of it. Not thread-safe; `load`, `run` and `finish` belong together."""

    def __init__(self, network: OpenNetwork) -> None:
        self.network = network

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the region that it paints."""
        return self.network.size_px

    def load(self, condition: Condition, texels: FloatArray, expression: FloatArray, region: Region) -> None:
        """Fill the network's inputs with a region of a condition."""
        network = self.network
        np.copyto(network.inputs["code"][0], expression)
        if network.layout is None:
            finish.write_coarse(condition.coarse, region, network.inputs["coarse"])
            texture.write_surface(condition, texels, region, network.inputs["surface"])
        else:
            finish.write_coarse_bytes(condition.coarse, region, network.inputs["blocks"])
            texture.write_surface_bytes(condition, texels, region, network.layout.surface_steps, network.inputs["blocks"])

    def run(self) -> None:
        """Run the network.

        Raises:
            Exception: whatever its runtime raises.
        """
        self.network.run()

    def finish(self, at_px: tuple[int, int], out: ImageArray, *, clear: int = 0) -> None:
        """Write what was painted into `out` (H, W, 4) with its left top at `at_px`, clear pixels as `clear`.

        Raises:
            ValueError: the network gave NaN or infinity.
        """
        network = self.network
        if network.layout is not None:
            finish.write_picture_bytes(network.inputs["blocks"], network.paint, at_px, out, layout=network.layout, clear=clear)
        elif not finish.write_picture(network.inputs["coarse"], network.paint, at_px, out, clear=clear):
            raise ValueError("the network gave numbers that are not finite")
