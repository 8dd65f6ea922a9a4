"""docs/keypoints.md repeats the tables; both must say the same."""

from pathlib import Path

from trackers import keypoint_tables as tables

TEXT = (Path(__file__).parents[2] / "docs" / "keypoints.md").read_text(encoding="utf-8")


def test_page_names_every_point_with_its_number() -> None:
    """COCO, feet, BODY_25 and the older 18 stand there in full."""
    for names, first in (
        (tables.COCO_NAMES, 0),
        (tables.COCO_FEET, 17),
        (tables.BODY_25_NAMES, 0),
        (tables.OPENPOSE_18_NAMES, 0),
    ):
        assert ", ".join(f"{number} {name}" for number, name in enumerate(names, first)) in TEXT


def test_page_shows_every_vertex_of_the_face() -> None:
    """The rows of the face's table together are the table."""
    rows = [
        line.split("|")[3].split()
        for line in TEXT.splitlines()
        if line.count("|") == 4 and line.split("|")[3].strip()[:1].isdigit()
    ]
    shown = [[int(number) for number in row] for row in rows]
    lower = [*shown[2], *shown[4]]
    upper = [number for index, row in enumerate(shown) if index not in (2, 4) for number in row]
    assert tuple(lower) == tables.BROWS_FROM_MESH
    assert tuple(upper) == (*tables.IBUG_FROM_MESH, *tables.PUPILS_FROM_MESH)
