"""The sink that keeps nothing."""

import numpy as np

from avatar.types import Rendered
from stream.sinks.null import NullSink
from trackers.types import Stamp


def test_it_runs_and_takes_everything() -> None:
    """Status is running, nothing is repeated, sending does nothing."""
    with NullSink() as sink:
        sink.send(Rendered(np.zeros((2, 2, 4), np.uint8), Stamp(0, 0)))
        assert sink.status
        assert not sink.repeats
