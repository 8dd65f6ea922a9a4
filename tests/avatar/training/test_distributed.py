"""Two processes that train together do what one does alone."""

import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from small_motions import proxy_character, small_motions
from train_together import train_tiny

from avatar.training import diary
from avatar.training.checkpoint import CHECKPOINT, read_checkpoint
from avatar.training.distributed import Group

SCRIPT = Path(__file__).with_name("train_together.py")


def start(problem: Path, folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start one process of a training."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | variables
    command = [sys.executable, str(SCRIPT), str(problem), str(folder)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_have_the_loss_curve_of_one(tmp_path: Path) -> None:
    """With the same batch among them, losses and weights are the same but for rounding; only the first one writes."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = str(held.getsockname()[1])
    pair = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    motions, character, problem = small_motions(), proxy_character(), tmp_path / "problem"
    problem.write_bytes(pickle.dumps((motions, character)))
    started = [start(problem, tmp_path / "two", RANK=str(rank), LOCAL_RANK=str(rank), **pair) for rank in range(2)]
    try:
        train_tiny(motions, character, tmp_path / "one")
        for process in started:
            _, errors = process.communicate(timeout=250)
            assert process.returncode == 0, errors
    finally:
        for process in started:
            process.kill()
            process.communicate()
    curves = []
    for name in ("one", "two"):
        lines = diary.read_lines(tmp_path / name / diary.LOG)
        curves.append([line["loss"]["all"] for line in lines if "loss" in line])
        assert len(curves[-1]) == 3
    assert curves[1] == pytest.approx(curves[0], rel=2e-3)
    one, two = (read_checkpoint(tmp_path / name / CHECKPOINT)["painter"] for name in ("one", "two"))
    for name, value in one.items():
        assert torch.allclose(value, two[name], atol=5e-3), name


def test_alone_nothing_is_sent() -> None:
    """A group of one needs no network: its numbers and tensors stay as they are."""
    group = Group(rank=0, world=1, device=torch.device("cpu"))
    tensor = torch.tensor([3.0])
    group.same_everywhere([tensor])
    group.mean([tensor])
    assert tensor.item() == 3
    assert group.agreed(0.5, 1.0) == [0.5, 1.0]
