"""`run.py avatar train`: from drawn pictures to a trained network, ours or a rival.

Owns the words and flags, and what is said while it works. `avatar.training` trains; it is imported at use.
"""

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from avatar.neural.spec import SIZES
from export.commands import places
from export.commands.avatar_data import Character, Data, need_torch, read_lessons
from export.commands.terminal import Json, Terminal, bar, terminal_of
from export.commands.trainings import beginning_of, is_run
from trackers.errors import UserError

if TYPE_CHECKING:
    from avatar.training.course import Course
    from avatar.training.settings import Settings

_USUAL_HOURS: Final = 8.0
_RIVALS: Final = ("skeleton", "pix2pix")
_HOURS: Final = "How long. Default: 8; resumed, what is left."
_PERCEPTUAL: Final = (
    "How much LPIPS counts: with more, lines are crisper and single pixels further off. Default: 0.05; resumed, as before."
)
_SHARPNESS: Final = "How much it counts that edges are as strong as in truth. Default: 0; resumed, as before."
_WHICH: Final = (
    "all, or last: teach only what comes after the last enlarging, of the network that --beside names. Minutes, for other "
    "edges or another tone; all other layers stay as they are, to the last bit."
)
_BESIDE: Final = (
    "Train on the texture of a finished training or of an avatar, which stays as it is, so that one package can hold several "
    "sizes. It begins as that one's network, of the same size or a narrower one."
)


def train(
    context: typer.Context,
    character: Character,
    data: Data = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="RUN", help="Where the training lies.")] = None,
    device: Annotated[str | None, typer.Option(metavar="DEVICE", help="cpu or cuda. Default: cuda where there is one.")] = None,
    hours: Annotated[float | None, typer.Option(min=0.01, metavar="H", help=_HOURS)] = None,
    size: Annotated[str, typer.Option(metavar="SIZE", help="S, M or L: how wide the network is.")] = "M",
    rival: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Train what ours is compared with: skeleton or pix2pix.")
    ] = None,
    is_resumed: Annotated[bool, typer.Option("--resume", help="Go on with the training that lies there.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Of a new training.")] = 0,
    perceptual: Annotated[float | None, typer.Option(min=0.0, metavar="W", help=_PERCEPTUAL)] = None,
    sharpness: Annotated[float | None, typer.Option(min=0.0, metavar="W", help=_SHARPNESS)] = None,
    beside: Annotated[str | None, typer.Option(metavar="RUN_OR_AVATAR", help=_BESIDE)] = None,
    layers: Annotated[str, typer.Option(metavar="WHICH", help=_WHICH)] = "all",
    json_: Json = False,
) -> None:
    """Train a network on the drawn pictures. A night on two cores gives a good one; a graphics card is quicker.

    For instance: [bold]python run.py avatar train mascot --hours 8[/]. While it runs, [bold]sheet.png[/] in its folder shows
    truth, painted and difference. Ctrl-C ends it with everything written; [bold]--resume[/] goes on, with more [bold]--hours[/]
    if given. On several graphics cards: [bold]torchrun --nproc-per-node 4 run.py avatar train mascot[/]. With
    [bold]--as[/] it trains a rival instead, on the same pictures; give it the hours that ours had.
    """
    terminal = terminal_of(context)
    _check_words(size=size, layers=layers, rival=rival, beside=beside, is_resumed=is_resumed)
    chosen = _device(need_torch(), device)
    reweighed = {name: value for name, value in (("perceptual", perceptual), ("sharpness", sharpness)) if value is not None}
    folder = data or places.data_folder(character)
    wish = _Wish(folder, character, out, hours, size, seed, chosen, is_resumed, reweighed, beside, layers)
    if rival is not None:
        figures = _train_rival(terminal, rival, wish)
    else:
        figures = _train(terminal, wish, is_spoken=os.environ.get("RANK", "0") == "0")
    if not figures:  # of processes that train together, one that is silent
        return
    if json_:
        terminal.print_json("avatar train", figures)
    else:
        _tell_trained(terminal, figures, wish, rival=rival)
    raise typer.Exit(130 if figures["interrupted"] else 0)


def _tell_trained(terminal: Terminal, figures: dict[str, Any], wish: "_Wish", *, rival: str | None) -> None:
    """Say what lies where, and what to do with it."""
    done = f"Stopped at {figures['progress']:.0%}" if figures["interrupted"] else "Trained"
    terminal.out.print(f"{done}: {figures['run']}", markup=False, soft_wrap=True)
    data = [] if wish.data == places.data_folder(wish.character) else ["--data", str(wish.data)]
    if figures["interrupted"]:
        kind = ["--as", rival] if rival else ["--size", str(figures["size"])]
        where = ["--out", str(wish.out)] if wish.out else []
        again = ["avatar", "train", wish.character, *kind, "--resume", *where, *data, "--device", wish.device]
        terminal.say(f"To go on: python run.py {_typed(again)}")
    elif rival is None:
        packed = ["avatar", "export", *_all(figures["run"], wish.beside), *data, "--name", "mine", "--out", "mine.avatar"]
        terminal.say(f"Next: python run.py {_typed(packed)}")


def _typed(words: list[str]) -> str:
    """Return words as they are typed in this system's terminal."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _all(run: str, beside: str | None) -> list[str]:
    """Return what `avatar export` is to be told: a training, and what it was trained beside."""
    if beside is None:
        return [run]
    return [beside, "--with", run] if is_run(beside) else [run, "--with", beside]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What somebody wants trained."""

    data: Path
    character: str
    out: Path | None
    hours: float | None
    size: str
    seed: int
    device: str
    is_resumed: bool
    reweighed: dict[str, float]
    """How much parts of the loss count, where it is not the usual."""
    beside: str | None
    layers: str


def settings_of(wish: _Wish) -> "Settings":
    """Return the settings of a new training."""
    from avatar.training.settings import Settings, Weights

    return Settings(size=wish.size, seed=wish.seed, layers=wish.layers, weights=Weights(**wish.reweighed))


def _train(terminal: Terminal, wish: _Wish, *, is_spoken: bool) -> dict[str, Any]:
    """Train ours; return what came of it. Of processes that train together only the first one speaks."""
    from avatar.training.checkpoint import CHECKPOINT, read_checkpoint, size_of
    from avatar.training.course import Course
    from avatar.training.loop import News
    from avatar.training.loop import train as train_ours
    from avatar.training.schedule import Budget

    folder = wish.out or places.run_folder(wish.character, wish.size)
    if wish.is_resumed:
        if not (folder / CHECKPOINT).exists():
            raise UserError(f"{folder} holds no training that could be resumed; leave --resume away to begin one")
        wish = replace(wish, size=size_of(folder))
    motions, held_out, proxy = read_lessons(wish.data, wish.character)
    hours = wish.hours or (None if wish.is_resumed else _USUAL_HOURS)
    settings = settings_of(wish)
    budget = Budget(seconds=3600 * hours) if hours else None
    last: list[News] = []
    run = partial(
        train_ours,
        motions,
        held_out,
        proxy,
        folder,
        budget=budget,
        settings=settings,
        reweighed=wish.reweighed,
        beside=None if wish.beside is None else beginning_of(wish.beside, wish.size),
        resume=wish.is_resumed,
        device=wish.device,
    )
    if not is_spoken:
        run()
        return {}
    terminal.say(_start(motions, held_out, wish, what=wish.size, folder=folder))
    with bar(terminal, f"{wish.size} on {wish.device}", is_time=True) as step:

        def heard(news: News) -> None:
            last[:] = [news]
            seen = "" if news.psnr_db is None else f", {news.psnr_db:.2f} dB (bare proxy {news.coarse_psnr_db:.2f})"
            step(news.seconds, news.seconds + news.left_s, f"step {news.step}, loss {news.loss:.4f}{seen}")

        run(on_news=heard)
    told = {"run": str(folder), "size": wish.size, "device": wish.device, **(asdict(last[0]) if last else {})}
    return told | _ended(Course.from_json(read_checkpoint(folder / CHECKPOINT)["course"]))


def _train_rival(terminal: Terminal, name: str, wish: _Wish) -> dict[str, Any]:
    """Train a painter that ours is compared with, as ours is trained; return what came of it."""
    from avatar.training.baselines import baseline_at, train_baseline
    from avatar.training.course import Course
    from avatar.training.schedule import Budget

    folder = wish.out or places.baselines_folder(wish.character)
    if wish.is_resumed:
        if not (folder / f"{name}.pt").exists():
            raise UserError(f"{folder} holds no training of {name} that could be resumed; leave --resume away to begin one")
        wish = replace(wish, size=baseline_at(folder / f"{name}.pt").settings.size)
    motions, held_out, proxy = read_lessons(wish.data, wish.character)
    hours = wish.hours or (None if wish.is_resumed else _USUAL_HOURS)
    run = partial(
        train_baseline,
        name,
        motions,
        proxy,
        folder,
        budget=Budget(seconds=3600 * hours) if hours else None,
        settings=settings_of(wish),
        resume=wish.is_resumed,
        device=wish.device,
    )
    last: dict[str, Any] = {}
    terminal.say(_start(motions, held_out, wish, what=_what(name, wish.size), folder=folder))
    with bar(terminal, f"{name} on {wish.device}", is_time=True) as step:

        def heard(course: Course, parts: dict[str, float]) -> None:
            last.update(step=course.step, seconds=course.seconds)
            told = ", ".join(f"{key} {value:.4f}" for key, value in parts.items())
            step(course.seconds, course.seconds + course.left_s(step_s=0.0), f"{name}, step {course.step}, {told}")

        path = run(on_progress=heard)
    return {"run": str(path), "as": name, "size": wish.size, "device": wish.device, **last, **_ended(baseline_at(path).course)}


def _ended(course: "Course") -> dict[str, Any]:
    """Return how far a training came, by what is written of it."""
    return {"progress": course.progress(), "interrupted": course.progress() < 1}


def _what(name: str, size: str) -> str:
    """Return a rival's name, with the size of the network that it shares with ours."""
    return f"{name} ({size})" if name == "skeleton" else name


def _device(torch: Any, wanted: str | None) -> str:
    """Return where to train."""
    has_cuda = bool(torch.cuda.is_available())
    if wanted is None:
        return "cuda" if has_cuda else "cpu"
    _check(wanted, ("cpu", "cuda"), "--device")
    if wanted == "cuda" and not has_cuda:
        raise UserError("--device cuda needs an NVIDIA card that torch can use, and it found none; leave it away for the CPU")
    return wanted


def _check(value: str, known: Sequence[str], flag: str) -> None:
    if value not in known:
        raise UserError(
            f"{flag} must be {', '.join(known[:-1])} or {known[-1]}, got {value}; see python run.py avatar train --help"
        )


def _check_words(*, size: str, layers: str, rival: str | None, beside: str | None, is_resumed: bool) -> None:
    from avatar.training.settings import LAYERS

    _check(size, tuple(SIZES), "--size")
    _check(layers, LAYERS, "--layers")
    if rival is not None:
        _check(rival, _RIVALS, "--as")
    if rival is not None and beside is not None:
        raise UserError(f"--beside is for our own network, and --as {rival} has no texture; leave one of them away")
    if layers != "all" and beside is None and not is_resumed:
        raise UserError("--layers last needs a network whose other layers have learnt; name it with --beside")


def _start(motions: Any, held_out: Any, wish: _Wish, *, what: str, folder: Path) -> str:
    """Return the sentence that says what runs where."""
    import torch

    pictures, tests = (sum(len(motion.shown) for motion in part) for part in (motions, held_out))
    on = f"{torch.get_num_threads()} CPU threads" if wish.device == "cpu" else torch.cuda.get_device_name()
    learnt = f"{pictures} pictures of {len(motions)} motions in {wish.data} ({tests} of {len(held_out)} held out)"
    return f"Training {what} of {wish.character} on {on}, from {learnt}, into {folder}; Ctrl-C ends it, --resume goes on."
