"""From a pose to the scene on air: the whole running program, a real OBS Studio, and a second client that looks."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import live_tools
import pytest
from obs_studio import PASSWORD, ObsStudio
from people import FAR, Arm, Pose, look_at

from trackers.recording import PcastWriter, RecordingMetadata
from trackers.types import Stamp, Tracking

pytestmark = pytest.mark.needs_obs

FPS = 30
SECONDS = 2.5
"""So long the arms hang, and then are held out, in turn."""
RULE = """
[connections.obs]
kind = "obs"
port = PORT
timeout_s = 20

[[trigger]]
name = "away"
when = "t_pose"
mode = "MODE"
do = { action = "obs.scene", scene = "BRB" }
"""


@pytest.fixture(scope="module")
def studio(obs_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObsStudio]:
    """One OBS for the file, with two scenes."""
    with ObsStudio(obs_program, tmp_path_factory.mktemp("obs")) as running:
        running.ask(
            *(("CreateScene", {"sceneName": name}) for name in ("Game", "BRB")),
            ("SetCurrentSceneTransition", {"transitionName": "Cut"}),
        )
        yield running


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of somebody who stands, and then holds the arms out."""
    path = tmp_path_factory.mktemp("film") / "t_pose.pcast"
    size = (FAR.width_px, FAR.height_px)
    count = round(FPS * SECONDS)
    with PcastWriter(path, metadata=RecordingMetadata("test", FPS, *size, "2026-01-01T00:00:00+00:00")) as writer:
        for seq in range(2 * count):
            arm = Arm() if seq < count else Arm(90)
            body = look_at(Pose(left=arm, right=arm), camera=FAR).tracking.body
            writer.write(Tracking(Stamp(seq, seq * 1_000_000_000 // FPS), *size, body, None, None, None))
    return path


def settings(studio: ObsStudio, film: Path, folder: Path, *, mode: str) -> Any:
    rules = folder / "rules.toml"
    rules.write_text(RULE.replace("PORT", str(studio.port)).replace("MODE", mode))
    return live_tools.config(source__name=str(film), source__loop="true", triggers__rules=str(rules))


def scene_of(studio: ObsStudio) -> str:
    return str(studio.ask(("GetCurrentProgramScene", {}))[0]["currentProgramSceneName"])


def until_on_air(studio: ObsStudio, scene: str) -> None:
    end_s = time.monotonic() + 60
    while scene_of(studio) != scene:
        assert time.monotonic() < end_s, f"{scene} never came on air"
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def game(studio: ObsStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin with the scene Game, and the program know the password."""
    monkeypatch.setenv("POSECAST_SECRET_OBS_PASSWORD", PASSWORD)
    studio.ask(("SetCurrentProgramScene", {"sceneName": "Game"}))
    until_on_air(studio, "Game")


def test_a_t_pose_changes_the_scene(studio: ObsStudio, film: Path, tmp_path: Path) -> None:
    """And once it is on air it stays, whatever the person does then, also when the program ends."""
    with live_tools.running(settings(studio, film, tmp_path, mode="once")) as (program, _):
        until_on_air(studio, "BRB")
        assert program._reactions is not None
        end_s = time.monotonic() + 1.5 * SECONDS  # the arms hang again in between
        while time.monotonic() < end_s:
            assert scene_of(studio) == "BRB"
            time.sleep(0.1)
        figures = program._reactions.figures()
    assert figures["rules"]["away"]["fired"] >= 1
    assert figures["actions"]["obs.scene"]["failed"] == 0
    assert scene_of(studio) == "BRB"


def test_a_t_pose_that_is_held_changes_the_scene_for_so_long(studio: ObsStudio, film: Path, tmp_path: Path) -> None:
    """When it ends the scene before is on air again; the next one does the same; and the end of the program brings it back."""
    with live_tools.running(settings(studio, film, tmp_path, mode="held")):
        for scene in ("BRB", "Game", "BRB"):
            until_on_air(studio, scene)
    assert scene_of(studio) == "Game"
