"""What would run on this computer, where, and why. Owns the questions and their order; the answers come from the parts."""

import importlib
import importlib.util
import os
import socket
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, Final

from avatar.camera import Framing
from avatar.neural.renderer import NeuralRenderer
from stream import onnx_builds
from stream.actions.secrets import SecretStore
from stream.avatars import CARD_WITHIN_S, open_renderer
from stream.config import Config
from stream.machine import machine, version
from stream.parts import needed_models, renderer_settings, tracker_settings, virtual_camera_settings
from stream.sinks.virtual_camera import probe_virtual_camera
from stream.sources import list_cameras
from stream.sources.camera_permission import refusal
from trackers import assets
from trackers.engine import open_tracker
from trackers.errors import PosecastError
from trackers.optional import is_installed

_FETCHED: Final = ("models", "tracker")
"""What the first start puts right by itself."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str
    """One line: what was found and why, or what to do."""
    required: bool = False
    """True if the main job cannot run without it."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(config: Config, *, names: Collection[str] = ()) -> list[Check]:
    """Look at everything, or at what is named, most basic first; a part that raises is a failed check, never an exception."""
    questions: tuple[tuple[str, bool, Callable[[Config], tuple[bool, str]]], ...] = (
        ("system", True, _system),
        ("packages", True, _packages),
        ("models", True, _models),
        ("tracker", True, _tracker),
        ("renderer", True, _renderer),
        ("onnx runtime", False, _onnx_build),
        ("cameras", False, _cameras),
        ("virtual camera", False, _virtual_camera),
        ("recorder", False, _recorder),
        ("own models", False, _onnx),
        ("rules", False, _rules),
        ("secrets", False, _secrets),
        ("keys, notes", False, _inputs),
        ("port", True, _port),
        ("gpu", False, _gpu),
    )
    return list(_ask(config, tuple(question for question in questions if not names or question[0] in names)))


def _ask(config: Config, questions: tuple[tuple[str, bool, Callable[[Config], tuple[bool, str]]], ...]) -> Iterator[Check]:
    for name, required, question in questions:
        try:
            ok, detail = question(config)
        except Exception as error:  # whatever a part fails with is its answer
            ok, detail = False, str(error) or type(error).__name__
        yield Check(name, ok, detail, required and (ok or name not in _FETCHED or not _will_be_fetched(config)))


def _will_be_fetched(config: Config) -> bool:
    """Tell whether models are missing that the first start can put where they belong."""
    if not _missing(config):
        return False
    try:
        folder = assets.cache_folder()
    except PosecastError:
        return False
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK)


def _system(_: Config) -> tuple[bool, str]:
    found = machine()
    words = f"Posecast {version()}, Python {found['python']}, {found['os']}, {found['cpu']}, {found['cores']} cores"
    return True, words


def _packages(_: Config) -> tuple[bool, str]:
    """Say where our packages come from: another package named `trackers` exists and must not be the one."""
    places = {name: importlib.import_module(name).__path__[0] for name in ("trackers", "avatar", "stream", "export")}
    ours = {place.rpartition(name)[0] for name, place in places.items()}
    if len(ours) == 1:
        return True, f"all from {ours.pop()}"
    return False, f"imported from different places: {places}; start Posecast as `python run.py` in its own folder"


def _models(config: Config) -> tuple[bool, str]:
    if missing := _missing(config):
        step = "the first start fetches them, or `python run.py models` now"
        return False, f"missing or damaged in {assets.cache_folder()}: {', '.join(missing)}; {step}"
    return True, f"{len(needed_models(config))} present and undamaged in {assets.cache_folder()}"


def _missing(config: Config) -> list[str]:
    return [asset.file for asset in needed_models(config) if not assets.is_present(asset)]


def _tracker(config: Config) -> tuple[bool, str]:
    with open_tracker(tracker_settings(config)) as tracker:
        info = tracker.info
    return True, f"{info.engine} on {info.provider} ({info.reason})"


def _renderer(config: Config) -> tuple[bool, str]:
    version_ = importlib.import_module("numba").__version__
    wanted = config.avatar
    opened = open_renderer(wanted.name, renderer_settings(config), framing=Framing(wanted.framing), tell=lambda _: None)
    with closing(opened.renderer):
        if isinstance(opened.renderer, NeuralRenderer):
            opened.renderer.await_better(CARD_WITHIN_S)  # live it takes over as soon as it is ready
        drawing = opened.drawing
    return True, f"{wanted.name}, {drawing.name} on {drawing.provider} ({drawing.reason}), numba {version_}"


def _cameras(_: Config) -> tuple[bool, str]:
    found = list_cameras()
    if not found:
        return False, "none found; `python run.py` plays the built-in performance"
    reason = refusal()
    return reason is None, reason or ", ".join(str(camera) for camera in found)


def _virtual_camera(config: Config) -> tuple[bool, str]:
    status = probe_virtual_camera(virtual_camera_settings(config))
    return status.running, status.detail


def _recorder(_: Config) -> tuple[bool, str]:
    if not is_installed("av"):
        return False, 'not installed; pip install ".[record]" for --record'
    return True, f"PyAV {importlib.import_module('av').__version__}: .mp4 (H.264) and .webm (VP9 with alpha)"


def _onnx_build(_: Config) -> tuple[bool, str]:
    return onnx_builds.describe()


def _onnx(_: Config) -> tuple[bool, str]:
    """Say who would run `--tracker onnx`."""
    from trackers.onnx_model import runtime

    return runtime()


def _rules(config: Config) -> tuple[bool, str]:
    from stream.reactions import load_rules

    rules = load_rules(config)
    if not rules.all():
        return True, "none; --rules FILE, or docs/triggers.md"
    return True, f"{len(rules.all())} in {rules.origin}, with {', '.join(rules.connections) or 'no connection'}"


def _secrets(_: Config) -> tuple[bool, str]:
    store = SecretStore()
    return True, f"{len(store.names())} kept; new ones go to {store.where()}"


def _inputs(_: Config) -> tuple[bool, str]:
    """Say which optional parts of rules are installed."""
    parts = {"pynput": ("keys", "keys"), "mido": ("MIDI notes", "midi"), "miniaudio": ("sounds", "sound")}
    found = {word: is_installed(module) for module, (word, _) in parts.items()}
    missing = [f'{word}: pip install ".[{extra}]"' for word, extra in parts.values() if not found[word]]
    return not missing, "; ".join([", ".join(word for word in found if found[word]) or "none installed", *missing])


def _port(config: Config) -> tuple[bool, str]:
    host, port = config.server.host, config.server.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        if sys.platform == "win32":  # where SO_REUSEADDR would share a port that is taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return False, f"{host}:{port} cannot be used ({error.strerror}); choose another with --port"
    return True, f"{host}:{port} is free"


def _gpu(_: Config) -> tuple[bool, str]:
    name = machine()["gpu"]
    if name is None:
        return False, "no NVIDIA card found; none is needed"
    return True, f"{name}; tracking runs on the CPU, and a neural avatar where the lines above say"
