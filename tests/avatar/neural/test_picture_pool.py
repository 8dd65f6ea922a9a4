"""Tests of the stock of pictures: nothing that anyone holds is ever painted over."""

import numpy as np

from avatar.neural.picture_pool import PicturePool


def test_a_picture_is_used_again_once_nobody_holds_it() -> None:
    """The same memory, and clear."""
    pool = PicturePool(width_px=8, height_px=4)
    picture = pool.take()
    picture[:] = 9
    at = picture.ctypes.data
    del picture
    again = pool.take()
    assert again.ctypes.data == at
    assert again.shape == (4, 8, 4)
    assert not again.any()


def test_what_is_held_stays() -> None:
    """Held by itself, by a part of it, or by something made from its memory: its bytes never change."""
    pool = PicturePool(width_px=8, height_px=4)
    whole = pool.take()
    part = pool.take()[1:2]
    view = pool.take().data
    for number, array in enumerate((whole, part, np.asarray(view)), start=1):
        array[:] = number
    for _ in range(40):
        pool.take()[:] = 200
    assert (whole == 1).all()
    assert (part == 2).all()
    assert (np.asarray(view) == 3).all()


def test_more_pictures_than_are_kept() -> None:
    """A sink that holds many gets new ones."""
    pool = PicturePool(width_px=8, height_px=4)
    held = [pool.take() for _ in range(30)]
    assert len({picture.ctypes.data for picture in held}) == 30
