"""`run.py gesture`: teach Posecast gestures of your own: record, train, test, list, show, remove.

Owns the words and flags; `stream.gestures` has what does it (`run`, `learning`, `store`) and shows it (`view`).
"""

from contextlib import suppress
from typing import Annotated, Any

import typer
from rich.markup import escape

from stream import flags
from stream.commands.common import Json, err, out, print_json
from stream.config import Config, load_config
from stream.events import EventLog
from trackers.errors import UserError

app = typer.Typer(help="Teach it gestures of your own.", no_args_is_help=True, pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What rules will call it: small letters, digits and _.")]


@app.command()
def record(
    name: Name,
    takes: Annotated[
        int | None, typer.Option(min=1, max=50, metavar="N", help="How many. Default: 3; of a file 1 of up to 30 s.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.5, max=60, metavar="S", help="How long each. Default: 5.")] = None,
    countdown: Annotated[float, typer.Option(min=0, max=60, metavar="S", help="To get ready before each take.")] = 3.0,
    from_: Annotated[
        list[str] | None, typer.Option("--from", metavar="FILE", help="A .pcast or a clip instead of the camera. Repeat it.")
    ] = None,
    skip: Annotated[float, typer.Option(min=0, metavar="S", help="Of each file, leave out so much at its start.")] = 0.0,
    source: flags.SourceName = None,
    about: Annotated[
        str | None,
        typer.Option(
            "--parts", metavar="WHAT", help="hands, left_hand, right_hand, body or face; else as said before, or found out."
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="pose or motion; else as said before, or found out.")
    ] = None,
    tracker: flags.Engine = None,
    json_: Json = False,
    config: flags.ConfigFile = None,
) -> None:
    """Record takes of a gesture, from the camera or from files. Takes of a known one are added to it.

    Ctrl-C ends it; the takes made until then stay. Tracking data is kept, never a picture.
    """
    from stream.gestures.run import Wish, check_wish

    wish = Wish(name, takes, seconds, countdown, skip, about, _kind(kind))
    check_wish(wish)
    made: list[dict[str, Any]] = []
    try:
        interrupted = _record(wish, [(config, place, tracker) for place in from_ or [source or ""]], made)
    except UserError:
        if made:  # of several files a later one cannot be read: what was made of the others stays
            _say_recorded(name, made, interrupted=True, json_=json_)
        raise
    _say_recorded(name, made, interrupted=interrupted, json_=json_)
    raise typer.Exit(130 if interrupted else 0)


def _say_recorded(name: str, made: list[dict[str, Any]], *, interrupted: bool, json_: bool) -> None:
    from stream.gestures import view as gesture_view

    if json_:
        print_json("gesture record", {"gesture": name, "takes": made, "interrupted": interrupted})
    else:
        gesture_view.show_recorded(out, name, made, interrupted=interrupted)


def _record(wish: Any, sources: list[tuple[Any, str, str | None]], made: list[dict[str, Any]]) -> bool:
    """Make the takes, into `made` one by one; return whether a Ctrl-C broke it off."""
    from stream.gestures import run as gesture_run
    from stream.gestures import view as gesture_view
    from stream.gestures.store import GestureStore

    store, events = GestureStore(), _events()
    try:
        for config, place, tracker in sources:
            settings = _settings(config, place, tracker)
            with gesture_view.taking(err) as watch:
                gesture_run.record(settings, wish, store, events=events, watch=watch, on_take=made.append)
    except KeyboardInterrupt:
        return True
    finally:
        events.deliver()
        if made and (wish.about is not None or wish.kind is not None):
            store.choose(wish.name, about=wish.about, kind=wish.kind)
    return False


@app.command()
def train(json_: Json = False) -> None:
    """Learn all recorded gestures, and say which of them get in each other's way."""
    from stream.gestures import learning
    from stream.gestures import view as gesture_view
    from stream.gestures.store import GestureStore

    figures = learning.figures(learning.learn(GestureStore()))
    print_json("gesture train", figures) if json_ else gesture_view.show_training(out, figures)


@app.command("test")
def try_out(
    source: flags.SourceName = None,
    seconds: flags.Seconds = None,
    also: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Built-in gestures to show too; all for all. Repeat it.")
    ] = None,
    tracker: flags.Engine = None,
    json_: Json = False,
    config: flags.ConfigFile = None,
) -> None:
    """Show live how sure it is of each trained gesture. Ctrl-C ends it, and what was told is shown."""
    from stream.gestures import run as gesture_run
    from stream.gestures import view as gesture_view
    from stream.gestures.store import GestureStore

    trained = GestureStore().load_trained()
    names = gesture_run.chosen_names(trained, also or [])
    events = _events()
    settings = _settings(config, source or "", tracker)
    try:
        with gesture_view.bars(err, names) as watch:
            figures = gesture_run.try_out(settings, trained, names=names, seconds=seconds, events=events, watch=watch)
    finally:
        events.deliver()
    print_json("gesture test", figures) if json_ else gesture_view.show_test(out, figures)
    raise typer.Exit(130 if figures["interrupted"] else 0)


@app.command("list")
def list_(json_: Json = False) -> None:
    """List your gestures."""
    from stream.gestures import view as gesture_view
    from stream.gestures.store import GestureStore

    store = GestureStore()
    learnt = _learnt(store)
    rows = [{"name": one.name, "takes": len(one.takes), **learnt.get(one.name, _UNTRAINED)} for one in store.kept()]
    if json_:
        print_json("gesture list", {"folder": str(store.folder), "gestures": rows})
    else:
        gesture_view.show_list(out, rows, folder=str(store.folder))


@app.command()
def show(name: Name, json_: Json = False) -> None:
    """Show one gesture: its takes, and what was learnt of it."""
    from stream.gestures import run as gesture_run
    from stream.gestures import view as gesture_view
    from stream.gestures.store import GestureStore
    from trackers.recording import read_pcast

    store = GestureStore()
    kept = store.get(name)
    takes = [gesture_run.describe_take(path, tuple(read_pcast(path))) for path in kept.takes]
    row = {"name": name, "takes": takes, **_learnt(store).get(name, _UNTRAINED)}
    print_json("gesture show", row) if json_ else gesture_view.show_gesture(out, row)


@app.command()
def remove(name: Name) -> None:
    """Remove a gesture with all its takes, and what was learnt of it."""
    from stream.gestures.store import GestureStore
    from stream.reactions import missed_by_rules

    GestureStore().remove(name)
    out.print(f"{name} and its takes are removed.")
    with suppress(UserError):  # of settings that cannot be read: whoever starts live hears it
        if missed := missed_by_rules(load_config(None, {}), name):
            err.print(escape(f"Live does not start until the rule that still names it is changed: {missed}"), soft_wrap=True)


_UNTRAINED: dict[str, Any] = {"kind": None, "parts": []}


def _learnt(store: Any) -> dict[str, dict[str, Any]]:
    trained = store.load_trained()
    return {} if trained is None else {one.name: {"kind": one.kind, "parts": list(one.parts)} for one in trained.gestures}


def _kind(kind: str | None) -> Any:
    if kind not in (None, "pose", "motion"):
        raise UserError(f"--kind must be pose or motion, got {kind}; leave it away to find out from the takes")
    return kind


def _settings(config: Any, source: str, tracker: str | None) -> Config:
    """Return the settings for a short run: without another word the camera, files as fast as they can be read."""
    given = {"source.name": source, "tracker.engine": tracker, "source.as_fast_as_possible": "true"}
    settings = load_config(config, {key: value for key, value in given.items() if value})
    if settings.source.name == "auto":
        settings = settings.model_copy(update={"source": settings.source.model_copy(update={"name": "camera"})})
    from stream import parts
    from stream.console import fetch

    if not settings.source.name.endswith(".pcast"):  # a recording was tracked before
        fetch(err, parts.needed_models(settings))
    return settings


def _events() -> EventLog:
    events = EventLog()
    events.listen(lambda event: err.print(escape(event.text), soft_wrap=True) if event.level != "info" else None)
    return events
