"""`run.py avatar engines`: an avatar's networks built ahead for NVIDIA's cards.

Owns the words and flags; `export.to_tensorrt` builds, imported at use.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from export.commands.terminal import Json, bar, terminal_of
from trackers.errors import UserError

if TYPE_CHECKING:
    from export.to_tensorrt import Engine


def engines(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An avatar's name, or the path of its file or folder.")
    ] = "mascot",
    card: Annotated[
        list[str] | None,
        typer.Option(metavar="SM", help="SM75 (RTX 20), SM86 (30), SM89 (40), SM120 (50). Default: all in one. Repeat it."),
    ] = None,
    size: Annotated[
        list[str] | None, typer.Option(metavar="WxH", help="Size of the picture. Default: those it was trained on. Repeat it.")
    ] = None,
    json_: Json = False,
) -> None:
    """Build an avatar's engines for TensorRT for RTX, also on a computer without a card.

    For instance: [bold]python run.py avatar engines mascot --card SM86[/]. What was built before and is whole is kept.
    """
    from avatar.neural.engine_cache import EngineCache
    from avatar.neural.tensorrt_library import library
    from avatar.package.library import Library
    from export.to_tensorrt import engines_of

    terminal, package, cache, using = terminal_of(context), Library().load(name), EngineCache(), library()
    sizes_px = [_size(text) for text in size] if size else [(w, h) for w, h in package.manifest.picture_sizes_px]
    cards = [(one,) for one in card] if card else [using.cards or ("CURRENT",)]
    with bar(terminal, "engines") as step:
        found = engines_of(package.parts.networks, sizes_px=sizes_px, card_sets=cards, cache=cache, on_step=step)
    if json_:
        figures = {
            "library": using.name,
            "version": using.version,
            "cards": list(using.cards),
            "engines": [_row(*each) for each in found],
        }
        terminal.print_json("avatar engines", figures)
        return
    table = Table("network", "picture", "cards", "MB", "", title=f"{using.name} {using.version}", title_justify="left")
    for network, engine in found:
        picture, is_new = f"{engine.key.width_px} x {engine.key.height_px}", "built" if engine.built else "was there"
        table.add_row(network, picture, engine.key.card.replace("+", " "), f"{engine.size_bytes / 1e6:.1f}", is_new)
    terminal.out.print(table)
    terminal.out.print(f"They lie in {cache.folder}; live finds them there by itself.", markup=False, soft_wrap=True)


def _row(network: str, engine: "Engine") -> dict[str, Any]:
    """Return what a script wants to know of an engine."""
    return {
        "network": network,
        "width_px": engine.key.width_px,
        "height_px": engine.key.height_px,
        "card": engine.key.card,
        "bytes": engine.size_bytes,
        "built": engine.built,
        "path": str(engine.path),
    }


def _size(text: str) -> tuple[int, int]:
    """Return width and height of `512x512`."""
    wide, _, high = text.partition("x")
    if not (wide.isdigit() and high.isdigit()) or int(wide) % 64 or int(high) % 64 or not int(wide) * int(high):
        raise UserError(f"--size must be a width and height in multiples of 64, got {text}; try 512x512")
    return int(wide), int(high)
