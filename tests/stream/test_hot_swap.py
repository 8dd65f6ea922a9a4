"""Tests of the renderer: another avatar between two pictures, and what happens when one cannot come."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from made_avatars import empty_library, opened, pose, seen
from neural_parts import whole_pass

from avatar.camera import Framing
from avatar.neural.renderer import STEADY, NeuralRenderer
from avatar.package.library import Library
from avatar.types import Rendered
from stream.avatars import OpenRenderer
from stream.hot_swap import HotSwapRenderer
from trackers.errors import UserError
from trackers.types import ImageArray

OURS = ("next-avatar", "last-avatar", "network_pass", "draw", "backends")


@pytest.fixture
def renderer(library: Library) -> Iterator[HotSwapRenderer]:
    """The mascot's network draws, with two threads; afterwards no thread is left."""
    made = HotSwapRenderer(opened(library, "mascot", threads=2))
    yield made
    made.close()
    made.close()
    assert _drawing_threads() == []


class Ears:
    """Hears what came of a change."""

    def __init__(self) -> None:
        self.opened: list[OpenRenderer] = []
        self.told: list[str] = []
        self.heard = threading.Event()

    def done(self, opened: OpenRenderer) -> None:
        self.opened.append(opened)
        self.heard.set()

    def failed(self, why: str) -> None:
        self.told.append(why)
        self.heard.set()


def _change(renderer: HotSwapRenderer, make: Callable[[], OpenRenderer]) -> Ears:
    ears = Ears()
    renderer.change(make, done=ears.done, failed=ears.failed)
    return ears


def _whole(library: Library, name: str) -> ImageArray:
    """Return the picture of an avatar that has the renderer for itself, all of it painted at once."""
    renderer = opened(library, name, is_live=False).renderer
    image = renderer.render(pose(), time_ns=0).image.copy()
    renderer.close()
    return image


def test_another_avatar_comes_between_two_pictures(renderer: HotSwapRenderer, library: Library) -> None:
    """Every call gives a picture while it is made; then the very next one is of the new avatar, and the old one is closed."""
    before = renderer.render(pose(), time_ns=0).image.copy()
    old = renderer._current.renderer
    pictures: list[Rendered] = []
    enough = threading.Event()

    def slowly() -> OpenRenderer:
        made = opened(library, "robin", is_live=False)
        assert enough.wait(60)
        return made

    ears = _change(renderer, slowly)
    while len(pictures) < 5:
        pictures.append(renderer.render(pose(), time_ns=0))
    enough.set()
    assert ears.heard.wait(60)
    assert all(picture.image.shape == before.shape for picture in pictures)
    assert renderer.character is old.character  # until the next picture
    first = renderer.render(pose(), time_ns=0).image
    np.testing.assert_array_equal(first, _whole(library, "robin"))
    assert (first != before).any()
    assert renderer.character is ears.opened[0].renderer.character
    assert renderer._leaving is not None
    renderer._leaving.join(60)
    assert isinstance(old, NeuralRenderer)
    assert set(old._pipeline._passes) == {None}  # it let go of its networks
    assert not any(thread.name.startswith("network_pass") for thread in threading.enumerate())
    assert ears.told == []


def test_an_avatar_that_cannot_come_leaves_the_present_one(renderer: HotSwapRenderer, library: Library) -> None:
    """It is told in the words of the error, whatever the error; a later change works."""
    before = renderer.render(pose(), time_ns=0)
    ears = _change(renderer, lambda: opened(library, "nobody"))
    assert ears.heard.wait(60)
    assert ears.told[0].startswith("no avatar is named nobody; there are mascot, robin")

    def burst() -> OpenRenderer:
        raise ZeroDivisionError("boom")

    _settle(renderer)
    ears = _change(renderer, burst)
    assert ears.heard.wait(60)
    assert ears.told == ["it cannot be drawn (boom)"]
    assert renderer.render(pose(), time_ns=0).image.shape == before.image.shape
    assert ears.opened == []
    _settle(renderer)
    assert _change(renderer, lambda: opened(library, "robin")).heard.wait(60)


def _settle(renderer: HotSwapRenderer) -> None:
    """Wait until the thread of a change has ended: it tells before it does."""
    assert renderer._changing is not None
    renderer._changing.join(60)


def _slow(library: Library) -> tuple[threading.Event, list[OpenRenderer], Callable[[], OpenRenderer]]:
    """Return a gate, what came through it, and what makes an avatar with a thread of its own once the gate is open."""
    gate, made = threading.Event(), list[OpenRenderer]()

    def slowly() -> OpenRenderer:
        assert gate.wait(60)
        made.append(opened(library, "robin", threads=2))
        made[0].renderer.render(pose(), time_ns=0)
        return made[0]

    return gate, made, slowly


def _drawing_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(OURS)]


def test_one_change_at_a_time(renderer: HotSwapRenderer, library: Library) -> None:
    """A second one is refused while the first is made; one that nobody drew yet makes room for the next and is closed."""
    gate = threading.Event()

    def slowly() -> OpenRenderer:
        assert gate.wait(60)
        return opened(library, "robin")

    ears = _change(renderer, slowly)
    with pytest.raises(UserError, match="^another avatar is being prepared; try again when it is there$"):
        _change(renderer, slowly)
    gate.set()
    assert ears.heard.wait(60)
    _settle(renderer)
    last = _change(renderer, lambda: opened(library, "mascot"))
    assert last.heard.wait(60)
    renderer.render(pose(), time_ns=0)
    assert renderer._current is last.opened[0]


def test_the_present_avatar_may_be_kept_while_another_is_prepared(renderer: HotSwapRenderer, library: Library) -> None:
    """The other one is put away when it is made, and nobody hears of it; the next change comes as always."""
    gate, made, slowly = _slow(library)
    present, threads = renderer._current, _drawing_threads()
    ears = _change(renderer, slowly)
    renderer.keep()
    with pytest.raises(UserError, match="^the avatar that was called off is still being put away; try again in a moment$"):
        _change(renderer, slowly)
    gate.set()
    _settle(renderer)
    renderer.render(pose(), time_ns=0)
    assert (renderer._current, ears.opened, ears.told, len(made)) == (present, [], [], 1)
    assert _drawing_threads() == threads
    last = _change(renderer, lambda: opened(library, "robin"))
    assert last.heard.wait(60)
    renderer.render(pose(), time_ns=0)
    assert renderer._current is last.opened[0]


def test_closing_waits_for_a_change_and_ends_what_it_made(library: Library) -> None:
    """The avatar that comes too late is closed, nobody hears of it, and no more changes are taken."""
    renderer = HotSwapRenderer(opened(library, "mascot"))
    gate, made, slowly = _slow(library)
    ears = _change(renderer, slowly)
    closer = threading.Thread(target=renderer.close)
    closer.start()
    gate.set()
    closer.join(60)
    assert not closer.is_alive()
    assert (ears.opened, ears.told, len(made)) == ([], [], 1)
    assert _drawing_threads() == []
    with pytest.raises(UserError, match="^Posecast is ending"):
        _change(renderer, slowly)


def test_the_framing_may_change_between_pictures_and_stays_with_the_next_avatar(
    renderer: HotSwapRenderer, library: Library
) -> None:
    """The very next picture shows more of the avatar; so does the one that comes."""
    bust = seen(renderer.render(pose(), time_ns=0).image)
    renderer.framing = Framing.FULL
    assert seen(renderer.render(pose(), time_ns=0).image) < 0.7 * bust
    ears = _change(renderer, lambda: opened(library, "robin"))  # made for the bust
    assert ears.heard.wait(60)
    assert seen(renderer.render(pose(), time_ns=0).image) < 0.7 * bust
    assert renderer.framing is Framing.FULL


def test_the_proxy_takes_over_in_the_frame_in_which_the_network_fails(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers that are none in the middle of a run: that frame shows the proxy, it is told once, and the drawing says why."""
    told: list[str] = []
    renderer = HotSwapRenderer(opened(library, "mascot", tell=told.append, is_live=False))
    painted = renderer.render(pose(), time_ns=0).image.copy()
    assert isinstance(renderer._current.renderer, NeuralRenderer)
    pipeline = renderer._current.renderer._pipeline
    bare = pipeline.bare(renderer.framing, rung=0)
    assert (painted != bare).any()
    network = whole_pass(pipeline).network
    run = network.run

    def spoilt() -> None:
        run()
        network.paint[0, 0] = np.nan

    monkeypatch.setattr(network, "run", spoilt)
    for _ in range(3):
        np.testing.assert_array_equal(renderer.render(pose(), time_ns=0).image, bare)
    assert told == ["The network failed (the network gave numbers that are not finite); the avatar is drawn without it"]
    assert renderer.drawing.reason == (
        "the bare proxy, without the network: it failed (the network gave numbers that are not finite)"
    )
    monkeypatch.undo()
    for _ in range(STEADY):
        np.testing.assert_array_equal(renderer.render(pose(), time_ns=0).image, painted)
    assert told[1:] == ["The network works again"]
    renderer.close()


def test_a_puppet_and_a_network_may_follow_each_other(renderer: HotSwapRenderer, tmp_path: Path) -> None:
    """A puppet has a rig and efforts of its own; what draws, and why, is told of it."""
    ears = _change(renderer, lambda: opened(empty_library(tmp_path), "mascot"))
    assert ears.heard.wait(60)
    renderer.render(pose(), time_ns=0)
    assert renderer.efforts[0] == "at its full size"
    assert renderer.drawing.name == "puppet"
    assert "without its network: mascot has no trained package yet" in renderer.drawing.reason
    assert renderer.warm_up() > 0
