"""Lets these tests use the made-up people of the tests of gestures."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "trackers" / "gestures"))
