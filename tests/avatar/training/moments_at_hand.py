"""Moments of the mascot for the tests of training: poses by name, settled."""

from collections.abc import Mapping, Sequence

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mascot.sheets import REST, pose
from avatar.mesh import Character
from avatar.training.moments import Moment


def moment(
    character: Character,
    turns: Mapping[str, Sequence[float]] = REST,
    expression: Mapping[str, float] | None = None,
    *,
    framing: Framing = Framing.UPPER,
) -> Moment:
    """Return the pose with its swinging bones at rest."""
    figure, wanted = Figure(character), pose(turns, expression)
    figure.pose(wanted, time_ns=0)
    return Moment(figure.bones.copy(), wanted.rotations, wanted.expression, framing)
