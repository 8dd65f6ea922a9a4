"""From a scene to its motion on disk: the take, the bones with their springs, and which frames are photographed.

Owns the choice of who makes a motion. Knows nothing of pictures or processes.
"""

from pathlib import Path

import numpy as np

from avatar.dataset.curves import generator
from avatar.dataset.plan import Plan, Scene, shown_frames
from avatar.dataset.recorded import Recording, play, seconds_of
from avatar.dataset.sketch import Sketch, Take
from avatar.dataset.storage import MOTION, write_arrays
from avatar.dataset.styles import STYLES
from avatar.figure import Figure
from avatar.mesh import Character
from avatar.rig import Rig
from trackers.types import FloatArray


def take_of(scene: Scene, plan: Plan, *, rig: Rig) -> Take:
    """Return the motion of a scene: the same for equal plans.

    Raises:
        UserError: its recording cannot be read, or a model of the tracker is missing.
    """
    rng = generator("motion", plan.seed, scene.split, scene.name)
    if not scene.recording:
        sketch = Sketch(rng, seconds=scene.seconds)
        STYLES[scene.style](sketch, scene.number)
        return sketch.done()
    assert plan.recordings is not None  # `scenes_of` leaves recordings out where there is no folder
    path = plan.recordings / scene.recording
    recording = Recording(path, turn_deg=scene.turn_deg, mirrored=scene.mirrored)
    return play(recording, Sketch(rng, seconds=seconds_of(path)), rig=rig)


def bones_of(take: Take, character: Character) -> FloatArray:
    """Return (F, J, 3, 4) skinning matrices of a whole motion, ears, tail and hair swinging from its first frame on."""
    figure = Figure(character)
    bones = np.empty((len(take.time_ns), *figure.bones.shape), dtype=np.float32)
    for frame, time_ns in enumerate(take.time_ns):
        figure.pose(take.pose(frame), time_ns=int(time_ns))
        bones[frame] = figure.bones
    return bones


def write_motion(folder: Path, scene: Scene, plan: Plan, *, character: Character) -> None:
    """Make a scene's motion and write it into the set at `folder`.

    Raises:
        UserError: as `take_of`.
    """
    take = take_of(scene, plan, rig=character.rig)
    shown = shown_frames(scene, frames=len(take.time_ns), seed=plan.seed)
    arrays = {
        "time_ns": take.time_ns,
        "rotations": take.rotations,
        "root_m": take.root_m,
        "expression": take.expression,
        "bones": bones_of(take, character),
        "shown": np.array(shown, dtype=np.int64),
        **{key: np.array(str(getattr(scene, key))) for key in ("framing", "style", "split")},
    }
    write_arrays(folder / scene.name / MOTION, arrays)
