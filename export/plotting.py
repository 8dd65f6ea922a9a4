"""What the drawings of the benchmarks share: the colours, the look of a panel, and the file that is written.

Owns these. matplotlib is optional and imported at use. Knows nothing of what is drawn.
"""

import textwrap
from pathlib import Path
from typing import Any, Final

from trackers.errors import UserError
from trackers.optional import check_installed
from trackers.whole_files import check_writable, told_if_not_written

COLOURS: Final = ("#0072B2", "#E69F00", "#009E73")
"""Of the first, second and third thing drawn; told apart by every kind of colour blindness. Source: Okabe and Ito, "Color
Universal Design", 2008."""

_LINE: Final = 105
"""Letters that fit above all panels."""


def check(path: Path) -> None:
    """Make sure that a picture can be drawn and written, before minutes are spent on measuring.

    Raises:
        UserError: matplotlib is missing, the folder does not exist or cannot be written to, or the name is not that of a PNG.
    """
    step = 'run `pip install ".[plot]"`, or leave --plot away'
    check_installed("matplotlib", otherwise=f"--plot needs the package matplotlib, which is not installed; {step}")
    if path.suffix.lower() != ".png":
        raise UserError(f"--plot must name a .png file, got {path}; try --plot tracker.png")
    check_writable(path, flag="--plot")


def save(figure: Any, path: Path) -> None:
    """Write the figure as a PNG.

    Raises:
        UserError: the disk does not take it.
    """
    with told_if_not_written(path, flag="--plot"):
        figure.savefig(path, dpi=130)


def head_line(figure: Any, words: str) -> None:
    """Say above all panels what they show."""
    figure.suptitle(textwrap.fill(words, _LINE), fontsize=12.5, fontweight="bold", x=0.01, ha="left")


def plain(axes: Any) -> None:
    """Leave only what carries meaning: light lines across, no frame."""
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
