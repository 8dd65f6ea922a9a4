"""`run.py avatar`: the avatars of this computer, and everything from a drawn data set to a package.

Owns the words and flags. What does the work is `avatar.package`, `avatar.dataset`, `avatar.training` and the rest of `export`,
imported at use, so that the command line starts without torch.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from export.commands import avatar_drawing, avatar_engines, avatar_giving, avatar_training
from export.commands.avatar_data import Replace
from export.commands.terminal import Json, terminal_of

app = typer.Typer(
    help=(
        "The avatars of this computer: list, show, import and export them; render, train and evaluate the built-in one.\n\n"
        "From nothing to an avatar of your own: [bold]avatar render mascot[/], [bold]avatar train mascot[/], "
        "[bold]avatar export RUN --name mine --out mine.avatar[/], [bold]avatar import mine.avatar[/]."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="An avatar's name, or the path of its file or folder.")]

app.command()(avatar_drawing.render)
app.command()(avatar_training.train)
app.command("eval")(avatar_giving.evaluate)


@app.command("list")
def list_(context: typer.Context, json_: Json = False) -> None:
    """List the avatars of this computer. For instance: [bold]python run.py avatar list[/]"""
    from avatar.package.library import Library
    from export.commands import avatar_view

    terminal, library = terminal_of(context), Library()
    entries = library.entries()
    if json_:
        terminal.print_json("avatar list", {"folder": str(library.folder), "avatars": [_row(entry) for entry in entries]})
    else:
        avatar_view.show_list(terminal.out, entries, folder=library.folder)


def _row(entry: Any) -> dict[str, Any]:
    manifest = entry.manifest
    row: dict[str, Any] = {"name": entry.name, "path": str(entry.path), "built_in": entry.is_built_in, "bytes": entry.bytes}
    if manifest is None:
        return row | {"problem": entry.problem}
    about = manifest.about.model_dump(mode="json", exclude={"name"})
    networks = [{"size": network.size, "precision": network.precision} for network in manifest.networks]
    row |= about | {"networks": networks, "evaluation": manifest.evaluation}
    return row


@app.command()
def show(context: typer.Context, name: Name, json_: Json = False) -> None:
    """Check an avatar from the first byte to the last, and show what it says of itself.

    For instance: [bold]python run.py avatar show mascot[/], or of a file that somebody sent: [bold]avatar show their.avatar[/]
    """
    from avatar.package.library import Library
    from export.commands import avatar_view

    terminal, package = terminal_of(context), Library().load(name)
    if json_:
        manifest = package.manifest.model_dump(mode="json")
        terminal.print_json("avatar show", {"path": str(package.path), "bytes": package.bytes, "manifest": manifest})
    else:
        avatar_view.show_package(terminal.out, package)


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An avatar's file or folder.")],
    is_replacing: Replace = False,
    json_: Json = False,
) -> None:
    """Copy an avatar into the library, after every check. For instance: [bold]python run.py avatar import their.avatar[/]"""
    from avatar.package.library import Library

    terminal = terminal_of(context)
    entry = Library().keep(file, is_replacing=is_replacing)
    if json_:
        terminal.print_json("avatar import", _row(entry))
    else:
        terminal.out.print(f"{entry.name} is in the library: {entry.path}", markup=False, soft_wrap=True)


app.command()(avatar_giving.export)
app.command()(avatar_engines.engines)
