"""`run.py avatar export` and `eval`: an avatar, or a training, to one file; and how good it is.

Owns the words and flags. `avatar.package` reads and writes, `export.packing` makes a package of a training,
`avatar.training.evaluation` judges; all are imported at use.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from export.commands import places
from export.commands.avatar_data import Data, Replace, need_torch, read_data
from export.commands.terminal import Json, Terminal, bar, terminal_of
from export.commands.trainings import is_run, other_sizes, trainings_at
from trackers.errors import UserError
from trackers.whole_files import check_writable, told_if_not_written

Subject = Annotated[str, typer.Argument(metavar="NAME_OR_RUN", help="An avatar's name or file, or the folder of a training.")]
_WITH: Final = (
    "Of a training: another size, trained [bold]--beside[/] it; or the avatar that it was trained beside, for its other sizes. "
    "Repeat it."
)
Others = Annotated[list[str] | None, typer.Option("--with", metavar="RUN_OR_AVATAR", help=_WITH)]
_PRECISIONS: Final = ("fp32", "int8", "fp16")
_MASCOT: Final = {
    "name": "mascot",
    "title": "Fennel",
    "author": "The Posecast project",
    "licence": "MIT",
    "description": "A small fox spirit in a hooded jacket.",
}


def export(
    context: typer.Context,
    subject: Subject,
    to: Annotated[Path, typer.Option("--out", metavar="FILE.avatar", help="The file to write; without .avatar, a folder.")],
    is_replacing: Replace = False,
    name: Annotated[str | None, typer.Option(help="Of a training: what commands will call the avatar.")] = None,
    title: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    author: Annotated[str | None, typer.Option(help="Who made it.")] = None,
    licence: Annotated[str | None, typer.Option(help="Under which licence, for instance CC-BY-4.0.")] = None,
    description: Annotated[str | None, typer.Option(help="One line about it.")] = None,
    precision: Annotated[
        list[str] | None, typer.Option(metavar="WHAT", help="int8 or fp16 besides fp32. Default: both. Repeat it.")
    ] = None,
    others: Others = None,
    data: Data = None,
    json_: Json = False,
) -> None:
    """Write an avatar into one file that can be given away; of a training, make a package first.

    For instance: [bold]python run.py avatar export mascot --out fennel.avatar[/], or of a training
    [bold]avatar export RUN --name mine --author Me --out mine.avatar[/]. What is written was read back and checked.
    """
    from avatar.package.library import Library
    from avatar.package.writer import check_place, save_members, write_package
    from export.parity import table

    terminal = terminal_of(context)
    check_place(to, is_replacing=is_replacing)
    given = {"name": name, "title": title, "author": author, "licence": licence, "description": description}
    told = {key: value for key, value in given.items() if value is not None}
    if is_run(subject):
        packed = _packed(terminal, (subject, *(others or ())), told, precisions=_precisions(precision), data=data)
        terminal.say(table(packed.parity))
        package = write_package(packed.parts, packed.metadata, out=to, is_replacing=is_replacing)
    else:
        if told or precision or others:
            raise UserError(f"{subject} is packed already and keeps its papers; name the folder of a training to set others")
        package = Library().load(subject)
        save_members(package.members, out=to, is_replacing=is_replacing)
    if json_:
        figures = {"name": package.manifest.about.name, "path": str(to), "bytes": _bytes_at(to)}
        terminal.print_json("avatar export", figures | {"parts": {key: len(value) for key, value in package.members.items()}})
    else:
        terminal.out.print(f"{to}: {_bytes_at(to) / 1e6:.1f} MB", markup=False, soft_wrap=True)


def _bytes_at(path: Path) -> int:
    """Return the size of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())


def _packed(
    terminal: Terminal, runs: tuple[str, ...], told: dict[str, str], *, precisions: tuple[str, ...], data: Path | None
) -> Any:
    """Return the parts and metadata of a training, and of those of other sizes beside it."""
    need_torch()
    from pydantic import ValidationError

    from avatar.package.manifest import About
    from export.packing import pack

    try:
        about = About(**_MASCOT | told)
    except ValidationError as error:
        flag, reason = str(error.errors()[0]["loc"][0]), error.errors()[0]["msg"].lower()
        sentence = f"--{flag} must be what a package can hold, got {told.get(flag)!r} ({reason})"
        raise UserError(f"{sentence}; a name has small letters, digits, - and _, other words stand on one line") from error
    (trained,) = trainings_at(runs[0])
    others = other_sizes(trained, runs[1:])
    motions, _, proxy = read_data(data or places.data_folder("mascot"), "mascot")
    sizes = " and ".join(one.size for one in (trained, *others))
    terminal.say(f"Packing {', '.join(runs)}: network {sizes} in {', '.join(precisions)}.")
    with bar(terminal, "packing") as step:
        return pack(trained, motions, proxy, about=about, beside=others, precisions=precisions, on_step=step)


def _precisions(wanted: list[str] | None) -> tuple[str, ...]:
    for one in wanted or ():
        if one not in _PRECISIONS:
            raise UserError(f"--precision must be fp32, int8 or fp16, got {one}; leave it away for all")
    return tuple(one for one in _PRECISIONS if wanted is None or one in wanted or one == "fp32")


def evaluate(
    context: typer.Context,
    subject: Subject,
    data: Data = None,
    frames: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="How many held-out frames, spread over all motions. A third is also compared with the frame after it, "
            "a quarter by VGG16, and one pose for every 24 trembles. Default: 96; 6 for a quick look.",
        ),
    ] = None,
    baselines: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where [bold]avatar train --as[/] put its rivals, if it did.")
    ] = None,
    size: Annotated[str | None, typer.Option(metavar="SIZE", help="S, M or L. Default: the largest that it has.")] = None,
    precision: Annotated[str | None, typer.Option(metavar="WHAT", help="Default: what a CPU takes live.")] = None,
    sheet: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw truth and painters side by side.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Write the figures into the avatar's package.")] = False,
    json_: Json = False,
) -> None:
    """Measure an avatar on motions that it has never seen, beside other ways to draw it.

    For instance: [bold]python run.py avatar eval mascot --frames 24 --sheet sheet.png[/]. It needs pictures of
    [bold]avatar render[/] to hold it against, and PyTorch for LPIPS. Ctrl-C ends it without a result.
    """
    terminal = terminal_of(context)
    if sheet is not None:
        check_writable(sheet, flag="--sheet")
    if keep and is_run(subject):
        raise UserError(f"--keep writes into a package, and {subject} is a training; export it first, then evaluate the avatar")
    need_torch()
    from avatar.package.library import Library

    package = None if is_run(subject) else Library().load(subject)
    folder, found = data or places.data_folder("mascot"), baselines or places.baselines_folder("mascot")
    rivals = found if baselines is not None or found.is_dir() else None
    wanted = {"baselines": rivals, "size": size, "precision": precision, "with_sheet": sheet is not None}
    result = _evaluated(terminal, subject, package, folder, frames=frames, wanted=wanted)
    if sheet is not None and result.sheet is not None:
        _write_sheet(sheet, result.sheet)
    if keep and package is not None:
        _keep(package, result.figures)
    _tell(terminal, result.figures, json_=json_)


def _evaluated(
    terminal: Terminal, subject: str, package: Any, folder: Path, *, frames: int | None, wanted: dict[str, Any]
) -> Any:
    """Evaluate under a bar."""
    from avatar.dataset.reader import Dataset
    from avatar.training import evaluation

    read_data(folder, "mascot")
    count = frames or evaluation.FRAMES
    terminal.say(f"Evaluating {subject} on {count} frames of {folder}, with torch and ONNX Runtime on one CPU thread each.")
    with bar(terminal, "frames") as step:
        parts = package.parts if package is not None else trainings_at(subject)[0]
        return evaluation.evaluate(parts, Dataset(folder), frames=count, **wanted, on_progress=step)


def _write_sheet(path: Path, sheet: Any) -> None:
    import cv2

    done, data = cv2.imencode(".png", sheet[..., ::-1])
    if not done:
        raise UserError(f"{path} could not be packed as PNG; choose another --sheet")
    with told_if_not_written(path, flag="--sheet"):
        path.write_bytes(data.tobytes())


def _keep(package: Any, figures: dict[str, Any]) -> None:
    from avatar.package.writer import save_members, with_evaluation

    before = package.evaluation if isinstance(package.evaluation, dict) else {}
    parity = {key: before[key] for key in ("parity",) if key in before}  # told when it was exported
    save_members(with_evaluation(package, figures | parity), out=package.path, is_replacing=True)


def _tell(terminal: Terminal, figures: dict[str, Any], *, json_: bool) -> None:
    from export.commands import avatar_view

    if json_:
        terminal.print_json("avatar eval", figures)
    else:
        avatar_view.show_evaluation(terminal.out, figures)
