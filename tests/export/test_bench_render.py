"""Tests of the drawing's benchmark: the figures are there; no time is asserted."""

from export.bench_render import bench_render


def test_the_renderer_is_timed_in_every_framing() -> None:
    """Each framing has its percentiles, and progress is told."""
    told = []
    figures = bench_render(width_px=128, height_px=128, frames=12, on_progress=lambda done, total: told.append((done, total)))
    assert set(figures["ms"]) == {"bust", "upper", "full"}
    assert all(times["p50"] > 0 for times in figures["ms"].values())
    assert told == [(1, 3), (2, 3), (3, 3)]
