"""What a run without a clock says of itself."""

from types import SimpleNamespace
from typing import Any

from stream.events import EventLog
from stream.metrics import Metrics
from stream.offline import OfflineRun
from stream.sources import SourceSettings, open_source
from stream.worker import Stop
from trackers.types import Tracking


def test_it_opens_runs_and_ends() -> None:
    """Its state is that of the source, as live."""
    states, stop = [], Stop()
    parts: dict[str, Any] = {
        "painter": SimpleNamespace(paint=lambda _: None),
        "sinks": [],
        "output_fps": 1,
        "events": EventLog(),
        "metrics": Metrics(),
    }
    source: Any = open_source("demo", SourceSettings(paced=False))
    run: OfflineRun[Tracking] = OfflineRun(source, perceive=lambda _: None, stop=stop, **parts)
    assert run.state == "opening"
    with run:
        run.run(seconds=None, on_tick=lambda: states.append(run.state))
    assert set(states) == {"running"}
    assert run.state == "ended"
