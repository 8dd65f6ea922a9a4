"""The plan: splits by motion, styles held out, shares of framings, and what a part of the work holds."""

from collections import Counter
from pathlib import Path

import pytest

from avatar.dataset.plan import HELD_OUT_STYLES, LEAST_TEST_FRAMES, Plan, order_of_work, scenes_of, shown_frames


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder that has all recordings by name."""
    asl, bvh = ("again", "book", "brother", "hungry", "no", "yes", "thanks", "want"), ("jumping_jacks", "wave_hello", "dab")
    names = [f"asl/{n}.mkv" for n in asl] + [f"motion/ad_{n}.bvh" for n in bvh] + ["motion/cmu_12_01_walk.bvh"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("real", [True, False])
def test_no_motion_and_no_held_out_style_is_in_both_splits(recordings: Path, real: bool) -> None:
    """Training and testing share no motion and no recording; the held-out styles are in testing alone."""
    scenes, left_out = scenes_of(Plan(recordings=recordings if real else None))
    train, test = ([s for s in scenes if s.split == split] for split in ("train", "test"))
    assert len({s.name for s in scenes}) == len(scenes)
    assert not {s.recording for s in train if s.recording} & {s.recording for s in test}
    assert not {s.style for s in train} & set(HELD_OUT_STYLES)
    assert {s.style for s in test} >= (set(HELD_OUT_STYLES) if real else {"dance"})
    assert {s.style for s in train} <= {s.style for s in test} | {"act", "rest"}
    assert bool(left_out) is not real


@pytest.mark.parametrize("split", ["train", "test"])
def test_framings_have_their_shares(recordings: Path, split: str) -> None:
    """About half of the pictures are busts, a third the upper body, a seventh the whole."""
    pictures: Counter[str] = Counter()
    for scene in scenes_of(Plan(recordings=recordings))[0]:
        pictures[scene.framing] += scene.pictures if scene.split == split else 0
    shares = {framing: count / pictures.total() for framing, count in pictures.items()}
    assert shares == pytest.approx({"bust": 0.50, "upper": 0.35, "full": 0.15}, abs=0.04)


def test_numbers_of_pictures_are_as_wanted(recordings: Path) -> None:
    """Whatever is wanted comes out, and equal plans give equal scenes."""
    for train, test in ((1, 1), (30, 24), (333, 50), (4000, 400), (9001, 1000)):
        scenes, _ = scenes_of(Plan(train=train, test=test, recordings=recordings))
        assert sum(s.pictures for s in scenes if s.split == "train") == train
        assert sum(s.pictures for s in scenes if s.split == "test") == test
        assert scenes == scenes_of(Plan(train=train, test=test, recordings=recordings))[0]
    with pytest.raises(ValueError, match="at least one picture of each split"):
        Plan(train=0)


def test_missing_recordings_are_told_and_left_out(recordings: Path) -> None:
    """The set goes without a clip that is not there, and says which; without a tracker it goes without all clips."""
    (recordings / "asl" / "want.mkv").unlink()
    scenes, left_out = scenes_of(Plan(recordings=recordings))
    assert left_out == (f"{recordings} lacks asl/want.mkv, so what it would give is not in the set.",)
    assert {s.recording for s in scenes if s.style == "sign" and s.split == "test"} == {"asl/thanks.mkv"}
    untracked, _ = scenes_of(Plan(recordings=recordings, tracked_clips=False))
    assert {s.style for s in untracked if s.recording} == {"act", "dab"}


def test_test_frames_follow_one_another_and_training_frames_are_spread(recordings: Path) -> None:
    """Of a test motion at least 24 consecutive frames are photographed, of a training motion frames from all of it."""
    for scene in scenes_of(Plan(recordings=recordings))[0]:
        frames = shown_frames(scene, frames=210, seed=1)
        assert len(frames) == scene.pictures
        if scene.split == "test":
            assert len(frames) >= LEAST_TEST_FRAMES
            assert frames == list(range(frames[0], frames[0] + len(frames)))
        else:
            assert frames == sorted(set(frames))
            assert frames[0] < 30
            assert frames[-1] > 180
    assert shown_frames(scenes_of(Plan())[0][-1], frames=12, seed=1) == list(range(6, 12))


def test_any_beginning_of_the_work_is_balanced(recordings: Path) -> None:
    """After any tenth of the work the splits have their shares, all motions had their turn, and test frames are consecutive."""
    plan = Plan(train=1000, test=100, recordings=recordings)
    scenes, _ = scenes_of(plan)
    shown = {s.name: shown_frames(s, frames=210, seed=1) for s in scenes}
    train, test = ([(s.name, shown[s.name]) for s in scenes if s.split == split] for split in ("train", "test"))
    work = order_of_work(train, test)
    assert len(set(work)) == len(work) == 1100
    tests = {name for name, _ in test}
    for share in range(1, 11):
        part = work[: share * 110]
        counts = Counter(name for name, _ in part if name not in tests)
        assert sum(name in tests for name, _ in part) == pytest.approx(10 * share, abs=1)
        assert max(counts.values()) - min(counts.get(name, 0) for name, _ in train) <= 1
    drawn = [frame for name, frame in work if name == test[0][0]]
    assert drawn == sorted(drawn)
