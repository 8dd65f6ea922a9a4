"""What clients may ask, and the sentence for what they may not."""

import json

import pytest

from stream.server.commands import (
    Calibrate,
    Change,
    GestureCommand,
    Hello,
    Malformed,
    Refused,
    Seen,
    Subscribe,
    TriggerCommand,
    parse,
)

TOPICS = "overlay, tracking, pose, metrics, status, triggers, gestures, events, effects, camera"


def _set(**settings: object) -> str:
    return json.dumps({"type": "set", "id": 7, "settings": settings})


def test_messages_become_values() -> None:
    """Each kind of message parses to its own type."""
    assert parse('{"type":"hello","protocol":1,"token":"x"}').content == Hello(1, "x")
    assert parse('{"type":"hello","protocol":1}').content == Hello(1, None)
    assert parse('{"type":"subscribe","topics":["pose","pose"]}').content == Subscribe(frozenset({"pose"}))
    assert parse('{"type":"seen","topic":"overlay","count":2}').content == Seen("overlay", 2)
    assert parse('{"type":"calibrate"}').content == Calibrate("neutral")
    assert parse('{"type":"calibrate","pass":"range"}').content == Calibrate("range")
    assert parse('{"type":"trigger","what":"enable","rule":"brb"}').content == TriggerCommand("enable", "brb")
    assert parse('{"type":"trigger","what":"panic","rule":"brb"}').content == TriggerCommand("panic")
    assert parse('{"type":"trigger","what":"retry","connection":"obs"}').content == TriggerCommand("retry", connection="obs")
    assert parse('{"type":"gesture","what":"record","name":"salute"}').content == GestureCommand("record", "salute")
    assert parse('{"type":"gesture","what":"train"}').content == GestureCommand("train")


def test_change_holds_only_what_was_said() -> None:
    """Settings that were not named stay as they are."""
    request = parse(_set(mirror=False, background="#00FF00", framing="bust"))
    assert request.request_id == 7
    assert isinstance(request.content, Change)
    assert request.content.values() == {"mirror": False, "background": "#00ff00", "framing": "bust"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (_set(mirror=1), "settings.mirror must be true or false, got 1"),
        (_set(show_camera="yes"), 'settings.show_camera must be true or false, got "yes"'),
        (_set(background="green"), 'settings.background must be a colour such as "#00ff00", got "green"'),
        (_set(background="#00ff00\n"), 'settings.background must be a colour such as "#00ff00", got "#00ff00\\n"'),
        (_set(framing="head"), 'settings.framing must be one of bust, upper, full, got "head"'),
        (_set(avatar=""), 'settings.avatar must be the name of an avatar, got ""'),
        (_set(avatar="x" * 300), f'settings.avatar must be the name of an avatar, got "{"x" * 36}...'),
        (_set(colour=1), '"colour" is not a setting; known: mirror, background, avatar, framing, show_camera'),
        (
            '{"type":"set"}',
            "set.settings must be an object with some of mirror, background, avatar, framing, show_camera, got null",
        ),
        (
            '{"type":"subscribe","topics":["all"]}',
            f'subscribe.topics must be one of {TOPICS}, got "all"',
        ),
        (
            '{"type":"subscribe","topics":[[]]}',
            f"subscribe.topics must be one of {TOPICS}, got []",
        ),
        (
            '{"type":"subscribe"}',
            f"subscribe.topics must be a list of {TOPICS}, got null",
        ),
        ('{"type":"seen","topic":"pose","count":1}', 'seen.topic must be one of overlay, camera, got "pose"'),
        ('{"type":"seen","topic":"overlay","count":0}', "seen.count must be a positive integer, got 0"),
        ('{"type":"hello","protocol":"1"}', 'hello.protocol must be the integer 1, got "1"'),
        ('{"type":"hello","protocol":true}', "hello.protocol must be the integer 1, got true"),
        ('{"type":"hello","protocol":1,"token":5}', "hello.token must be text, got something else"),
        ('{"type":"calibrate","pass":"all"}', 'calibrate.pass must be one of neutral, range, stop, reset, got "all"'),
        ('{"type":"trigger"}', "trigger.what must be one of fire, enable, disable, panic, resume, retry, got null"),
        ('{"type":"trigger","what":"fire"}', "trigger.rule must be the name of a rule, got null"),
        ('{"type":"trigger","what":"retry"}', "trigger.connection must be the name of a connection, got null"),
        ('{"type":"gesture","what":"learn"}', 'gesture.what must be one of record, stop, train, remove, got "learn"'),
        ('{"type":"gesture","what":"record","name":""}', 'gesture.name must be the name of a gesture, got ""'),
        ('{"type":"quit"}', 'type must be one of hello, subscribe, seen, set, calibrate, trigger, gesture, got "quit"'),
    ],
)
def test_refusals_say_what_was_expected(text: str, sentence: str) -> None:
    """A wrong value is answered with one sentence that names it."""
    with pytest.raises(Refused) as refusal:
        parse(text)
    assert str(refusal.value) == sentence
    assert not isinstance(refusal.value, Malformed)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '"set"', "{}", '{"type":1}', "[" * 10_000, "\ud800", b"{}"])
def test_malformed_messages_are_told_apart(text: str | bytes) -> None:
    """What is no message at all raises `Malformed` and nothing else, however deep or strange."""
    with pytest.raises(Malformed):
        parse(text)
