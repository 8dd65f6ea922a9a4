"""A neural avatar with a made texture and made networks, for tests, and what paints on one of its rungs.

Owns nothing but numbers out of a generator. What it paints is the proxy with noise.
"""

from collections.abc import Mapping

import numpy as np

from avatar.mascot import Level, build_mascot
from avatar.neural import spec
from avatar.neural.network_pass import NetworkPass
from avatar.neural.parts import AvatarParts
from avatar.neural.render_pipeline import RenderPipeline

WINDOW = (40, 24, 96, 64)


def made_parts(networks: Mapping[tuple[str, str], bytes] | None = None, *, seed: int = 0) -> AvatarParts:
    """Return one with the built-in character."""
    random, side = np.random.default_rng(seed), spec.FEATURE_SIDE_TEXELS
    return AvatarParts(
        character=build_mascot(Level.PROXY),
        features=random.normal(0, 0.5, (side, side, spec.FEATURES)).astype(np.float32),
        deltas=random.normal(0, 0.2, (spec.MIXES, WINDOW[3], WINDOW[2], spec.FEATURES)).astype(np.float32),
        window=WINDOW,
        mix=random.normal(0, 0.1, (spec.MIXES, spec.CODE_LENGTH)).astype(np.float32),
        networks=networks or {},
    )


def whole_pass(pipeline: RenderPipeline, rung: int = 0) -> NetworkPass:
    """Return what paints whole pictures on a rung whose pictures are of one size."""
    passes = pipeline._passes[rung]
    assert passes is not None
    (network_pass,) = passes.wholes.values()
    return network_pass
