"""No crash leaves memory on a disk."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKED = """
import ctypes, resource, sys
from trackers.core_files import forbid_core_files
forbid_core_files()
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3) if sys.platform == "linux" else 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows writes none of the whole memory")
def test_no_core_file_is_written() -> None:
    """The limit is nothing, and the process is marked as one whose memory is nobody's business."""
    done = subprocess.run([sys.executable, "-c", ASKED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["0", "0"]
