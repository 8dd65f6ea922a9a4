"""What several tests of exporting share: one network of size S, its fp32 file, and examples. Tracing takes seconds, so once."""

import sys
from pathlib import Path

import pytest
from exported_network import SIDE_PX, Exported, loud_network

from export.painting import random_examples
from export.to_onnx import export_network


@pytest.fixture(scope="session")
def exported() -> Exported:
    """Size S, traced at 128 x 128."""
    network = loud_network("S")
    data = export_network(network, "S", height_px=128, width_px=128)
    return Exported(network, data, random_examples(3, width_px=SIDE_PX, height_px=SIDE_PX))


for helpers in ("package", "training"):  # made-up avatars and motions of other rooms' tests
    sys.path.append(str(Path(__file__).parents[1] / "avatar" / helpers))
