"""What counts as found and as wrong on labelled rows."""

from export.gesture_datasets import Row
from export.gesture_rows import score_rows
from trackers.gestures.types import Look, Reading, Spec
from trackers.types import Stamp, Tracking

SPEC = Spec("left_ok", "", ("left_hand",), enter=0.7)


class Sure:
    """A detector that is as sure as the row's index says, in tenths."""

    names = ("left_ok",)

    def push(self, look: Look) -> dict[str, Reading]:
        """Return the reading."""
        return {"left_ok": Reading(look.tracking.stamp.seq / 10)}

    def reset(self) -> None:
        """Nothing to forget."""


def row(sureness: int, label: str, side: str = "left") -> Row:
    """Return a row of which the detector is so sure."""
    return Row(sureness, label, side, Tracking(Stamp(sureness, 0), 10, 10, None, None, None, None))  # type: ignore[arg-type]


def test_a_row_is_found_wrong_missed_or_ignored() -> None:
    """Told from `enter` on; the other hand's rows and ignored classes count for nothing."""
    rows = [row(7, "Ok"), row(6, "Ok"), row(9, "Fist"), row(6, "Fist"), row(9, "Nine"), row(9, "Ok", "right")]
    score = score_rows(rows, Sure(), (SPEC,), {"left_ok": ("Ok",)}, {"left_ok": ("Nine",)})["left_ok"]
    assert (score.made, score.found, score.wrong) == (2, 1, 1)
