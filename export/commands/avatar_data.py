"""What the avatar commands share: flags, and the reading of what `avatar render` drew.

Owns these words. `avatar.dataset` reads; it is imported at use.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from avatar.neural.spec import PICTURE_PX
from trackers.errors import UserError
from trackers.optional import imported

Replace = Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there already.")]
Character = Annotated[str, typer.Argument(metavar="CHARACTER", help="A character made in code: mascot.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="FOLDER", help="Where [bold]avatar render[/] put its pictures.")]


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


def read_lessons(folder: Path, character: str) -> tuple[Any, Any, Any]:
    """Return the same as `read_data`, for a training, which takes pictures of one size only.

    Raises:
        UserError: there are no drawn pictures of this character, or they are of another size.
    """
    motions, held_out, proxy = read_data(folder, character)
    high, wide = motions[0].size_px
    if (high, wide) != (PICTURE_PX, PICTURE_PX):
        raise UserError(
            f"{folder} holds pictures of {wide} x {high}, training takes {PICTURE_PX} x {PICTURE_PX}; draw them with "
            f"python run.py avatar render {character} --out FOLDER"
        )
    return motions, held_out, proxy


def need_torch() -> Any:
    """Import PyTorch.

    Raises:
        UserError: it is not installed.
    """
    sentence = 'torch is not installed, which training needs; pip install ".[train]", then try again'
    return imported("torch", otherwise=sentence)
