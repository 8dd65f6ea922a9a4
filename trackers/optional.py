"""Packages that an extra brings: imported at use, and asked for in a sentence where they are missing.

Owns that import. Knows nothing of which package brings what.
"""

import importlib
import importlib.util
from typing import Any

from trackers.errors import UserError, first_line


def is_installed(module: str) -> bool:
    """Tell whether there is a module of that name, a package's own; it is not imported, which may take a second."""
    return importlib.util.find_spec(module) is not None


def check_installed(module: str, *, otherwise: str) -> None:
    """Make sure that a module is there, before it is wanted.

    Args:
        otherwise: the sentence for whoever lacks it: what for, and how to get it.

    Raises:
        UserError: it is not installed.
    """
    if not is_installed(module):
        raise UserError(otherwise)


def imported(module: str, *, otherwise: str) -> Any:
    """Return a module that may not be installed.

    Args:
        otherwise: as of `check_installed`.

    Raises:
        UserError: it is not installed, or lacks something itself.
    """
    check_installed(module, otherwise=otherwise)
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(f"{module} is installed but does not start ({first_line(error)}); install it again") from error
