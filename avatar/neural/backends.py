"""What runs the networks: the best of engines and execution providers that is there, works, and gives the right numbers.

Owns the order of providers, their options, the trial that each has to pass, and the choice with its reason. Knows nothing of
characters or pictures. Passing over a provider is told, never silent.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.neural import spec
from avatar.neural.engine_runtime import PRECISION, card_here, open_engine
from avatar.neural.runtime import ON_CPU, Network, OpenNetwork, Provider, paint_of, runtime
from trackers.errors import first_line
from trackers.types import FloatArray

ENGINE: Final = Provider("engine", "TensorRT with an engine of its own")
"""Not of ONNX Runtime: `engine_runtime` runs it."""
CARDS: Final = (
    ENGINE,
    Provider("NvTensorRTRTXExecutionProvider", "TensorRT for RTX", (("enable_cuda_graph", "1"),)),
    Provider("TensorrtExecutionProvider", "TensorRT", (("trt_fp16_enable", "1"), ("trt_cuda_graph_enable", "1"))),
    Provider("CUDAExecutionProvider", "CUDA", (("enable_cuda_graph", "1"),)),
    Provider("CUDAExecutionProvider", "CUDA without its graph"),
    Provider("DmlExecutionProvider", "DirectML"),
    Provider("CoreMLExecutionProvider", "CoreML"),
)
"""From the first choice to the last; the CPU comes after them. None was tried on a card yet: the trial decides."""
CARD_PRECISIONS: Final = ("fp16", "fp32")
CPU_PRECISIONS: Final = ("int8", "fp32", "fp16")
"""From the first choice to the last, of those that a package has."""

TRIAL_PX: Final = 128
MEAN_WITHIN: Final = 1 / 255
MOST_WITHIN: Final = 10 / 255
"""How far a provider's numbers may be from the CPU's on the trial's picture, on average and anywhere."""
WARM_UP_RUNS: Final = 2
"""In its first runs a card compiles, takes its memory and records its graph; after so many it is as quick as it will be."""
_TIMED_RUNS: Final = 5


@dataclass(frozen=True, slots=True)
class Backend:
    """What runs a network, and why."""

    provider: Provider
    precision: str
    reason: str


def available() -> tuple[str, ...]:
    """Return the names of this ONNX Runtime's providers, and that of engines where a card could run them."""
    return (*runtime().get_available_providers(), *((ENGINE.name,) if card_here() else ()))


def open_network(model: bytes, *, width_px: int, height_px: int, provider: Provider = ON_CPU, threads: int = 1) -> OpenNetwork:
    """Return a network at work on a provider, for one size of picture.

    Raises:
        Exception: the provider cannot run it; a driver may raise anything.
    """
    if provider is ENGINE:
        return open_engine(model, width_px=width_px, height_px=height_px)
    return Network(model, width_px=width_px, height_px=height_px, provider=provider, threads=threads)


def candidates(names: Sequence[str]) -> tuple[Provider, ...]:
    """Return the cards' providers of these names, best first, and at last the CPU."""
    return (*(card for card in CARDS if card.name in names), ON_CPU)


def cpu_backend(precisions: Sequence[str], *, wanted: str = "auto") -> Backend:
    """Return how the CPU runs a network of which there are files in `precisions`.

    Raises:
        ValueError: there is none, or not the one that is wanted.
    """
    if wanted != "auto":
        if wanted not in precisions:
            raise ValueError(f"the avatar has no {wanted} network, only {', '.join(precisions) or 'none'}")
        return Backend(ON_CPU, wanted, "as asked for")
    for precision in CPU_PRECISIONS:
        if precision in precisions:
            return Backend(ON_CPU, precision, "the quickest of the avatar's networks on a CPU")
    raise ValueError("the avatar has no network")


def better_backend(
    models: Mapping[str, bytes],
    *,
    sizes_px: Sequence[tuple[int, int]],
    now: Backend | None = None,
    threads: int = 1,
    is_wanted: Callable[[], bool] = lambda: True,
) -> tuple[Backend | None, tuple[str, ...]]:
    """Return the best card that passes the trial, None without one; and a sentence for each that was passed over.

    Args:
        models: one network's files by precision.
        sizes_px: width and height of the pictures that it is wanted for: an engine is made for one size, and all must be there.
        now: what paints these pictures now, which a card has to be quicker than; None if nothing does.
        is_wanted: asked before each one that is tried; the search ends when it says no.
    """
    passed_over: list[str] = []
    for provider, precision in _choices(models):
        if not is_wanted():
            break
        tried_px = sizes_px if provider is ENGINE else [(TRIAL_PX, TRIAL_PX)]
        faults = (trial(models, provider, precision, size_px=size_px, threads=threads) for size_px in tried_px)
        fault = next(filter(None, faults), None)
        if fault is None and now is not None:
            fault = _slowness(models, provider, precision, now=now, size_px=max(sizes_px), threads=threads)
        if fault is None:
            return Backend(provider, precision, "; ".join(passed_over) or "the best that is here"), tuple(passed_over)
        passed_over.append(f"{provider.words} ({precision}) was passed over: {fault}")
    return None, tuple(passed_over)


def _choices(models: Mapping[str, bytes]) -> list[tuple[Provider, str]]:
    """Return what could be better than the CPU, best first: each card's provider with each precision that suits it."""
    return [
        (provider, precision)
        for provider in candidates(available())[:-1]
        for precision in CARD_PRECISIONS
        if precision in models and (provider is not ENGINE or precision == PRECISION)
    ]


def trial(
    models: Mapping[str, bytes],
    provider: Provider,
    precision: str,
    *,
    size_px: tuple[int, int] = (TRIAL_PX, TRIAL_PX),
    threads: int = 1,
) -> str | None:
    """Run one picture on a provider and on the CPU; return what is wrong, None if they agree."""
    width_px, height_px = size_px
    model = models[precision]
    try:
        network = open_network(model, width_px=width_px, height_px=height_px, provider=provider, threads=threads)
        sure = open_network(models.get("fp32", model), width_px=width_px, height_px=height_px, threads=threads)
        _painted(network)  # a CUDA graph is recorded on the first run and played from the second on
        painted, expected = _painted(network), _painted(sure)
    except Exception as error:  # a driver may raise anything, and all of it means: not this one
        return first_line(error)
    away = np.abs(painted - (network.layout.sayable(expected) if network.layout else expected))
    mean, most = max(part.mean() for part in np.split(away, [spec.COLOUR_CHANNELS], axis=1)), away.max()
    if not np.isfinite(away).all() or mean > MEAN_WITHIN or most > MOST_WITHIN:
        return f"its picture differs from the CPU's by {255 * mean:.1f} grey levels on average, {255 * most:.0f} at most"
    return None


def _slowness(
    models: Mapping[str, bytes], provider: Provider, precision: str, *, now: Backend, size_px: tuple[int, int], threads: int
) -> str | None:
    """Return in words by how much a provider is slower than what paints now, None if it is quicker."""
    try:
        its_ms = _picture_ms(models[precision], provider, size_px=size_px, threads=threads)
        our_ms = _picture_ms(models[now.precision], now.provider, size_px=size_px, threads=threads)
    except Exception as error:  # as in the trial
        return first_line(error)
    return None if its_ms < our_ms else f"a picture takes it {its_ms:.1f} ms, and the {now.provider.words} {our_ms:.1f}"


def _picture_ms(model: bytes, provider: Provider, *, size_px: tuple[int, int], threads: int) -> float:
    """Return what a run takes once it is warm; of a network of its own, so that nobody's picture is disturbed."""
    network = open_network(model, width_px=size_px[0], height_px=size_px[1], provider=provider, threads=threads)
    times_ms = []
    for _ in range(WARM_UP_RUNS + _TIMED_RUNS):
        started_ns = time.perf_counter_ns()
        network.run()
        times_ms.append((time.perf_counter_ns() - started_ns) / 1e6)
    return statistics.median(times_ms[WARM_UP_RUNS:])


def _painted(network: OpenNetwork) -> FloatArray:
    """Return the paint for the trial's picture: smooth, of middling numbers, the same in either form."""
    across, down = (np.linspace(0, 6, side, dtype=np.float32) for side in network.size_px)
    waves = [0.5 + 0.5 * np.sin((c + 1) * down[:, None] + (c + 2) * across) for c in range(spec.COARSE_CHANNELS)]
    half = [np.sin((c + 1) * down[::2, None] - c * across[::2]) for c in range(spec.SURFACE_CHANNELS - 1)]
    coarse = np.stack([*(wave * waves[3] for wave in waves[:3]), waves[3]]).astype(np.float32)
    levels = np.rint(coarse * 255).astype(np.uint8)
    surface = np.stack([*half, np.ones_like(half[0])]).astype(np.float32)[None]
    if network.layout is None:
        network.inputs["coarse"][0], network.inputs["surface"][:] = levels.astype(np.float32) / 255, surface
    else:
        network.inputs["blocks"][:] = network.layout.block_bytes(levels.transpose(1, 2, 0)[None], surface)
    network.inputs["code"][:] = 0.25
    network.run()
    return paint_of(network).copy()
