"""Finished trainings by where they lie: the folder of one, or an avatar's package.

Owns telling the two apart, and which size of a package a new training begins beside. Knows nothing of what is done with them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.neural.spec import SIZES

if TYPE_CHECKING:
    from avatar.training.checkpoint import Trained


def is_run(subject: str) -> bool:
    """Tell whether it is the folder or the checkpoint of a training."""
    path = Path(subject)
    return path.suffix == ".pt" or (path / "checkpoint.pt").is_file()


def trainings_at(subject: str) -> tuple["Trained", ...]:
    """Return the training in a folder, or those of all sizes of an avatar, the narrowest first.

    Raises:
        UserError: there is none, or no training can go on from it.
    """
    from avatar.package.library import Library
    from avatar.training.checkpoint import load_trained
    from export.unpacking import trainings_of

    # A folder that is no package is meant for a training: its own error names what is missing in it.
    if is_run(subject) or (Path(subject).is_dir() and not (Path(subject) / "manifest.json").is_file()):
        return (load_trained(Path(subject)),)
    return trainings_of(Library().load(subject))


def beginning_of(subject: str, size: str) -> "Trained":
    """Return what a training of `size` begins beside: the widest that is not wider, for that is the most it can begin as."""
    from avatar.training.growing import is_wider

    trainings = trainings_at(subject)
    fitting = [one for one in trainings if is_wider(SIZES[size], than=one.network.size)]
    return fitting[-1] if fitting else trainings[0]


def other_sizes(first: "Trained", subjects: Sequence[str]) -> tuple["Trained", ...]:
    """Return the trainings at `subjects`; of an avatar's only those of sizes that no one before has."""
    found = [first]
    for subject in subjects:
        known = () if is_run(subject) else [one.size for one in found]
        found += [one for one in trainings_at(subject) if one.size not in known]
    return tuple(found[1:])
