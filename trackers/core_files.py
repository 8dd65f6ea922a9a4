"""No crash may leave the camera's picture on a disk: a core file holds all memory. Owns asking the system for that."""

import contextlib
import ctypes
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def forbid_core_files() -> None:
    """Ask that no core file be written of this process from now on; nothing where the system writes none of the whole memory.

    A limit is not enough on Linux: a program that catches cores, such as systemd-coredump, is given them whatever it is.
    """
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # children may want theirs
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
