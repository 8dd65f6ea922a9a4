"""Tests of the neural renderer: from a pose to a picture, and what happens when something fails."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from made_network import made_byte_network, made_network
from neural_parts import made_parts, whole_pass

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.motion import Motion
from avatar.neural import render_pipeline, spec
from avatar.neural import renderer as renderer_module
from avatar.neural.backends import Backend
from avatar.neural.conditioning import Conditioner
from avatar.neural.parts import AvatarParts
from avatar.neural.render_pipeline import STAGES
from avatar.neural.renderer import PATIENCE, STEADY, NeuralRenderer
from avatar.neural.runtime import CPU, Provider
from avatar.renderer import Renderer
from avatar.types import RigPose
from trackers.types import ImageArray

SIZE: dict[str, Any] = {"width_px": 192, "height_px": 128}


def _pose(time_ns: int = 0) -> RigPose:
    return Motion().idle(time_ns)


@pytest.fixture(scope="module")
def parts() -> AvatarParts:
    """All three sizes in floats, and the smallest in bytes."""
    networks = {(size, "fp32"): made_network(size) for size in "SML"}
    return made_parts({**networks, ("S", "int8"): made_byte_network()})


@pytest.fixture
def renderer(parts: AvatarParts) -> Iterator[NeuralRenderer]:
    """With the smallest network in floats."""
    with closing(NeuralRenderer(parts, quality="S", precision="fp32", **SIZE)) as made:
        yield made


def _bare(renderer: NeuralRenderer) -> ImageArray:
    renderer._pipeline.pose(_pose(), time_ns=0)
    return renderer._pipeline.bare(renderer.framing, rung=renderer.rung)


def _drawn(parts: AvatarParts, *, width_px: int, height_px: int, framing: Framing = Framing.BUST) -> ImageArray:
    """What the network starts from."""
    wide_px, high_px = (-(-side // spec.ALIGN_PX) * spec.ALIGN_PX for side in (width_px, height_px))
    conditioner = Conditioner(parts.character, width_px=wide_px, height_px=high_px, shown_px=(width_px, height_px))
    figure = Figure(parts.character)
    figure.pose(_pose(), time_ns=0)
    whole = conditioner.condition(figure, framing).coarse
    left, top = (wide_px - width_px) // 2, (high_px - height_px) // 2
    return whole[top : top + height_px, left : left + width_px]


def test_a_picture_is_the_proxy_with_what_the_network_adds(renderer: NeuralRenderer) -> None:
    """Near the proxy, but not the same; clear where nothing is; the stamp is the pose's."""
    face: Renderer = renderer  # the protocol is met
    picture = face.render(_pose(), time_ns=0)
    assert picture.image.shape == (128, 192, 4)
    assert picture.stamp == _pose().stamp
    bare = _bare(renderer)
    opaque = bare[..., 3] == 255
    away = np.abs(picture.image.astype(int) - bare)[opaque]
    assert 0 < away.mean() < 20
    assert set(renderer.stages_ms) == set(STAGES)


def test_every_size_of_picture_works(parts: AvatarParts) -> None:
    """Sizes that the network does not take are painted in a larger frame and cut: the proxy is where the puppet would be."""
    for width_px, height_px in ((320, 180), (96, 130), (64, 64)):
        with closing(NeuralRenderer(parts, quality="S", precision="int8", width_px=width_px, height_px=height_px)) as renderer:
            painted = renderer.render(_pose(), time_ns=0).image
            drawn = _drawn(parts, width_px=width_px, height_px=height_px)
            np.testing.assert_array_equal(_bare(renderer), drawn)
            assert painted.shape == drawn.shape
            rows, cols = np.nonzero(drawn[..., 3])
            assert abs(cols.mean() / width_px - 0.5) < 0.1
            solid = drawn[..., 3] == 255
            assert (np.abs(painted[solid].astype(int) - drawn[solid]) <= 13).all()  # 12 steps of the made network
            assert painted[solid].astype(int).sum() > drawn[solid].astype(int).sum()


def test_the_region_paints_what_the_whole_picture_does(parts: AvatarParts) -> None:
    """Of a network whose output depends on each place alone, exactly."""
    pictures = []
    for regions in (True, False):
        with closing(
            NeuralRenderer(
                parts, quality="S", precision="int8", width_px=512, height_px=512, framing=Framing.FULL, regions=regions
            )
        ) as renderer:
            renderer.render(_pose(), time_ns=0)
            for passes in renderer._pipeline._passes:
                if passes is not None:
                    passes.prepare([], (512, 512))
            pictures.append(renderer.render(_pose(), time_ns=0).image)
    seen = pictures[1][..., 3] > 0
    np.testing.assert_array_equal(pictures[0][..., 3] > 0, seen)
    np.testing.assert_array_equal(pictures[0][seen], pictures[1][seen])


def test_a_network_that_fails_leaves_the_proxy_and_says_so_once(parts: AvatarParts) -> None:
    """In the same frame; and when it works again that is told, too."""
    told: list[str] = []
    with closing(NeuralRenderer(parts, quality="S", precision="fp32", tell=told.append, **SIZE)) as renderer:
        expected = _bare(renderer)
        network_pass = whole_pass(renderer._pipeline)
        run = network_pass.run

        def broken() -> None:
            raise RuntimeError("the card fell out\nand more")

        network_pass.run = broken  # type: ignore[method-assign]
        for _ in range(3):
            np.testing.assert_array_equal(renderer.render(_pose(), time_ns=0).image, expected)
        assert told == ["The network failed (the card fell out); the avatar is drawn without it"]
        assert renderer.fault == "the card fell out"
        assert "it failed (the card fell out)" in renderer.drawing.reason
        network_pass.run = run  # type: ignore[method-assign]
        assert (renderer.render(_pose(), time_ns=0).image != expected).any()
        assert told[1:] == []
        for _ in range(STEADY - 1):
            renderer.render(_pose(), time_ns=0)
        assert renderer.fault is None
        assert told[1:] == ["The network works again"]


def test_a_network_that_fails_now_and_then_is_told_of_once_and_given_up(parts: AvatarParts) -> None:
    """Every second frame: that would flicker for ever, and be told sixty times a second."""
    told: list[str] = []
    with closing(NeuralRenderer(parts, quality="S", precision="fp32", tell=told.append, **SIZE)) as renderer:
        expected = _bare(renderer)
        network_pass = whole_pass(renderer._pipeline)
        run, turns = network_pass.run, itertools.count()

        def now_and_then() -> None:
            if next(turns) % 2:
                raise RuntimeError("the card hiccups")
            run()

        network_pass.run = now_and_then  # type: ignore[method-assign]
        for _ in range(2 * PATIENCE):
            renderer.render(_pose(), time_ns=0)
        np.testing.assert_array_equal(renderer.render(_pose(), time_ns=0).image, expected)
        assert told == [
            "The network failed (the card hiccups); the avatar is drawn without it",
            "The network failed too often and is not tried any more; choose another avatar, then this one",
        ]


def test_a_network_that_gives_nan_leaves_the_proxy() -> None:
    """Numbers that are none are never shown; after some frames it is not tried any more."""
    told: list[str] = []
    weightless = made_parts({("S", "fp32"): made_network("S", gain=float("nan"))})
    with closing(NeuralRenderer(weightless, tell=told.append, **SIZE)) as renderer:
        expected = _bare(renderer)
        for _ in range(PATIENCE + 2):
            np.testing.assert_array_equal(renderer.render(_pose(), time_ns=0).image, expected)
        assert renderer.fault == "the network gave numbers that are not finite"
        assert len(told) == 2
        assert told[1] == "The network failed too often and is not tried any more; choose another avatar, then this one"


def test_a_card_that_is_lost_leaves_the_picture_to_the_cpu(parts: AvatarParts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that starts anew takes its card's networks with it: after some frames of the proxy, the CPU paints."""
    card = Backend(Provider(CPU, "a card"), "fp32", "made for tests")
    monkeypatch.setattr(render_pipeline, "better_backend", lambda *_, **__: (card, ()))
    told: list[str] = []
    with closing(NeuralRenderer(parts, quality="S", precision="fp32", tell=told.append, **SIZE)) as renderer:
        expected, bare = renderer.render(_pose(), time_ns=0).image, _bare(renderer)
        renderer._pipeline.improve(lambda _: None)

        def broken() -> None:
            raise RuntimeError("device lost")

        whole_pass(renderer._pipeline).run = broken  # type: ignore[method-assign]
        for _ in range(PATIENCE):
            np.testing.assert_array_equal(renderer.render(_pose(), time_ns=0).image, bare)
        assert renderer._retreating is not None
        renderer._retreating.join()
        np.testing.assert_array_equal(renderer.render(_pose(), time_ns=0).image, expected)
        assert renderer.drawing.provider == "CPU, 1 thread"
        assert told == [
            "The network failed (device lost); the avatar is drawn without it",
            "The network failed too often on a card; it goes back to the CPU",
            "The network works again",
        ]


def test_closing_does_not_wait_for_a_card(parts: AvatarParts, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorRT builds for minutes; the avatar that it was built for is long gone then, and nothing changes any more."""
    begun, built, told = threading.Event(), threading.Event(), list[str]()

    def building(*_: Any, **__: Any) -> tuple[None, tuple[str, ...]]:
        begun.set()
        built.wait(20)
        return None, ("TensorRT was passed over",)

    monkeypatch.setattr(renderer_module, "available", lambda: ("TensorrtExecutionProvider", CPU))
    monkeypatch.setattr(renderer_module, "CLOSE_WITHIN_S", 0.01)
    monkeypatch.setattr(render_pipeline, "better_backend", building)
    renderer = NeuralRenderer(parts, quality="S", precision="fp32", tell=told.append, **SIZE)
    assert begun.wait(20)
    renderer.close()
    assert not built.is_set()
    assert not renderer.await_better(0)
    built.set()
    assert renderer.await_better(20)
    assert told == []


def test_the_ladder(parts: AvatarParts) -> None:
    """From the largest network to the bare proxy; a quality is where it begins; a rung below the last is the last."""
    with closing(NeuralRenderer(parts, **SIZE)) as renderer:
        assert renderer.efforts == (
            "network L, fp32",
            "network M, fp32",
            "network S, int8",
            "network S, int8, at three quarters of the size",
            "the bare proxy, without the network",
            "the bare proxy, without the network, at three quarters of the size",
        )
        assert renderer.drawing.provider == "CPU, 1 thread"
        assert renderer.settle_within(1e9) > 0
        assert renderer.rung == 0
        renderer.settle_within(0)
        assert renderer.rung == 5
        assert renderer.drawing.reason == (
            "the bare proxy, without the network, at three quarters of the size; eased to keep the beat"
        )
    with closing(NeuralRenderer(parts, quality="M", precision="fp32", **SIZE)) as renderer:
        assert renderer.efforts[0] == "network M, fp32"
        assert len(renderer.efforts) == 5


@pytest.mark.parametrize(("framing", "painted_px"), [("bust", (919, 576)), ("upper", (1124, 704)), ("full", (1277, 800))])
def test_what_is_larger_than_networks_learn_at_is_painted_smaller(
    parts: AvatarParts, framing: str, painted_px: tuple[int, int]
) -> None:
    """By the framing, and enlarged: said, the size that was asked for, the same figure to the eye; regions work, too."""
    size = {"width_px": 1277, "height_px": 800}
    with closing(NeuralRenderer(parts, quality="S", precision="int8", **size)) as renderer:
        renderer.framing = Framing(framing)
        picture = renderer.render(_pose(), time_ns=0).image.copy()
        assert picture.shape == (800, 1277, 4)
        assert renderer._pipeline.size_px(renderer.framing, scale=1.0) == painted_px
        told = "painted at {}x{} and enlarged".format(*painted_px)
        assert (told in renderer.drawing.reason) == (painted_px != (1277, 800))
        whole = _drawn(parts, framing=renderer.framing, **size)
        seen, expected = picture[..., 3] > 127, whole[..., 3] > 127
        assert (seen & expected).sum() / (seen | expected).sum() > 0.98
        for passes in filter(None, renderer._pipeline._passes):
            passes.prepare([], max(passes.wholes))
        again = renderer.render(_pose(), time_ns=0).image
        assert np.abs(again.astype(int) - picture).max() <= 1


def test_a_lower_rung_paints_fewer_pixels_and_enlarges_them(parts: AvatarParts) -> None:
    """The same picture to the eye, without a dark seam where the figure ends; as large as it was asked for."""
    with closing(NeuralRenderer(parts, quality="S", precision="int8", **SIZE)) as renderer:
        whole = renderer.render(_pose(), time_ns=0).image.copy()
        for rung in (1, 2, 3):
            renderer.rung = rung
            eased = renderer.render(_pose(), time_ns=0).image
            assert eased.shape == whole.shape
            assert (eased != whole).any()
            a, b = eased[..., 3].astype(int), whole[..., 3].astype(int)
            assert np.minimum(a, b).sum() / np.maximum(a, b).sum() > 0.9
            edge = (a > 20) & (a < 235)
            assert eased[edge][:, :3].max(axis=1).min() > 15, "the ink's brown, not black"


def test_framing_may_change_between_frames(renderer: NeuralRenderer) -> None:
    """The next frame shows more of the avatar."""
    bust = (renderer.render(_pose(), time_ns=0).image[..., 3] > 99).mean()
    renderer.framing = Framing.FULL
    assert (renderer.render(_pose(), time_ns=0).image[..., 3] > 99).mean() < 0.7 * bust


def test_waiting_for_a_better_backend_needs_one_to_look_for(renderer: NeuralRenderer) -> None:
    """An ONNX Runtime that knows the CPU alone looks for nothing."""
    if renderer._improving is None:
        assert not renderer.await_better(0)
    else:
        assert renderer.await_better(60)


def test_an_avatar_without_networks_is_refused() -> None:
    """One sentence, and no threads are left."""
    with pytest.raises(ValueError, match="the avatar has no network"):
        NeuralRenderer(made_parts({}), **SIZE)


def test_a_precision_that_is_not_there_is_refused(parts: AvatarParts) -> None:
    """The sentence names what there is."""
    with pytest.raises(ValueError, match="the avatar has no int8 network, only fp32"):
        NeuralRenderer(parts, quality="L", precision="int8", **SIZE)


def test_a_pose_that_is_not_finite_is_refused_as_by_the_puppet(renderer: NeuralRenderer) -> None:
    """That is the caller's fault, not the network's."""
    pose = _pose()
    pose.rotations[3, 0] = np.nan
    with pytest.raises(ValueError, match="RigPose must hold finite numbers"):
        renderer.render(pose, time_ns=0)
    assert renderer.fault is None
