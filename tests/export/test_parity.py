"""The parity table tells real differences, and its gates stop bad files."""

from dataclasses import replace

import pytest
from exported_network import Exported

from export.parity import Row, as_json, check, compare, table
from trackers.errors import UserError

GOOD = Row("S", "fp32", 1000, 1e-6, 90.0, 80.0)


def test_fp32_is_torch(exported: Exported) -> None:
    """The same numbers but for rounding."""
    row = compare(exported.network, {"fp32": exported.fp32}, exported.examples)[0]
    assert row.max_abs < 1e-5
    assert row.psnr_db > 70
    check([row])


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


def test_table_and_json_tell_all() -> None:
    """A row for each file, figures as they are."""
    rows = [GOOD, replace(GOOD, precision="int8", psnr_db=43.25, worst_psnr_db=41.5), replace(GOOD, size="M")]
    lines = table(rows).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("S int8 ")
    assert lines[2].split()[-2:] == ["43.2", "41.5"]
    assert as_json(rows)["S"]["int8"]["psnr_db"] == 43.25
    assert {size: set(kinds) for size, kinds in as_json(rows).items()} == {"S": {"fp32", "int8"}, "M": {"fp32"}}
