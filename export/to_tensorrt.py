"""From the fp16 network file to engines of TensorRT for RTX, or of data-centre TensorRT where that is installed.

TensorRT for RTX builds ahead of time for any card of its list, on any computer, without a card. Owns the parsing, the check
that the parser took every node, and the building. `avatar.neural.engine_runtime` runs engines.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from avatar.neural.engine_cache import EngineCache
from avatar.neural.engine_file import TIMING, EngineKey
from avatar.neural.tensorrt_library import CURRENT, DATA_CENTRE, RTX, Library, library, logger_of
from export.to_onnx import PRECISION_KEY, fixed, metadata, read, size_of, whole
from trackers.errors import UserError


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """One built or found engine."""

    key: EngineKey
    path: Path
    size_bytes: int
    built: bool
    """False: it was in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class _Network:
    """A parsed model, with what must outlive it."""

    network: Any
    builder: Any
    parser: Any
    logger: Any


def engine_for(
    data: bytes, *, width_px: int, height_px: int, cards: Sequence[str], cache: EngineCache, using: Library | None = None
) -> Engine:
    """Return the engine of an fp16 file for pictures of one size, built if the cache has no good one.

    Args:
        cards: which the engine is for: `SM86`; several make one larger engine that runs on each. Data-centre TensorRT builds
            for the card that is in this computer, and takes (CURRENT,) only.

    Raises:
        UserError: TensorRT is not installed, knows no such card, or cannot take the network.
    """
    trt = using or library()
    unknown = [card for card in cards if card not in trt.cards]
    if (trt.name == RTX and (unknown or not cards)) or (trt.name == DATA_CENTRE and tuple(cards) != (CURRENT,)):
        listed = ", ".join(trt.cards) or CURRENT
        raise UserError(
            f"{trt.name} {trt.version} builds engines for {listed}, got {', '.join(cards) or 'none'}; name one of these"
        )
    model = read(data)
    precision = metadata(model).get(PRECISION_KEY, "")
    key = trt.key(data, card="+".join(cards), precision=precision, width_px=width_px, height_px=height_px)
    payload, built = cache.engine(key, lambda: _build(trt, model, key, cards, cache))
    return Engine(key=key, path=cache.path(key), size_bytes=len(payload), built=built)


def engines_of(
    networks: Mapping[tuple[str, str], bytes],
    *,
    sizes_px: Sequence[tuple[int, int]],
    card_sets: Sequence[Sequence[str]],
    cache: EngineCache,
    on_step: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> tuple[tuple[str, Engine], ...]:
    """Return an engine, with its network's size, for each fp16 network of a package, size of picture and set of cards.

    Args:
        networks: by size and precision, as `avatar.neural.parts.AvatarParts.networks`.
        sizes_px: width and height.
        card_sets: each is one engine's `cards`.
        on_step: hears how many of how many engines are there, and what comes now.

    Raises:
        UserError: no network has an fp16 file, or as `engine_for`.
    """
    halves = {size: data for (size, precision), data in networks.items() if precision == "fp16"}
    if not halves:
        raise UserError("the avatar has no fp16 network, which engines are built from; export it again with --precision fp16")
    wanted = [(size, px, cards) for size in sorted(halves, key="SML".index) for px in sizes_px for cards in card_sets]
    using, found = library(), []
    for done, (size, (width_px, height_px), cards) in enumerate(wanted):
        on_step(done, len(wanted), f"{size} {width_px} x {height_px} for {'+'.join(cards)}")
        engine = engine_for(halves[size], width_px=width_px, height_px=height_px, cards=cards, cache=cache, using=using)
        found.append((size, engine))
    on_step(len(wanted), len(wanted), "done")
    return tuple(found)


def _build(trt: Library, model: Any, key: EngineKey, cards: Sequence[str], cache: EngineCache) -> bytes:
    if key.precision != "fp16":
        raise UserError(
            f"TensorRT takes a network's fp16 file, got {key.precision or 'a file without precision'}; export that first"
        )
    parsed = _parsed(trt, fixed(model, width_px=key.width_px, height_px=key.height_px))
    config = parsed.builder.create_builder_config()
    timing = EngineKey(**{name: getattr(key, name) for name in key.__slots__ if name != "kind"}, kind=TIMING)
    if trt.name == RTX:
        config.num_compute_capabilities = len(cards)
        for index, card in enumerate(cards):
            config.set_compute_capability(trt.module.ComputeCapability.__members__[card], index)
    else:  # RTX measures nothing while it builds
        config.set_timing_cache(config.create_timing_cache(cache.find(timing) or b""), False)
    serialised = parsed.builder.build_serialized_network(parsed.network, config)
    if serialised is None:
        raise UserError(
            f"{trt.name} {trt.version} could not build network {size_of(model)} for {key.card}: {parsed.logger.last}; {_OTHER}"
        )
    if trt.name == DATA_CENTRE:
        cache.keep(timing, bytes(config.get_timing_cache().serialize()))
    return bytes(serialised)


_OTHER: Final = "the renderer runs without it"


def _parsed(trt: Library, static: Any) -> _Network:
    """Parse a static model into a strongly typed network, and check that every node of it is there."""
    module = trt.module
    logger = logger_of(module)
    builder = module.Builder(logger)
    typed = module.NetworkDefinitionCreationFlag.STRONGLY_TYPED
    network = builder.create_network(1 << int(typed))
    parser = module.OnnxParser(network, logger)
    if not parser.parse(whole(static)):
        told = "; ".join(_words(parser.get_error(index)) for index in range(parser.num_errors))
        raise UserError(f"{trt.name} {trt.version} cannot take network {size_of(static)}: {told}; {_OTHER}")
    lost = [node.name for node in static.graph.node if parser.get_layer_output_tensor(node.name, 0) is None]
    types = (module.DataType.UINT8, module.DataType.HALF, module.DataType.FLOAT)
    wrong = [value.name for value in _ends(network) if value.dtype not in types or min(value.shape) < 1]
    if lost or wrong or network.num_layers < len({node.name for node in static.graph.node} - _without_work(static)):
        told = ", ".join(lost or wrong) or f"{network.num_layers} layers of {len(static.graph.node)} nodes"
        raise UserError(f"{trt.name} {trt.version} took network {size_of(static)} without {told}; {_OTHER}")
    return _Network(network=network, builder=builder, parser=parser, logger=logger)


def _without_work(static: Any) -> set[str]:
    """Return the nodes that a parser may fold into their neighbours."""
    return {node.name for node in static.graph.node if node.op_type in ("Identity", "Constant")}


def _ends(network: Any) -> list[Any]:
    inputs = [network.get_input(index) for index in range(network.num_inputs)]
    return inputs + [network.get_output(index) for index in range(network.num_outputs)]


def _words(error: Any) -> str:
    where = error.node_name() or error.node_operator() or "the graph"
    return f"{where}: {' '.join(str(error.desc()).split())}"
