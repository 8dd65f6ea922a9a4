"""Everything that decides how a training goes, as plain values that a recipe can hold.

Owns the defaults and their reading back from JSON. Knows nothing of torch or files.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

from avatar.neural.spec import ALIGN_PX
from avatar.training.noise import Noise

LAYERS: Final = ("all", "last")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a step is made of, while the share of training done is below `until`."""

    until: float
    crop_px: int
    batch: int
    """Crops in a step, over all processes."""
    draws: int
    """Proxies drawn for them; each gives `batch / draws` crops."""

    def __post_init__(self) -> None:
        if self.crop_px % ALIGN_PX or not 0 < self.crop_px <= 256:
            raise ValueError(f"Stage.crop_px must be a multiple of {ALIGN_PX} up to 256, got {self.crop_px}")
        if self.draws < 1 or self.batch % self.draws:
            raise ValueError(f"Stage.batch must be a multiple of its draws, got {self.batch} of {self.draws}")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the loss counts."""

    colour: float = 1.0
    """L1 of premultiplied RGBA."""
    fine: float = 0.5
    """L1 of the Laplacian pyramid's first level."""
    coarse: float = 0.5
    """L1 of its second level."""
    alpha: float = 0.5
    """L1 of alpha once more: a streamer sees a bad edge on any background."""
    perceptual: float = 0.05
    """LPIPS on a flat background of any colour."""
    sharpness: float = 0.0
    """How far off the edges' strength is, wherever LPIPS looks too: what is learnt by distance alone comes out soft."""
    temporal: float = 0.0
    """L1 of the change between two neighbouring frames. Off: with surfaces for input it was measured to hurt a little."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Where crops are taken: shares of what is aimed at. What is left over is aimed at nothing."""

    head: float = 0.35
    hands: float = 0.25
    body: float = 0.25


@dataclass(frozen=True, slots=True)
class Settings:
    """One training."""

    size: str = "M"
    seed: int = 0
    stages: tuple[Stage, ...] = (Stage(0.25, 128, 16, 4), Stage(1.0, 256, 8, 4))
    small_share: float = 0.15
    """Of the draws are at 256 x 256, which live offers too; the others at 512 x 512."""
    regions: Regions = field(default_factory=Regions)
    noise: Noise = field(default_factory=Noise)
    weights: Weights = field(default_factory=Weights)
    network_rate: float = 2e-3
    """Adam's peak, as `texture_rate`."""
    texture_rate: float = 1e-2
    """0 leaves the texture as it is."""
    layers: str = "all"
    """Of the network that learn, one of `LAYERS`: `last` are those after the last enlarging."""
    clip: float = 0.1
    """Longest gradient; usual ones are a few hundredths. The first are a hundred times that, and Adam would remember them."""
    ema: float = 0.998
    """How much of the averaged weights a step keeps."""
    perceptual_from: float = 0.3
    """Share of training after which LPIPS counts."""
    perceptual_px: int = 128
    """Side of the part of a crop that it looks at."""
    perceptual_share: float = 0.25
    """Of the crops are looked at."""

    def __post_init__(self) -> None:
        if self.layers not in LAYERS:
            raise ValueError(f"Settings.layers must be {' or '.join(LAYERS)}, got {self.layers!r}")

    def stage(self, progress: float) -> Stage:
        """Return the stage at a share of training done, 0..1."""
        return next((stage for stage in self.stages if progress < stage.until), self.stages[-1])

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers."""
        return asdict(self)

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """Return the settings that `to_json` gave.

        Raises:
            TypeError: a name that is not known.
        """
        nested: dict[str, Any] = {"regions": Regions, "noise": Noise, "weights": Weights}
        known = {item.name for item in fields(cls)}
        values = {name: nested[name](**value) if name in nested else value for name, value in held.items() if name in known}
        if held.keys() - known:
            raise TypeError(f"settings hold {', '.join(sorted(held.keys() - known))}, which this version does not know")
        return cls(**values | {"stages": tuple(Stage(**stage) for stage in held["stages"])})
