"""Packages that an extra brings: imported at use, and asked for in a sentence where they are missing.

Owns that import. Knows nothing of which package brings what.
"""

import importlib
from typing import Any

from trackers.errors import UserError


def imported(module: str, *, otherwise: str) -> Any:
    """Return a module that may not be installed.

    Args:
        otherwise: the sentence for whoever lacks it: what for, and how to get it.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(otherwise) from error
