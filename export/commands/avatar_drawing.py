"""`run.py avatar render`: a character made in code, photographed in many motions.

Owns the words and flags, and what is said while it works. `avatar.dataset` draws; it is imported at use.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from avatar.neural.spec import PICTURE_PX
from export.commands import places
from export.commands.avatar_data import Character
from export.commands.terminal import Json, Terminal, bar, terminal_of

_SIDE: Final = f"Width and height of a picture; training takes {PICTURE_PX}."


def render(
    context: typer.Context,
    character: Character,
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Where to; else a folder of the cache.")] = None,
    frames: Annotated[int, typer.Option(min=1, metavar="N", help="Pictures to learn from.")] = 4000,
    test: Annotated[int | None, typer.Option(min=1, metavar="N", help="Pictures to test with. Default: a tenth.")] = None,
    side: Annotated[int, typer.Option(min=64, max=2048, metavar="PX", help=_SIDE)] = PICTURE_PX,
    workers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Processes. Default: one a core.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another one gives other motions.")] = 1,
    recordings: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Recorded motions and clips that are drawn too, if it is there.")
    ] = places.RECORDINGS,
    quick: Annotated[bool, typer.Option("--quick", help="Draw without the studio's care, to look at the motions.")] = False,
    json_: Json = False,
) -> None:
    """Draw the pictures that an avatar learns from: the character in many motions, with great care.

    For instance: [bold]python run.py avatar render mascot --frames 400[/]. It takes about a third of a second a picture and
    core. Ctrl-C ends it; the same command goes on where it was, also after a power cut, and gives the same bytes again on the
    same computer.
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
    if not figures["interrupted"] and figures["side_px"] == PICTURE_PX:
        step = "" if figures["folder"] == str(places.data_folder(figures["character"])) else f" --data {figures['folder']}"
        terminal.say(f"Next: python run.py avatar train {figures['character']}{step}")
