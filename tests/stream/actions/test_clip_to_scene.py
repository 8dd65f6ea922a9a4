"""From a film of a real person to the scene on air: our own tracker, the running program, a real OBS, and a client that looks.

`test_pose_to_scene.py` has the same with somebody made up, whose pose begins and ends when it is told to.
"""

from pathlib import Path

import live_tools
import pytest
import test_pose_to_scene
from obs_studio import ObsStudio
from test_pose_to_scene import RULE, scene_of, until_on_air

pytestmark = [pytest.mark.needs_obs, pytest.mark.needs_data]

studio, game = test_pose_to_scene.studio, test_pose_to_scene.game
"""Fixtures: one OBS for this file, on whose air every test finds the scene Game."""
FILMS = [("hands/gesture_test_video.mp4", "thumb_up"), ("face/portrait.jpg", "arms_crossed")]
"""A fist that becomes a thumb up, 8 s, again and again; and somebody who stands with crossed arms, for as long as one likes."""


@pytest.mark.parametrize(("film", "gesture"), FILMS)
def test_what_a_person_does_changes_the_scene(
    studio: ObsStudio, data_folder: Path, tmp_path: Path, film: str, gesture: str
) -> None:
    """Found, followed and told by our own tracker; the scene before is on air again when the program ends."""
    rules = tmp_path / "rules.toml"
    rules.write_text(RULE.replace("PORT", str(studio.port)).replace("MODE", "held").replace("t_pose", gesture))
    settings = live_tools.config(source__name=str(data_folder / film), source__loop="true", triggers__rules=str(rules))
    with live_tools.running(settings) as (program, view):
        until_on_air(studio, "BRB")
        assert view.lines["tracker"].startswith("posecast on LiteRT")
        assert program._reactions is not None
        figures = program._reactions.figures()
    assert scene_of(studio) == "Game"
    assert figures["rules"]["away"]["fired"] >= 1
    assert figures["actions"]["obs.scene"]["failed"] == 0
