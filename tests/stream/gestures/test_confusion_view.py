"""The confusion table on a terminal: the same counts can be read from it, however narrow it is."""

import io
import re

import pytest
from rich.console import Console

from stream.gestures.confusion_view import show_confusion
from stream.gestures.view import show_training

OWN = ("salute", "rock_of_ages", "be_right_back", "wave_off")
BUILT_IN = ("arms_crossed", "clap", "dab_left", "hands_together", "left_fist", "lean_left", "right_thumb_up", "t_pose")
CONFUSION = {
    name: {name: 3} | {told: 1 + (row + column) % 3 for column, told in enumerate(BUILT_IN) if column % 4 != row}
    for row, name in enumerate(OWN)
}
EDGES = re.compile("[│┃]")


def written(width: int, confusion: dict[str, dict[str, int]]) -> list[str]:
    """Return the lines that such a terminal shows."""
    file = io.StringIO()
    show_confusion(Console(file=file, width=width), confusion)
    return file.getvalue().splitlines()


def read(lines: list[str]) -> dict[str, dict[str, int]]:
    """Return what a person reads in all the tables, the numbers looked up."""
    cells = [[cell.strip() for cell in EDGES.split(line)[1:-1]] for line in lines if EDGES.match(line)]
    numbers = dict(re.findall(r"\b(\d+) ([a-z]\w+)", "\n".join(lines)))
    counts: dict[str, dict[str, int]] = {}
    for label, *values in cells:
        if label.startswith("takes of"):
            told = [numbers.get(value, value) for value in values]
            continue
        row = counts.setdefault(label.split()[-1], {})
        row |= {name: int(value) for name, value in zip(told, values, strict=True) if value != "·"}
    return counts


@pytest.mark.parametrize("width", [45, 60, 80, 140, 250])
def test_every_count_can_be_read_at_every_width(width: int) -> None:
    """In one table or several, headed by names or by numbers; nothing is cut off or wrapped."""
    lines = written(width, CONFUSION)
    assert lines[0] == "How many takes fired what"
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    assert read(lines) == CONFUSION


def test_columns_have_names_where_they_fit_and_numbers_else() -> None:
    """The built-in gestures, which have no row, are named below; as few tables as possible, of about the same width."""
    assert "dab_left ┃" in written(250, CONFUSION)[2]
    heads = [line for line in written(60, CONFUSION) if line.startswith("┃")]
    assert heads == [
        "┃ takes of ↓ told as → ┃ 1 ┃ 2 ┃ 3 ┃ 4 ┃ 5 ┃ 6 ┃",
        "┃ takes of ↓ told as → ┃ 7 ┃ 8 ┃ 9 ┃ 10 ┃ 11 ┃ 12 ┃",
    ]
    told = written(60, CONFUSION)
    assert told[told.index("Built in:") + 1].split("  ")[0] == "5 arms_crossed"
    assert "Built in:" not in written(45, {name: {name: 3} for name in OWN})


def test_a_terminal_that_is_far_too_narrow_still_shows_all() -> None:
    """One column in each table, and long names go on in the next line."""
    lines = written(20, CONFUSION)
    assert sum(line.startswith("┃ takes of") for line in lines) == len(OWN) + len(BUILT_IN)
    assert max(map(len, lines)) <= 20
    assert "…" not in "".join(lines)


def test_one_gesture_that_is_taken_for_nothing_needs_no_table() -> None:
    """Its row in the table above says it all."""
    assert written(80, {"salute": {"salute": 3}}) == []
    assert read(written(80, {"salute": {"clap": 1}})) == {"salute": {"clap": 1}}


@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_training_shows_table_and_sentences(width: int) -> None:
    """Two gestures that fire four built-in ones, on a terminal of the usual width."""
    conflict = "salute also makes the built-in clap fire in 1 of 3 takes"
    row = {"parts": ["left_hand"], "kind": "pose", "recognised": 3, "tried": 3, "takes": 3, "false_fires": 0}
    confusion = {name: {name: 3} | dict.fromkeys(BUILT_IN[:4], 1) for name in OWN[:2]}
    figures = {"gestures": dict.fromkeys(confusion, row), "confusion": confusion, "conflicts": [conflict], "train_s": 0.1}
    file = io.StringIO()
    show_training(Console(file=file, width=width), figures)
    lines = file.getvalue().splitlines()
    begin, end = lines.index("How many takes fired what"), lines.index(f"! {conflict}")
    assert read(lines[begin:end]) == confusion
