"""The parity table tells real differences, and its gates stop bad files."""

from dataclasses import replace

import numpy as np
import pytest
from exported_network import SIDE_PX, Exported

from export.painting import composed
from export.parity import Row, as_json, check, compare, speeds, table, torch_paint
from trackers.errors import UserError

GOOD = Row("S", "fp32", 1000, 1e-6, 90.0, 80.0, None, None)


def test_fp32_is_torch(exported: Exported) -> None:
    """The same numbers but for rounding."""
    row = compare(exported.network, {"fp32": exported.fp32}, exported.examples)[0]
    assert row.max_abs < 1e-5
    assert row.psnr_db > 70
    assert row.truth_db is None
    check([row])


def test_truth_is_compared_where_it_is_known(exported: Exported) -> None:
    """An example whose truth is the network's own picture loses nothing; another truth is far away."""
    first, second = exported.examples[:2]
    own = composed(first, torch_paint(exported.network, first))
    own[..., 3] = 255  # opaque, so that premultiplied and straight are the same
    row = compare(exported.network, {"fp32": exported.fp32}, [replace(first, truth=own)])[0]
    far = compare(exported.network, {"fp32": exported.fp32}, [replace(second, truth=own)])[0]
    assert row.truth_db is not None
    assert far.truth_db is not None
    assert row.truth_db > far.truth_db
    assert row.lost_db == pytest.approx(0, abs=0.01)


def test_another_network_fails_the_gate(exported: Exported) -> None:
    """Changed weights are seen."""
    with_noise = exported.network.out.bias.detach().clone()
    try:
        exported.network.out.bias.data += 0.1
        row = compare(exported.network, {"fp32": exported.fp32}, exported.examples)[0]
    finally:
        exported.network.out.bias.data = with_noise
    assert row.max_abs == pytest.approx(0.1, rel=1e-3)
    with pytest.raises(UserError, match=r"the fp32 network should paint what torch paints to 0\.0039, but is 0\.1000 off"):
        check([row])


@pytest.mark.parametrize(("precision", "least"), [("int8", 42), ("fp16", 46)])
def test_unlike_pictures_fail_the_gate(precision: str, least: int) -> None:
    """Each precision has its least PSNR."""
    check([replace(GOOD, precision=precision, max_abs=0.05, psnr_db=float(least))])
    with pytest.raises(
        UserError, match=rf"the {precision} network should come within {least} dB of torch's pictures, got 41\.0 dB"
    ):
        check([replace(GOOD, precision=precision, psnr_db=41.0)])


def test_table_and_json_tell_all(exported: Exported) -> None:
    """A row for each file, figures as they are."""
    rows = [GOOD, replace(GOOD, precision="int8", truth_db=31.25, lost_db=0.0331), replace(GOOD, size="M")]
    lines = table(rows).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("S int8 ")
    assert "31.25" in lines[2]
    assert "0.033" in lines[2]
    assert as_json(rows)["S"]["int8"]["lost_db"] == 0.0331
    assert {size: set(kinds) for size, kinds in as_json(rows).items()} == {"S": {"fp32", "int8"}, "M": {"fp32"}}


def test_speeds_are_of_each_file(exported: Exported) -> None:
    """Every file is timed, and takes time."""
    found = speeds({"a": exported.fp32, "b": exported.fp32}, side_px=SIDE_PX, rounds=3)
    assert set(found) == {"a", "b"}
    assert np.isfinite(list(found.values())).all()
    assert min(found.values()) > 0
