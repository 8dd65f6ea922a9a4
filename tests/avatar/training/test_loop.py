"""A training from end to end, tiny: it learns, writes what it should, goes on exactly after a stop, and tells its errors."""

import dataclasses
import json
import signal
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from small_motions import proxy_character, small_motions

from avatar.training import diary, trainer
from avatar.training.checkpoint import CHECKPOINT, load_trained, read_checkpoint, size_of
from avatar.training.loop import RECIPE, SHEET, News, Pace, train
from avatar.training.schedule import Budget
from avatar.training.settings import Settings, Stage, Weights
from trackers.errors import UserError

TINY = Settings(
    size="S", seed=3, stages=(Stage(0.5, 64, 4, 2), Stage(1.0, 128, 2, 1)), weights=Weights(perceptual=0.0), small_share=0.3
)
WINDOW = (0, 0, 128, 96)


def run(folder: Path, budget: Budget | None, **more: object) -> Path:
    """Train on the small motions."""
    pace = Pace(log_s=0.0, save_s=1000.0, look_s=1000.0, pictures=2)
    wanted: dict[str, object] = {"settings": TINY, "window": WINDOW, "pace": pace} | more
    motions = small_motions()
    return train(motions, motions[:1], proxy_character(), folder, budget=budget, **wanted)  # type: ignore[arg-type]


def losses(folder: Path) -> list[float]:
    """The loss of each step, from the log."""
    return [line["loss"]["all"] for line in diary.read_lines(folder / diary.LOG) if "loss" in line]


def test_a_training_learns_and_writes_what_it_should(tmp_path: Path) -> None:
    """The loss falls, the average's picture beats the proxy's, and checkpoint, recipe, log and sheet lie there."""
    news: list[News] = []
    settings = dataclasses.replace(TINY, stages=(Stage(1.0, 64, 4, 2),), ema=0.9)
    path = run(tmp_path / "t", Budget(steps=30), settings=settings, on_news=news.append)
    found = losses(tmp_path / "t")
    assert len(found) == 30
    assert np.mean(found[-10:]) < 0.8 * np.mean(found[:5])
    assert news[-1].progress == 1
    assert news[-1].left_s == 0
    assert news[-1].psnr_db is not None
    assert news[-1].psnr_db > news[-1].coarse_psnr_db + 0.5
    recipe = json.loads((tmp_path / "t" / RECIPE).read_text())
    assert Settings.from_json(recipe["settings"]) == settings
    assert recipe["data"]["pictures"] == 12
    assert recipe["versions"]["torch"] == torch.__version__
    sheet = cv2.imread(str(tmp_path / "t" / SHEET))
    assert sheet is not None
    assert sheet.shape == (2 * 320, 4 * 320, 3)
    trained = load_trained(path)
    assert (trained.size, trained.window) == ("S", WINDOW)
    assert trained.features.shape == (256, 256, 8)
    assert trained.deltas.shape == (16, 96, 128, 8)
    assert trained.mix.shape == (16, 52)
    assert np.abs(trained.deltas).max() > 0
    assert not trained.network.training
    assert not any(parameter.requires_grad for parameter in trained.network.parameters())


def test_a_stopped_training_goes_on_exactly(tmp_path: Path) -> None:
    """Stopped after a few steps and taken up again, it does what an unbroken one does, to the last bit."""
    run(tmp_path / "whole", Budget(steps=6))

    def stop_at_three(news: News) -> None:
        if news.step == 3:
            signal.raise_signal(signal.SIGTERM)

    run(tmp_path / "broken", Budget(steps=6), on_news=stop_at_three)
    assert len(losses(tmp_path / "broken")) < 6
    run(tmp_path / "broken", None, resume=True)
    assert losses(tmp_path / "broken") == losses(tmp_path / "whole")
    whole, broken = (read_checkpoint(tmp_path / name / CHECKPOINT) for name in ("whole", "broken"))
    for part in ("painter", "average"):
        assert all(torch.equal(whole[part][name], broken[part][name]) for name in whole[part])
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_steps_after_the_last_checkpoint_are_forgotten(tmp_path: Path) -> None:
    """After a kill the log may be ahead of the checkpoint; taken up again, no step is told twice."""
    run(tmp_path / "t", Budget(steps=2))
    with (tmp_path / "t" / diary.LOG).open("a") as file:
        file.write(json.dumps({"step": 9, "seconds": 1.0, "loss": {"all": 5.0}}) + '\n{"step": 10, "sec')
    run(tmp_path / "t", Budget(steps=3), resume=True)
    steps = [line["step"] for line in diary.read_lines(tmp_path / "t" / diary.LOG) if "loss" in line]
    assert steps == [1, 2, 3, 4, 5]


def test_more_time_is_one_more_cycle(tmp_path: Path) -> None:
    """A finished training that is given more warms up again, lower, with the crops of the end; the recipe tells both."""
    run(tmp_path / "t", Budget(steps=2))
    run(tmp_path / "t", Budget(seconds=0.5), resume=True)
    lines = [line for line in diary.read_lines(tmp_path / "t" / diary.LOG) if "loss" in line]
    assert {line["cycle"] for line in lines} == {0, 1}
    assert max(line["rate"] for line in lines if line["cycle"] == 1) <= 0.5
    cycles = json.loads((tmp_path / "t" / RECIPE).read_text())["cycles"]
    assert [(cycle["cycle"], cycle["from_step"]) for cycle in cycles] == [(0, 0), (1, 2)]


class Perceived(torch.nn.Module):
    """LPIPS as far as a test wants it."""

    def forward(self, painted: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        return (painted - truth).abs().mean(dim=(1, 2, 3))


def test_lpips_may_count_more_from_now_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the cycle that is told so, and in those after it; the recipe says what counted when."""
    monkeypatch.setattr(trainer, "load_lpips", lambda backbone, device: Perceived())
    run(tmp_path / "t", Budget(steps=2))
    run(tmp_path / "t", Budget(steps=1), resume=True, reweighed={"perceptual": 0.25})
    run(tmp_path / "t", Budget(steps=3), resume=True)
    recipe = json.loads((tmp_path / "t" / RECIPE).read_text())
    assert [cycle["perceptual"] for cycle in recipe["cycles"]] == [0.0, 0.25, 0.25]
    assert recipe["settings"]["weights"]["perceptual"] == 0.25


def test_another_size_learns_on_the_same_texture(tmp_path: Path) -> None:
    """A wider one begins with the first one's pictures, a narrower one anew; the texture stays to the last bit, resumed too."""
    first = load_trained(run(tmp_path / "M", Budget(steps=2), settings=dataclasses.replace(TINY, size="M")))
    seen = dict[str, list[News]](L=[], S=[])
    for size, news in seen.items():
        settings = dataclasses.replace(TINY, size=size)
        run(tmp_path / size, Budget(steps=2), settings=settings, beside=first, window=(0, 0, 8, 8), on_news=news.append)
        other = load_trained(run(tmp_path / size, Budget(steps=1), resume=True))
        assert other.size == size == size_of(tmp_path / size)
        assert other.window == first.window
        for name in ("features", "deltas", "mix"):
            assert np.array_equal(getattr(other, name), getattr(first, name))
        assert other.recipe["beside"] == first.recipe
        assert other.recipe["settings"]["texture_rate"] == 0
        assert len(losses(tmp_path / size)) == 3
    assert [course_of(tmp_path / size) for size in ("L", "S")] == [2, 1]
    assert seen["L"][0].psnr_db == pytest.approx(last_psnr_db(tmp_path / "M"), abs=0.05)


def test_the_last_layers_learn_alone(tmp_path: Path) -> None:
    """Beside a network of the same size they learn, resumed too; every other weight stays to the last bit."""
    first = load_trained(run(tmp_path / "first", Budget(steps=2)))
    settings = dataclasses.replace(TINY, layers="last")
    run(tmp_path / "last", Budget(steps=2), settings=settings, beside=first)
    last = load_trained(run(tmp_path / "last", Budget(steps=1), resume=True))
    before, after = first.painter.state_dict(), last.painter.state_dict()
    changed = {name for name, weight in before.items() if not torch.equal(weight, after[name])}
    layers = ("up_stem", "out_stem", "out")
    assert changed == {f"network.{layer}.{part}" for layer in layers for part in ("weight", "bias")}
    assert last.recipe["settings"]["layers"] == "last"
    with pytest.raises(UserError) as told:
        run(tmp_path / "wider", Budget(steps=1), settings=dataclasses.replace(settings, size="M"), beside=first)
    assert str(told.value) == (
        "the last layers of size M cannot learn beside a network of size S; name a training or an avatar of the same size"
    )


def course_of(folder: Path) -> int:
    """The last cycle's number."""
    return int(json.loads((folder / RECIPE).read_text())["cycles"][-1]["cycle"])


def last_psnr_db(folder: Path) -> float:
    """Of the last look at held-out pictures."""
    return float([line["psnr_db"] for line in diary.read_lines(folder / diary.LOG) if "psnr_db" in line][-1])


def test_a_training_is_not_overwritten(tmp_path: Path) -> None:
    """The sentence names the folder and both ways on."""
    run(tmp_path / "t", Budget(steps=1))
    with pytest.raises(UserError) as caught:
        run(tmp_path / "t", Budget(steps=1))
    folder = tmp_path / "t"
    assert str(caught.value) == f"{folder} already holds a training; go on with it by --resume, or choose another folder"


def test_another_character_is_not_trained_on(tmp_path: Path) -> None:
    """A training goes on with the character it began with."""
    run(tmp_path / "t", Budget(steps=1))
    other = dataclasses.replace(proxy_character(), name="another")
    motions = small_motions()
    with pytest.raises(UserError, match="was trained on another another than today's; train this one in another folder"):
        train(motions, motions, other, tmp_path / "t", budget=None, resume=True)
    first = load_trained(tmp_path / "t")
    with pytest.raises(UserError, match="the training beside which this one is to be was trained on another another than"):
        train(motions, motions, other, tmp_path / "u", budget=None, settings=TINY, beside=first)


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    """Missing, damaged or of another version: one sentence each, and nothing in the file is run."""
    path = tmp_path / CHECKPOINT
    with pytest.raises(UserError, match="does not exist; train first with: avatar train"):
        load_trained(tmp_path)
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(UserError, match="is damaged and cannot be read; delete it and train again"):
        load_trained(path)
    torch.save({"format": 99}, path)
    with pytest.raises(UserError, match="should be a training of format 1, but is of format 99; train again"):
        load_trained(path)
    torch.save({"format": 1, "call": threading.Event}, path)
    with pytest.raises(UserError, match="is damaged"):
        load_trained(path)


def test_a_log_is_drawn(tmp_path: Path) -> None:
    """`plot` makes a picture of a log, and says so where there is none."""
    with pytest.raises(UserError, match="holds no step of a training; train first with: avatar train"):
        diary.plot(tmp_path)
    diary.write_line(tmp_path / diary.LOG, step=0, seconds=0.0, psnr_db=20.0, coarse_psnr_db=19.0)
    for step in range(1, 4):
        diary.write_line(tmp_path / diary.LOG, step=step, seconds=float(step), loss={"all": 1 / step, "colour": 0.5 / step})
    pytest.importorskip("matplotlib")
    picture = cv2.imread(str(diary.plot(tmp_path)))
    assert picture is not None
    assert picture.std() > 5
