"""Makes each part of the live program from its section of the configuration.

Owns the translation of settings, and the choice that `auto` makes. Knows nothing of the order in which parts are opened.
"""

import psutil
from typing_extensions import TypeIs

from avatar.renderer import Drawing
from stream.avatars import RendererSettings
from stream.calibrating import CalibrationDesk, profiles_folder
from stream.config import Config
from stream.events import EventLog
from stream.paths import user_path
from stream.server.messages import Chosen, Settings
from stream.server.server import Server
from stream.sinks.base import Sink
from stream.sinks.null import NullSink
from stream.sinks.overlay import OverlaySink
from stream.sinks.recorder import RecorderSettings, RecorderSink
from stream.sinks.virtual_camera import VirtualCameraSettings, VirtualCameraSink
from stream.sources import SourceSettings, list_cameras, open_source
from stream.sources.base import AnySource, TrackingSource
from stream.sources.camera_permission import refusal
from trackers.assets import Asset, required_assets
from trackers.engine import TrackerSettings
from trackers.part_state import PartTimes

_RENDER_BUDGET = 0.75  # of the time between two pictures
_TRACK_BUDGET = 0.75  # of the time between two frames; the rest is for what follows tracking, and for the picture to be new


def make_source(config: Config, events: EventLog) -> AnySource:
    """Return the source, not yet opened. `auto` is the first camera, or the built-in performance where there is none.

    Raises:
        SourceError: there is no such source.
    """
    name, loop = config.source.name, config.source.loop
    if name == "auto":
        name, reason = "camera", _why_no_camera()
        if reason is not None:
            name = "demo"
            events.tell("source.none", reason)
    settings = SourceSettings(
        width_px=config.source.width_px,
        height_px=config.source.height_px,
        fps=config.source.fps,
        loop=loop or (name == "demo" and not config.source.as_fast_as_possible),
        paced=not config.source.as_fast_as_possible,
        person=config.tracker.person,
    )
    return open_source(name, settings)


def _why_no_camera() -> str | None:
    """Return why the built-in performance plays instead; None where there is a camera that may be used."""
    if all(camera.virtual for camera in list_cameras()):
        return "No camera found, so the built-in performance plays; --source names another source."
    reason = refusal()
    return reason and f"{reason}; meanwhile the built-in performance plays."


def is_recording(source: AnySource) -> TypeIs[TrackingSource]:
    """Tell whether the source gives trackings, so that no tracker is needed."""
    return source.info.kind in ("recording", "demo")


def tracker_settings(config: Config) -> TrackerSettings:
    """Return what the tracker is asked to do."""
    wanted = config.tracker
    live = not config.source.as_fast_as_possible  # without a clock every frame gets all, the same on every run
    return TrackerSettings(
        engine=wanted.engine,
        model=user_path(wanted.model) if wanted.model else None,
        mode=wanted.mode,
        body_model=wanted.body_model,
        hand_model=wanted.hand_model,
        precision=wanted.precision,
        person=wanted.person,
        hands=wanted.hands,
        face=wanted.face,
        threads=wanted.threads or max(1, min(2, (psutil.cpu_count() or 2) - 1)),
        own_process=wanted.own_process and live,
        budget_share=_TRACK_BUDGET if wanted.ease and live else None,
        fps=config.source.fps,
    )


def part_times(config: Config) -> PartTimes:
    """Return how long losing and finding a part take, for the states that are told and for the avatar alike."""
    return PartTimes(hold_s=config.lost.hold_s, decay_s=config.lost.decay_s, return_s=config.lost.return_s)


def needed_models(config: Config) -> tuple[Asset, ...]:
    """Return the model files that tracking needs."""
    wanted = tracker_settings(config)
    body_model, hand_model = wanted.models
    return required_assets(
        engine=wanted.engine, body_model=body_model, hand_model=hand_model, eased=wanted.budget_share is not None
    )


def renderer_settings(config: Config) -> RendererSettings:
    """Return how avatars are to be drawn."""
    wanted = config.avatar
    return RendererSettings(
        width_px=wanted.width_px,
        height_px=wanted.height_px,
        kind=wanted.renderer,
        quality=wanted.quality,
        precision=wanted.precision,
        threads=wanted.threads or _drawing_threads(),
        budget_ms=render_budget_ms(config),
        is_live=not config.source.as_fast_as_possible,
    )


def _drawing_threads() -> int:
    """Return two where tracking leaves two cores free; more gain little, for half of the work has to be done in one order."""
    return 2 if (psutil.cpu_count() or 1) >= 4 else 1


def renderer_chosen(drawing: Drawing) -> Chosen:
    """Return what draws now, for people."""
    return Chosen(drawing.name, drawing.provider, drawing.reason)


def render_budget_ms(config: Config) -> float | None:
    """Return the time that a picture may take; None where nobody waits for it."""
    live = not config.source.as_fast_as_possible
    return _RENDER_BUDGET * 1000 / config.output.fps if config.avatar.ease and live else None


def make_sinks(config: Config, server: Server | None) -> list[Sink]:
    """Return the sinks that the configuration names, not yet opened; the first is the one that the report is about."""
    sinks: list[Sink] = []
    for name in dict.fromkeys(config.output.sinks):  # each once, in the order given
        if name == "overlay" and server is not None:
            sinks.append(OverlaySink(server))
        elif name == "virtual-camera":
            sinks.append(VirtualCameraSink(virtual_camera_settings(config)))
        elif name == "null":
            sinks.append(NullSink())
    if config.output.record:
        settings = RecorderSettings(
            path=config.output.record,
            fps=config.output.fps,
            background=config.output.background,
            paced=not config.source.as_fast_as_possible,
        )
        sinks.append(RecorderSink(settings))
    return sinks


def virtual_camera_settings(config: Config) -> VirtualCameraSettings:
    """Return how other programs are to see the virtual camera.

    Raises:
        UserError: no camera has such a size.
    """
    wanted = config.virtual_camera
    return VirtualCameraSettings(
        device=wanted.device or None,
        width_px=wanted.width_px,
        height_px=wanted.height_px,
        fps=wanted.fps,
        background=config.output.background,
    )


def make_calibration_desk(config: Config, events: EventLog) -> CalibrationDesk:
    """Return the calibration of the profile that the configuration names, read from disk.

    Raises:
        UserError: no profile may be called so.
    """
    return CalibrationDesk(config.avatar.profile, folder=profiles_folder(), tell=events.tell)


def panel_settings(config: Config, *, avatar: str) -> Settings:
    """Return what the panel starts with; `avatar` is what it calls the one of the settings."""
    return Settings(
        mirror=config.avatar.mirror,
        background=config.output.background,
        avatar=avatar,
        framing=config.avatar.framing,
        show_camera=config.server.show_camera,
    )
