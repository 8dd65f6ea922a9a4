"""`run.py gesture record` and `gesture test` without a terminal: takes from a camera or from files, and what fires in a source.

Owns the order of the work, and that both see what the live program sees: its settings and its calibration. Prints nothing; who
watches is told.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from stream import parts
from stream.calibration_run import trackings
from stream.config import Config
from stream.events import EventLog
from stream.gestures.calibrated import AsLive
from stream.gestures.live import told_specs
from stream.gestures.store import GestureStore, checked_gesture_name, is_take
from stream.gestures.takes import COUNTDOWN_S, SECONDS, TAKES, TakeProgress, Taking, parts_seen
from stream.sources.base import AnySource
from trackers.errors import UserError
from trackers.gestures.catalogue import BUILT_IN, FAMILIES, built_in_detectors
from trackers.gestures.recogniser import GestureRecogniser
from trackers.gestures.trained import Kind, TrainedDetector, TrainedSet
from trackers.gestures.training import CHOICES
from trackers.gestures.types import Gesture, GestureState, Spec
from trackers.spelling import near
from trackers.types import Tracking

WHOLE_S: Final = 30.0
"""Of a file that is not cut into takes, at most so much is one take."""
_QUIET: Final = GestureState(confidence=0.0, active=False, held_s=0.0, value=None)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants to be recorded."""

    name: str
    takes: int | None = None
    seconds: float | None = None
    countdown_s: float = COUNTDOWN_S
    skip_s: float = 0.0
    """Of each file, what is before the gesture."""
    about: str | None = None
    kind: Kind | None = None


def check_wish(wish: Wish) -> None:
    """Raise unless it can be carried out.

    Raises:
        UserError: the gesture may not be called so, or it is to be about something else than gestures can be about.
    """
    checked_gesture_name(wish.name)
    if wish.about is not None and wish.about not in CHOICES:
        raise UserError(f"--parts must be {', '.join(CHOICES)}, got {wish.about}; leave it away to find out from the takes")
    if wish.kind not in (None, "pose", "motion"):
        raise UserError(f"--kind must be pose or motion, got {wish.kind}; leave it away to find out from the takes")


def record(
    config: Config,
    wish: Wish,
    store: GestureStore,
    *,
    events: EventLog,
    watch: Callable[[TakeProgress], None],
    on_take: Callable[[dict[str, Any]], None],
) -> None:
    """Make takes from one source; each is kept as soon as it is made, and `on_take` told what it holds.

    Raises:
        UserError: the source or tracker cannot be opened, is one still picture, or not a single take was of use.
    """
    source = _moving_source(config, events)
    live = source.info.live
    seconds = wish.seconds or (SECONDS if live or wish.takes else WHOLE_S)
    takes = wish.takes or (TAKES if live else 1)
    taking = Taking(wish.name, takes=takes, seconds=seconds, countdown_s=wish.countdown_s if live else 0.0)
    kept = 0

    def keep(take: Sequence[Tracking] | None) -> None:
        nonlocal kept
        if take is not None:
            kept += 1
            path = store.add_take(wish.name, take, source=source.info.name, fps=source.info.fps)
            on_take(describe_take(path, take))

    begins_ns: int | None = None
    seen = trackings(source, config)
    seen = seen if is_take(Path(config.source.name)) else _as_live(seen, config, events)  # off a take all was taken before
    for tracking in seen:
        begins_ns = tracking.stamp.captured_ns if begins_ns is None else begins_ns
        if not live and tracking.stamp.captured_ns - begins_ns < wish.skip_s * 1e9:
            continue
        keep(taking.push(tracking))
        watch(taking.progress)
        if taking.progress.state in ("done", "failed"):
            break
    if not live and not wish.takes and not wish.seconds and next(seen, None) is not None:
        text = f"of {source.info.name} the first {WHOLE_S:g} s are kept; --takes and --seconds cut takes out of all of it"
        events.tell("gesture.cut", text, "warning")
    keep(taking.end())
    if taking.progress.state == "failed" and not kept:
        raise UserError(taking.progress.text)


def _moving_source(config: Config, events: EventLog) -> AnySource:
    source = parts.make_source(config, events)
    if source.info.kind == "images" and not Path(config.source.name).is_dir():
        raise UserError(
            f"{source.info.name} is one still picture, from which no gesture can be learnt; take the camera, or a video in "
            "which you make it, and turn and move a little"
        )
    return source


def _as_live(seen: Iterator[Tracking], config: Config, events: EventLog) -> Iterator[Tracking]:
    """Yield the trackings as the live program would judge gestures by them."""
    return map(AsLive(parts.make_calibration_desk(config, events).calibration), seen)


def describe_take(path: Path, take: Sequence[Tracking]) -> dict[str, Any]:
    """Return a take as plain values."""
    seconds = (take[-1].stamp.captured_ns - take[0].stamp.captured_ns) / 1e9 if take else 0.0
    return {"file": str(path), "frames": len(take), "seconds": round(seconds, 2), "seen": list(parts_seen(take))}


@dataclass(slots=True)
class Fires:
    """What one gesture did in a test."""

    count: int = 0
    seconds: float = 0.0
    most: float = 0.0
    at_s: list[float] = field(default_factory=list)

    def add(self, gesture: Gesture, *, at_s: float) -> None:
        """Note what was told."""
        if gesture.phase == "start":
            self.count += 1
            self.at_s.append(round(at_s, 2))
        if gesture.phase == "end":
            self.seconds += gesture.held_s

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"fires": self.count, "seconds": round(self.seconds, 2), "most": round(self.most, 2), "at_s": self.at_s}


def chosen_names(trained: TrainedSet | None, also: Sequence[str]) -> tuple[str, ...]:
    """Return the gestures that a test shows: all trained ones, and the built-in ones that were named.

    Raises:
        UserError: there is no such gesture, or none at all was chosen.
    """
    built_in = [spec.name for spec in BUILT_IN]
    names = list(trained.names) if trained is not None else []
    for name in also:
        members = built_in if name == "all" else FAMILIES.get(name, (name,))
        if not set(members) <= {*built_in, *names}:
            known = (*built_in, *FAMILIES, *names)
            raise UserError(f"{name} is no gesture; {near(name, known)}; see docs/gestures.md")
        names += [member for member in members if member not in names]
    if not names:
        raise UserError("nothing was trained yet; record a gesture and train it, or show built-in ones with --also NAME")
    return tuple(names)


def try_out(
    config: Config,
    trained: TrainedSet | None,
    *,
    names: Sequence[str],
    seconds: float | None,
    events: EventLog,
    watch: Callable[[dict[str, GestureState], tuple[str, ...]], None],
) -> dict[str, Any]:
    """Run the recogniser over a source as the live program would, and return what was told of the gestures in `names`.

    A Ctrl-C ends it, too; the figures say so.

    Raises:
        UserError: the source or tracker cannot be opened, or the settings of gestures exclude each other.
    """
    own = () if trained is None else (TrainedDetector(trained),)
    specs = _shown_specs(config, trained, names, events)
    recogniser = GestureRecogniser((*built_in_detectors(), *own), specs, settle_s=config.gestures.settle_s)
    source = parts.make_source(config, events)
    fires = {name: Fires() for name in names}
    first_s, now_s, frames, interrupted = 0.0, 0.0, 0, False
    try:
        for tracking in _as_live(trackings(source, config), config, events):
            now_s = tracking.stamp.captured_ns / 1e9
            first_s = now_s if frames == 0 else first_s
            frames += 1
            for gesture in recogniser.push(tracking):
                fires[gesture.name].add(gesture, at_s=now_s - first_s)
            states = dict.fromkeys(names, _QUIET) | recogniser.states
            for name in names:
                fires[name].most = max(fires[name].most, states[name].confidence)
            watch(states, parts_seen((tracking,)))
            if seconds is not None and now_s - first_s >= seconds:
                break
    except KeyboardInterrupt:
        interrupted = True
    for name, state in recogniser.states.items():
        fires[name].seconds += state.held_s if state.active else 0.0
    told = {name: one.as_json() for name, one in fires.items()}
    passed_s = round(now_s - first_s, 2)
    return {"source": source.info.name, "frames": frames, "seconds": passed_s, "gestures": told, "interrupted": interrupted}


def _shown_specs(config: Config, trained: TrainedSet | None, names: Sequence[str], events: EventLog) -> list[Spec]:
    """Return the specs of `names` as the settings want them, without those that are switched off, which is told."""
    own = trained.specs if trained is not None else ()
    specs = [spec for spec in told_specs((*BUILT_IN, *own), config.gestures) if spec.name in names]
    off = [name for name in names if name not in {spec.name for spec in specs}]
    if off:
        events.tell("gesture.off", f"switched off in gestures.off, so never told: {', '.join(off)}", "warning")
    return specs
