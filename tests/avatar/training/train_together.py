"""Run by torchrun or alone: trains the tiny problem of `test_distributed` into the folder named first."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

if __name__ == "__main__":
    import torch
    from small_motions import proxy_character, small_motions

    from avatar.training.loop import Pace, train
    from avatar.training.schedule import Budget
    from avatar.training.settings import Settings, Stage, Weights

    torch.set_num_threads(1)
    settings = Settings(size="S", seed=5, stages=(Stage(1.0, 64, 4, 4),), weights=Weights(perceptual=0.0))
    pace = Pace(log_s=0.0, save_s=1000.0, look_s=1000.0, pictures=1)
    budget, window = Budget(steps=3), (0, 0, 64, 64)
    motions = small_motions()
    train(motions, motions, proxy_character(), Path(sys.argv[1]), budget=budget, settings=settings, window=window, pace=pace)
