"""The words of the protocol: golden examples, rounding, and what is null."""

import json
from dataclasses import fields, replace
from pathlib import Path

import golden_messages
import numpy as np
import pytest

from avatar.rig import BONE_NAMES
from stream.server import messages
from trackers.skeleton import EXPRESSION_NAMES

EXAMPLES = golden_messages.examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_message_is_as_documented(name: str) -> None:
    """Every message has the fields and values of its golden example, in their order."""
    wanted = json.loads((golden_messages.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert json.dumps(EXAMPLES[name]) == json.dumps(wanted)


def test_no_golden_example_is_left_over() -> None:
    """Each file in golden/ belongs to a message."""
    assert {file.stem for file in golden_messages.FOLDER.glob("*.json")} == set(EXAMPLES)


def test_documentation_knows_every_message_and_topic() -> None:
    """docs/protocol.md links each thing the server says and names each topic, setting and metric's home."""
    text = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    said = [name for name in EXAMPLES if not name.startswith("client_")]
    assert [name for name in said if f"tests/stream/golden/{name}.json" not in text] == []
    words = [*messages.TOPICS, *(field.name for field in fields(messages.Settings)), *messages.FRAMINGS]
    assert [word for word in words if f"`{word}`" not in text and f'`"{word}"`' not in text] == []


def test_pixels_are_rounded_to_a_tenth_and_metres_to_a_tenth_of_a_millimetre() -> None:
    """What a client computes from the text is within half of the last digit of the truth."""
    tracking = golden_messages.tracking()
    message = json.loads(messages.encode(messages.tracking_message(tracking)))
    assert tracking.body is not None
    np.testing.assert_allclose(message["body"]["keypoints_px"], tracking.body.keypoints_px, atol=0.0501)
    np.testing.assert_allclose(message["body"]["world_m"], tracking.body.world_m, atol=0.0000501)
    longest = max(len(repr(x)) for point in message["body"]["keypoints_px"] for x in point)
    assert longest <= len("-320.1")


def test_parts_that_were_not_found_are_null() -> None:
    """A tracking of nobody still has every part."""
    nobody = replace(golden_messages.tracking(), body=None, right_hand=None, face=None)
    message = messages.tracking_message(nobody)
    assert [message[part] for part in ("body", "left_hand", "right_hand", "face")] == [None] * 4


def test_pose_names_every_bone_and_expression_once() -> None:
    """A client looks bones and expressions up by VRM's and ARKit's names."""
    message = json.loads(messages.encode(messages.pose_message(golden_messages.pose())))
    assert tuple(message["bones"]) == BONE_NAMES
    assert tuple(message["expressions"]) == EXPRESSION_NAMES
    assert message["bones"]["neck"] == [0, 0.17365, 0, 0.98481]


def test_numbers_that_are_not_finite_are_null() -> None:
    """A percentile of nothing must not make the text unreadable for JSON.parse."""
    report = golden_messages.report() | {"latency_ms": {"p50": float("nan"), "p95": float("inf")}}
    message = json.loads(messages.encode(messages.metrics_message(report)))
    assert message["latency_ms"] == {"p50": None, "p95": None}


def test_metrics_have_every_field_even_if_the_report_has_not() -> None:
    """A missing figure is null, and a figure that is not documented stays inside."""
    message = messages.metrics_message({"fps_in": 30.0, "secret": 1})
    assert set(message) == {"type", *messages.METRIC_NAMES}
    assert message["fps_in"] == 30.0
    assert message["rss_mb"] is None


def test_a_name_that_is_no_text_can_be_told() -> None:
    """A file's name may hold bytes that are no character of UTF-8; Python keeps these as lone surrogates."""
    source = {"name": "cl\udcff.pcast", "sizes": ("\ud800", 1, None), "fps": float("inf")}
    encoded = messages.encode({"type": "status", "source": source, "k\udcff": [True]})
    told = {"name": "cl?.pcast", "sizes": ["?", 1, None], "fps": None}
    assert json.loads(encoded) == {"type": "status", "source": told, "k?": [True]}


def test_where_a_background_lies_is_not_told() -> None:
    """Clients without the token hear of the settings: of a file they get the name, of a colour all."""
    spec = "/home/me/secret folder/room.jpg"
    for told, background in ((spec, "room.jpg"), ("#0047bb", "#0047bb")):
        status = json.loads(messages.encode(golden_messages.status(replace(golden_messages.settings(), background=told))))
        assert status["settings"]["background"] == background
