"""LPIPS on both backbones for single pictures, where many painters are compared with one truth.

Owns what is remembered of the last truth, so that its features are computed once. Knows nothing of regions or averages.
"""

from typing import Self

import numpy as np
import torch
from torch import Tensor

from avatar.training.lpips import Lpips, load_lpips
from trackers.types import FloatArray


class Perception:
    """The perceptual distance of pairs of pictures. Remembers the features of a few truths, by the caller's own keys.

    Args:
        alex: LPIPS on AlexNet, `lpips`.
        vgg: on VGG16, `lpips_vgg`; None leaves it out, it takes five times as long.
    """

    def __init__(self, alex: Lpips, vgg: Lpips | None) -> None:
        self._backbones = {"lpips": alex} | ({"lpips_vgg": vgg} if vgg is not None else {})
        self._known: dict[str, list[Tensor]] = {}

    @classmethod
    def load(cls) -> Self:
        """Return both backbones with their published weights, fetched first if this machine has none.

        Raises:
            AssetError: the weights could not be fetched, or are not what they should be.
        """
        return cls(load_lpips("alex"), load_lpips("vgg"))

    def forget(self) -> None:
        """Forget all truths: another frame begins."""
        self._known.clear()

    def distance(self, painted: FloatArray, truth: FloatArray, *, key: str, backbone: str = "lpips") -> float | None:
        """Return the distance of two (H, W, 3) pictures, 0..1 RGB, at least 64 pixels wide and high; None without a backbone.

        Args:
            key: the truth's own name until `forget`.
        """
        lpips = self._backbones.get(backbone)
        if lpips is None:
            return None
        with torch.inference_mode():
            known = self._known.setdefault(f"{backbone} {key}", []) or lpips.features(_tensor(truth))
            self._known[f"{backbone} {key}"] = known
            seen = zip(lpips.heads, lpips.features(_tensor(painted)), known, strict=True)
            return float(sum(head((ours - theirs).square()).mean() for head, ours, theirs in seen))


def _tensor(picture: FloatArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None]))
