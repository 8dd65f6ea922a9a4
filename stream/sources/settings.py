"""How a source is asked for. Owns the settings that all sources share; knows nothing of any one kind."""

from dataclasses import dataclass

from trackers.person import Policy


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What is wanted of a source. Files have a size and a rate of their own, cameras and pictures follow these."""

    width_px: int = 1280
    height_px: int = 720
    fps: float = 30.0
    loop: bool = False
    """Start a file again when it ends."""
    paced: bool = True
    """False: give frames as fast as they are read, with stamps that are the same on every run."""
    person: Policy = "largest"
    """Whom to follow in files of tracked people, where a picture holds several."""
    frozen_after_s: float = 3.0
    """A live source that gives no frame for so long is lost."""
