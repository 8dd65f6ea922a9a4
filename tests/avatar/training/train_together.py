"""The tiny training of `test_distributed`; run by itself, of what lies in the file named first, into the folder named next."""

import pickle
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def train_tiny(motions: Any, character: Any, folder: Path) -> None:
    """Three steps on one thread."""
    import torch

    from avatar.training.loop import Pace, train
    from avatar.training.schedule import Budget
    from avatar.training.settings import Settings, Stage, Weights

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    settings = Settings(size="S", seed=5, stages=(Stage(1.0, 64, 4, 4),), weights=Weights(perceptual=0.0))
    pace = Pace(log_s=0.0, save_s=1000.0, look_s=1000.0, pictures=1)
    try:
        train(motions, motions, character, folder, budget=Budget(steps=3), settings=settings, window=(0, 0, 64, 64), pace=pace)
    finally:
        torch.set_num_threads(threads)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    train_tiny(*pickle.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]))
