"""Tests of what the network is told of a pose: against the mesh itself, computed another way."""

import functools
import threading

import cv2
import numpy as np
import pytest

from avatar.camera import Framing
from avatar.figure import Figure
from avatar.mascot import Level, build_mascot
from avatar.mesh import Character
from avatar.motion import Motion
from avatar.neural.conditioning import Condition, Conditioner
from trackers.skeleton import EXPRESSION_INDEX


@functools.cache
def _character() -> Character:
    return build_mascot(Level.PROXY)


def _posed(time_ns: int = 0) -> Figure:
    figure = Figure(_character())
    figure.pose(Motion().idle(time_ns), time_ns=time_ns)
    return figure


@functools.cache
def _condition(framing: Framing = Framing.BUST) -> Condition:
    return Conditioner(_character(), width_px=256, height_px=192).condition(_posed(), framing)


def test_shapes_and_ranges() -> None:
    """Half of the picture's size, coordinates within the texture, unit normals, none on ink, nothing where nothing is."""
    shown = _condition()
    assert shown.coarse.shape == (192, 256, 4)
    assert shown.uv.shape == (96, 128, 2)
    ink = (shown.mask == 1) & ~shown.uv.any(axis=2)
    surface = (shown.mask == 1) & ~ink
    assert 0.1 < surface.mean() < 0.9
    assert 0.01 < ink.sum() / surface.sum() < 0.2
    assert set(np.unique(shown.mask)) == {0, 1}
    assert shown.uv.min() >= 0
    assert shown.uv.max() <= 1
    np.testing.assert_allclose(np.linalg.norm(shown.normal[surface], axis=1), 1, atol=1e-4)
    assert not shown.normal[~surface].any()
    assert not shown.uv[~surface].any()


@pytest.mark.parametrize("framing", list(Framing))
def test_uv_finds_the_colours_of_the_coarse_picture(framing: Framing) -> None:
    """The painted texture, looked up at `uv`, looks like the drawn picture: it differs by light and anti-aliasing alone."""
    shown = _condition(framing)
    texture = _character().texture[..., :3].astype(np.float32)
    at = shown.uv * np.float32(texture.shape[0]) - np.float32(0.5)
    looked_up = cv2.remap(texture, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    drawn = cv2.resize(shown.coarse[..., :3].astype(np.float32), (128, 96), interpolation=cv2.INTER_AREA)
    whole = shown.coarse[..., 3].reshape(96, 2, 128, 2).min(axis=(1, 3)) == 255
    surface = (shown.mask == 1) & whole
    away = np.abs(looked_up - drawn).mean(axis=2)[surface]
    assert np.median(away) < 25
    shuffled = np.abs(looked_up[::-1] - drawn).mean(axis=2)[surface]
    assert np.median(away) < 0.5 * np.median(shuffled)


def test_normals_are_those_of_the_posed_vertices() -> None:
    """At the place where a vertex lies, the normal is the vertex's own, turned by its bones."""
    figure, conditioner = _posed(), Conditioner(_character(), width_px=1024, height_px=1024)
    shown = conditioner.condition(figure, Framing.BUST)
    mesh = figure.character.mesh
    bones = np.einsum("vk,vkij->vij", mesh.bone_weight, figure.bones[mesh.bone_index][..., :3])
    normals = np.einsum("vij,vj->vi", bones, mesh.normals)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    block = (figure.projected[:, :2] / 4).astype(int)  # 4 samples a block
    inside = ((block >= 0) & (block < 512)).all(axis=1)
    near = shown.uv[block[inside, 1], block[inside, 0]]
    seen = np.abs(near - figure.uv[inside]).max(axis=1) < 0.001  # the vertex itself, not what lies before it
    assert seen.sum() > 200
    cosine = (shown.normal[block[inside, 1], block[inside, 0]] * normals[inside]).sum(axis=1)[seen]
    assert np.median(cosine) > 0.995


def test_the_same_figure_gives_the_same_condition() -> None:
    """No memory: another picture in between changes nothing, and each condition owns its arrays."""
    conditioner = Conditioner(_character(), width_px=128, height_px=128)
    first = conditioner.condition(_posed(), Framing.BUST)
    kept = [np.copy(getattr(first, name)) for name in ("coarse", "uv", "normal", "mask")]
    conditioner.condition(_posed(2_000_000_000), Framing.FULL)
    again = conditioner.condition(_posed(), Framing.BUST)
    for name, was in zip(("coarse", "uv", "normal", "mask"), kept, strict=True):
        np.testing.assert_array_equal(getattr(first, name), was)
        np.testing.assert_array_equal(getattr(again, name), was)


def test_two_threads_draw_the_same() -> None:
    """And end."""
    conditioner = Conditioner(_character(), width_px=256, height_px=192, threads=2)
    shown, before = conditioner.condition(_posed(), Framing.BUST), threading.active_count()
    conditioner.close()
    assert threading.active_count() == before - 1
    for name in ("coarse", "uv", "normal", "mask"):
        np.testing.assert_array_equal(getattr(shown, name), getattr(_condition(), name))


def test_the_box_holds_all_that_is_seen() -> None:
    """What `gather` returns is the box of the mask in pixels, and nothing at all for a figure out of the picture."""
    conditioner, figure = Conditioner(_character(), width_px=192, height_px=128), _posed()
    shown = Condition.blank(width_px=192, height_px=128)
    conditioner.draw(figure, Framing.FULL, shown)
    box = conditioner.gather(figure, shown)
    rows, cols = np.flatnonzero(shown.mask.any(axis=1)), np.flatnonzero(shown.mask.any(axis=0))
    assert box == (2 * cols[0], 2 * rows[0], 2 * cols[-1] + 2, 2 * rows[-1] + 2)
    figure.bones[..., 3] += 50
    conditioner.draw(figure, Framing.FULL, shown)
    assert conditioner.gather(figure, shown) == (0, 0, 0, 0)
    assert not shown.mask.any()


def test_a_closed_eye_moves_the_texture_coordinates() -> None:
    """The face's morphs are in the condition: a blink changes what the eyes' pixels show."""
    open_, shut = _posed(), Figure(_character())
    pose = Motion().idle(0)
    pose.expression[[EXPRESSION_INDEX[name] for name in ("eyeBlinkLeft", "eyeBlinkRight")]] = 1
    shut.pose(pose, time_ns=0)
    conditioner = Conditioner(_character(), width_px=256, height_px=256)
    first, second = (conditioner.condition(figure, Framing.BUST) for figure in (open_, shut))
    assert (np.abs(first.uv - second.uv).max(axis=2) > 0.01).sum() > 50


def test_a_smaller_picture_is_shown_in_the_middle() -> None:
    """A picture of 192 x 160 within 192 x 192 is that picture with 16 rows more above and below."""
    figure = _posed()
    padded = Conditioner(_character(), width_px=192, height_px=192, shown_px=(192, 160)).condition(figure, Framing.FULL)
    wide = Conditioner(_character(), width_px=320, height_px=192, shown_px=(192, 160)).condition(figure, Framing.FULL)
    assert (padded.coarse != wide.coarse[:, 64:256]).mean() < 1e-3  # but for rounding
    assert (np.abs(padded.uv - wide.uv[:, 32:128]) > 1e-3).mean() < 1e-3
    rows = np.flatnonzero(padded.coarse[..., 3].any(axis=1))
    assert rows[0] >= 16
    assert rows[-1] < 176


def test_a_size_that_cannot_be_halved_is_refused() -> None:
    """The sentence names the step and what came."""
    with pytest.raises(ValueError, match="width and height must be multiples of 64, got 512x500"):
        Conditioner(_character(), width_px=512, height_px=500)
