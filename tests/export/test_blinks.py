"""Tests of how deep blinks are shown: known lids give known blinks and shares."""

import io

import numpy as np
import pytest
from rich.console import Console

from export.blinks import blinks, compare_blinks, shown_share
from export.commands.bench_view import show_smoothing
from export.steadiness import RATE_HZ

TIMES_S = np.arange(2 * RATE_HZ) / RATE_HZ


def lids(*, at_s: float = 1.0, lasts_s: float = 0.1, depth: float = 80.0, rest: float = 5.0) -> np.ndarray:
    """Return (T,): the lids fall and rise straight, and are more than half way down for `lasts_s`."""
    return rest + depth * np.clip(1.0 - np.abs(TIMES_S - at_s) / lasts_s, 0.0, None)


def test_a_blink_is_found_where_it_is_and_as_long_as_it_is() -> None:
    """Its lowest moment, its depth beyond the rest, and its length at half of that."""
    (blink,) = blinks(lids())
    assert blink.at == RATE_HZ
    assert blink.rest == pytest.approx(5.0)
    assert blink.depth == pytest.approx(80.0)
    assert blink.lasts_s == pytest.approx(0.1, abs=1.01 / RATE_HZ)


@pytest.mark.parametrize(
    "signal",
    [
        lids(depth=20.0),
        lids(lasts_s=0.4),
        np.where(TIMES_S < 1.0, 5.0, 60.0),
        np.where(np.abs(TIMES_S - 1.1) < 0.02, np.nan, lids()),
        lids(at_s=0.05),
        np.full(len(TIMES_S), np.nan),
    ],
    ids=["a glance down", "eyes shut for long", "eyes shut for good", "face lost", "begun before the clip", "no face"],
)
def test_what_is_no_blink(signal: np.ndarray) -> None:
    """Lids fall for other reasons, too, and what was not seen whole is not judged."""
    assert blinks(signal) == []


def test_two_blinks_are_two() -> None:
    """Half a second apart."""
    both = lids(at_s=0.6) + lids(at_s=1.1) - 5.0
    assert [blink.at for blink in blinks(both)] == [round(0.6 * RATE_HZ), round(1.1 * RATE_HZ)]


@pytest.mark.parametrize(("share", "late_s"), [(1.0, 0.0), (0.8, 0.1), (1.25, 0.15), (0.0, 0.0)])
def test_the_share_is_that_of_the_depth_wherever_it_is_shown(share: float, late_s: float) -> None:
    """A rest is none of it, and a blink that is shown later is still that blink."""
    (blink,) = blinks(lids())
    assert shown_share(lids(at_s=1.0 + late_s, depth=80.0 * share), blink) == pytest.approx(share, abs=0.01)


def test_what_was_not_shown_throughout_has_no_share() -> None:
    """A face lost on the way is another matter."""
    (blink,) = blinks(lids())
    assert shown_share(np.where(TIMES_S > 1.1, np.nan, lids()), blink) is None


def test_blinks_of_several_clips_are_told_together() -> None:
    """Least, median and most of each way; one that lost the face counts less of them."""
    dim, lost = lids(depth=64.0), np.full(len(TIMES_S), np.nan)
    told = compare_blinks([(lids(), {"ours": lids(), "theirs": lost}), (lids(), {"ours": dim, "theirs": dim})])
    assert len(told["lasts_ms"]) == 2
    assert told["depth_shown"]["ours"] == {"count": 2, "least": 0.8, "median": 0.9, "most": 1.0}
    assert told["depth_shown"]["theirs"]["count"] == 1
    assert compare_blinks([(lids(depth=0.0), {"ours": lids()})]) == {"lasts_ms": [], "depth_shown": {}}


def test_what_the_terminal_says_of_them() -> None:
    """One blink has one share, several have three."""
    once = compare_blinks([(lids(), {"ours": lids()})])
    twice = compare_blinks([(lids(), {"ours": lids()}), (lids(), {"ours": lids(depth=64.0)})])
    for told, words in (
        (once, "1 blink, ours: shown to 100 % of its depth\n"),
        (twice, "2 blinks, ours: shown to 80 to 100 % of their depth, median 90 %\n"),
    ):
        screen = Console(file=io.StringIO(), width=100)
        show_smoothing(
            screen,
            {"tracking": "accurate", "groups": {}, "keypoints": {}, "blinks": told, "arrival_ms": 45.0, "delay_ms": 41.7},
        )
        assert words in screen.file.getvalue()  # type: ignore[attr-defined]
