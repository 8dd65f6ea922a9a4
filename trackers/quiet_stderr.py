"""What native libraries print by themselves, kept off the terminal.

Owns standard error for as long as it is kept quiet, of the whole process: no switch of theirs does it. Knows nothing of
who prints.
"""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Let what is written to standard error go nowhere, for the moment in which an inference runtime loads a model."""
    try:
        kept = os.dup(2)
    except OSError:  # there is none: a program without a terminal
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
