"""`run.py avatar render` and `train`: from a character made in code to a trained network.

Owns the words and flags, and what is said while it works. `avatar.dataset` draws, `avatar.training` trains; both are imported
at use.
"""

import importlib
import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from export.commands import places
from export.commands.terminal import Terminal, bar, terminal_of
from trackers.errors import UserError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
Character = Annotated[str, typer.Argument(metavar="CHARACTER", help="A character made in code: mascot.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="FOLDER", help="Where [bold]avatar render[/] put its pictures.")]
if TYPE_CHECKING:
    from avatar.training.settings import Settings

_USUAL_HOURS: Final = 8.0
_SIZES: Final = ("S", "M", "L")
_RIVALS: Final = ("skeleton", "pix2pix")
_PERCEPTUAL: Final = (
    "How much LPIPS counts: with more, lines are crisper and single pixels further off. Default: 0.05; resumed, as before."
)


def render(
    context: typer.Context,
    character: Character,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Where to; else a folder of the cache.")] = None,
    frames: Annotated[int, typer.Option(min=1, metavar="N", help="Pictures to learn from.")] = 4000,
    test: Annotated[int | None, typer.Option(min=1, metavar="N", help="Pictures to test with. Default: a tenth.")] = None,
    side: Annotated[int, typer.Option(min=64, max=2048, metavar="PX", help="Width and height of a picture.")] = 512,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Processes. Default: one a core.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another one gives other motions.")] = 1,
    recordings: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Recorded motions and clips that are drawn too, if it is there.")
    ] = places.RECORDINGS,
    quick: Annotated[bool, typer.Option("--quick", help="Draw without the studio's care, to look at the motions.")] = False,
    json_: Json = False,
) -> None:
    """Draw the pictures that an avatar learns from: the character in many motions, with great care.

    For instance: [bold]python run.py avatar render mascot --frames 400[/]. It takes about a second a picture and core. Ctrl-C
    ends it; the same command goes on where it was, also after a power cut, and gives the same bytes on every computer.
    """
    from avatar.dataset.plan import Plan
    from avatar.dataset.pool import cores

    terminal, folder = terminal_of(context), out or places.data_folder(character)
    there = recordings if recordings.is_dir() else None
    plan = Plan(train=frames, test=test or max(1, frames // 10), seed=seed, recordings=there)
    told = f"{plan.train} + {plan.test} pictures of {character}, {side} x {side}, on {workers or cores()} cores"
    terminal.say(f"Drawing {told} into {folder}; Ctrl-C ends it, the same command goes on.")
    figures = _draw(
        terminal, folder, plan=plan, character=character, drawing="quick" if quick else "studio", side_px=side, workers=workers
    )
    if json_:
        terminal.print_json("avatar render", figures)
    else:
        _tell_drawn(terminal, figures)
    raise typer.Exit(130 if figures["interrupted"] else 0)


def _draw(terminal: Terminal, folder: Path, **settings: Any) -> dict[str, Any]:
    """Draw under a bar; return the figures, and whether a Ctrl-C broke it off."""
    from avatar.dataset.film import Progress
    from avatar.dataset.film import render as film

    asked: list[bool] = []
    with bar(terminal, "motions") as step, terminal.ctrl_c(is_running=lambda: True, stop=lambda: asked.append(True)):

        def heard(progress: Progress) -> None:
            step(progress.done, progress.wanted, progress.stage)

        figures = film(folder, **settings, on_progress=heard, is_stopped=lambda: bool(asked))
    return {**figures, "interrupted": bool(asked)}


def _tell_drawn(terminal: Terminal, figures: dict[str, Any]) -> None:
    for sentence in figures["left_out"]:
        terminal.say(sentence)
    count = figures["pictures"]
    told = f"{count['there']} of {count['wanted']} pictures lie in {figures['folder']}, {count['drawn']} drawn just now"
    terminal.out.print(f"{told}.", markup=False, soft_wrap=True)
    if not figures["interrupted"]:
        step = "" if figures["folder"] == str(places.data_folder(figures["character"])) else f" --data {figures['folder']}"
        terminal.say(f"Next: python run.py avatar train {figures['character']}{step}")


def train(
    context: typer.Context,
    character: Character,
    data: Data = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="RUN", help="Where the training lies.")] = None,
    device: Annotated[str | None, typer.Option(metavar="DEVICE", help="cpu or cuda. Default: cuda where there is one.")] = None,
    hours: Annotated[
        float | None, typer.Option(min=0.0, metavar="H", help="How long. Default: 8; resumed, what is left.")
    ] = None,
    size: Annotated[str, typer.Option(metavar="SIZE", help="S, M or L: how wide the network is.")] = "M",
    rival: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Train what ours is compared with: skeleton or pix2pix.")
    ] = None,
    is_resumed: Annotated[bool, typer.Option("--resume", help="Go on with the training that lies there.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Of a new training.")] = 0,
    perceptual: Annotated[float | None, typer.Option(min=0.0, metavar="W", help=_PERCEPTUAL)] = None,
    json_: Json = False,
) -> None:
    """Train a network on the drawn pictures. A night on two cores gives a good one, an hour on a graphics card a better one.

    For instance: [bold]python run.py avatar train mascot --hours 8[/]. While it runs, [bold]sheet.png[/] in its folder shows
    truth, painted and difference. Ctrl-C ends it with everything written; [bold]--resume[/] goes on, with more [bold]--hours[/]
    if given. On several graphics cards: [bold]torchrun --nproc-per-node 4 run.py avatar train mascot[/]. With
    [bold]--as[/] it trains a rival instead, on the same pictures; give it the hours that ours had.
    """
    terminal = terminal_of(context)
    _check(size, _SIZES, "--size")
    if rival is not None:
        _check(rival, _RIVALS, "--as")
    chosen = _device(need_torch(), device)
    wish = _Wish(data or places.data_folder(character), character, out, hours, size, seed, chosen, is_resumed, perceptual)
    if rival is not None:
        figures = _train_rival(terminal, rival, wish)
    else:
        figures = _train(terminal, wish, is_spoken=os.environ.get("RANK", "0") == "0")
    if json_ and figures:
        terminal.print_json("avatar train", figures)
    elif figures:
        terminal.out.print(f"Trained: {figures['run']}", markup=False, soft_wrap=True)
        if rival is None:
            terminal.say(f"Next: python run.py avatar export {figures['run']} --out mine.avatar")


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
    perceptual: float | None


def settings_of(wish: _Wish) -> "Settings":
    """Return the settings of a new training."""
    from avatar.training.settings import Settings, Weights

    weights = Weights() if wish.perceptual is None else Weights(perceptual=wish.perceptual)
    return Settings(size=wish.size, seed=wish.seed, weights=weights)


def _train(terminal: Terminal, wish: _Wish, *, is_spoken: bool) -> dict[str, Any]:
    """Train ours; return what came of it. Of processes that train together only the first one speaks."""
    from avatar.training.checkpoint import CHECKPOINT
    from avatar.training.loop import News
    from avatar.training.loop import train as train_ours
    from avatar.training.schedule import Budget

    folder = wish.out or places.run_folder(wish.character, wish.size)
    if wish.is_resumed and not (folder / CHECKPOINT).exists():
        raise UserError(f"{folder} holds no training that could be resumed; leave --resume away to begin one")
    motions, held_out, proxy = read_data(wish.data, wish.character)
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
        perceptual=wish.perceptual,
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
    return {"run": str(folder), "size": wish.size, "device": wish.device, **(asdict(last[0]) if last else {})}


def _train_rival(terminal: Terminal, name: str, wish: _Wish) -> dict[str, Any]:
    """Train a painter that ours is compared with, as ours is trained; return what came of it."""
    from avatar.training.baselines import train_baseline
    from avatar.training.course import Course
    from avatar.training.schedule import Budget

    folder = wish.out or places.baselines_folder(wish.character)
    if wish.is_resumed and not (folder / f"{name}.pt").exists():
        raise UserError(f"{folder} holds no training of {name} that could be resumed; leave --resume away to begin one")
    motions, held_out, proxy = read_data(wish.data, wish.character)
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
            last.update(step=course.step, progress=course.progress(), seconds=course.seconds)
            told = ", ".join(f"{key} {value:.4f}" for key, value in parts.items())
            step(course.seconds, course.seconds + course.left_s(step_s=0.0), f"{name}, step {course.step}, {told}")

        path = run(on_progress=heard)
    return {"run": str(path), "as": name, "size": wish.size, "device": wish.device, **last}


def _what(name: str, size: str) -> str:
    """Return a rival's name, with the size of the network that it shares with ours."""
    return f"{name} ({size})" if name == "skeleton" else name


def read_data(folder: Path, character: str) -> tuple[Any, Any, Any]:
    """Return the motions to learn from, those held out, and the proxy.

    Raises:
        UserError: there are no drawn pictures of this character.
    """
    from avatar.dataset.reader import Dataset
    from avatar.mascot import Level, build_mascot

    if not folder.is_dir():
        raise UserError(f"{folder} holds no drawn pictures; draw them with python run.py avatar render {character}")
    dataset = Dataset(folder)
    if dataset.character != character:
        raise UserError(f"{folder} holds pictures of {dataset.character}, not of {character}; name another folder by --data")
    motions, held_out = dataset.motions("train"), dataset.motions("test")
    if not any(len(motion.shown) for motion in motions):
        raise UserError(f"{folder} holds no pictures yet; go on with python run.py avatar render {character}")
    return motions, held_out, build_mascot(Level.PROXY)


def need_torch() -> Any:
    """Import PyTorch.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise UserError('torch is not installed, which training needs; pip install ".[train]", then try again') from error


def _device(torch: Any, wanted: str | None) -> str:
    """Return where to train."""
    has_cuda = bool(torch.cuda.is_available())
    if wanted is None:
        return "cuda" if has_cuda else "cpu"
    _check(wanted, ("cpu", "cuda"), "--device")
    if wanted == "cuda" and not has_cuda:
        raise UserError("--device cuda needs an NVIDIA card that torch can use, and it found none; leave it away for the CPU")
    return wanted


def _check(value: str, known: tuple[str, ...], flag: str) -> None:
    if value not in known:
        raise UserError(
            f"{flag} must be {', '.join(known[:-1])} or {known[-1]}, got {value}; see python run.py avatar train --help"
        )


def _start(motions: Any, held_out: Any, wish: _Wish, *, what: str, folder: Path) -> str:
    """Return the sentence that says what runs where."""
    import torch

    pictures, tests = (sum(len(motion.shown) for motion in part) for part in (motions, held_out))
    on = f"{torch.get_num_threads()} CPU threads" if wish.device == "cpu" else torch.cuda.get_device_name()
    learnt = f"{pictures} pictures of {len(motions)} motions in {wish.data} ({tests} of {len(held_out)} held out)"
    return f"Training {what} of {wish.character} on {on}, from {learnt}, into {folder}; Ctrl-C ends it, --resume goes on."
