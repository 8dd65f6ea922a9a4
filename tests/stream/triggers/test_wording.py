"""What may stand in `when` and `while`, and what is said of what may not."""

import pytest
from rule_tools import FAMILIES, GESTURES, VALUES

from stream.triggers.conditions import (
    After,
    Beyond,
    Change,
    During,
    Every,
    FactIs,
    Heard,
    InOrder,
    Made,
    Seen,
    When,
    While,
)
from stream.triggers.wording import Vocabulary, WordingError, controller_in, parse_when, parse_while

WORDS = Vocabulary(GESTURES, FAMILIES, VALUES, shares=("jawOpen",))
T_POSE = Made("t_pose", ("t_pose",))


def test_what_is_a_gesture_and_a_value_is_compared_as_a_value() -> None:
    """`lean` and `left_pinch` are both: alone they are made, with a limit they have a number."""
    both = Vocabulary(("lean_left", "left_pinch"), {"lean": ("lean_left",)}, ("lean", "left_pinch"), shares=("left_pinch",))
    assert parse_when("lean > 15", both) == Change(Beyond("lean", True, 15.0, 1.5))
    assert parse_when("left_pinch < 0.5", both) == Change(Beyond("left_pinch", False, 0.5, 0.05))
    assert parse_when("lean", both) == Change(Made("lean", ("lean_left",)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("t_pose", Change(T_POSE)),
        (" t_pose   starts ", Change(T_POSE)),
        ("t_pose ends", Change(T_POSE, at_end=True)),
        ("t_pose holds 2 s", Change(T_POSE, holds_s=2.0)),
        ("t_pose held for 500 ms", Change(T_POSE, holds_s=0.5)),
        ("fist", Change(Made("fist", ("left_fist", "right_fist")))),
        ("jawOpen > 0.6", Change(Beyond("jawOpen", True, 0.6, pytest.approx(0.06)))),
        ("head_roll < -15", Change(Beyond("head_roll", False, -15.0, 1.5))),
        ("head_roll above 0", Change(Beyond("head_roll", True, 0.0, 0.02))),
        ("jawOpen > 0.6 holds 1 s", Change(Beyond("jawOpen", True, 0.6, pytest.approx(0.06)), holds_s=1.0)),
        ("key F9", Change(Heard("key", "f9"))),
        ("key shift+ctrl+1", Change(Heard("key", "ctrl+shift+1"))),
        ("midi 60", Change(Heard("midi", "60"))),
        ("midi cc7", Change(Heard("midi", "cc7"))),
        ("tracking lost", Change(Seen("tracking", seen=False))),
        ("left hand found", Change(Seen("left_hand", seen=True))),
        ("left_hand lost", Change(Seen("left_hand", seen=False))),
        ("face lost holds 3 s", Change(Seen("face", seen=False), holds_s=3.0)),
        ("scene is Just Chatting", Change(FactIs("scene", "Just Chatting"))),
        ("obs.scene is 'The ends'", Change(FactIs("scene", "The ends", "obs"))),
        ("scene is BRB ends", Change(FactIs("scene", "BRB"), at_end=True)),
        ("recording is on holds 10 s", Change(FactIs("recording", "on"), holds_s=10.0)),
        ("key end", Change(Heard("key", "end"))),
        ("during brb", Change(During("brb"))),
        ("every 30 s", Every(30.0)),
        ("every 2 min", Every(120.0)),
        ("after 10s", After(10.0)),
        ("start", After(0.0)),
    ],
)
def test_when_is_read(text: str, wanted: When) -> None:
    """Each wording becomes its condition; spaces do not matter."""
    assert parse_when(text, WORDS) == wanted


@pytest.mark.parametrize(
    "text", ["t_pose holds 2 s", "fist ends", "dab then t_pose within 1 s", "every 30 s", "start", "head_roll < -15"]
)
def test_conditions_say_themselves(text: str) -> None:
    """A condition in words reads back as itself."""
    when = parse_when(text, WORDS)
    assert str(when) == text
    assert parse_when(str(when), WORDS) == when


def test_a_sequence_is_read() -> None:
    """Gestures after each other are the tracker's own kind of sequence."""
    when = parse_when("dab then t_pose within 2 s", WORDS)
    assert isinstance(when, InOrder)
    assert [step.name for step in when.sequence.steps] == ["dab", "t_pose"]


@pytest.mark.parametrize("text", ["midi cc7", "midi cc 7", "midi CC07", "midi  cc007"])
def test_a_controller_has_one_name(text: str) -> None:
    """However it is written."""
    assert controller_in(text) == "midi cc7"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("midi 60", "is 'midi 60', which is a note and has no way to follow; take a controller such as midi cc7"),
        ("midi ccfoo", "needs a MIDI note 0 to 127, or a controller such as cc7, got 'midi ccfoo'; channels do not matter"),
        ("midi cc999", "needs a MIDI note 0 to 127, or a controller such as cc7, got 'midi cc999'; channels do not matter"),
    ],
)
def test_what_is_no_controller_is_one_sentence(text: str, sentence: str) -> None:
    """A mapping that would never move is not taken."""
    with pytest.raises(WordingError) as caught:
        controller_in(text)
    assert str(caught.value) == sentence


def test_hysteresis_may_be_given() -> None:
    """How far a value must come back is a tenth of the limit, or as the rule says."""
    assert parse_when("jawOpen > 0.6", WORDS, margin=0.3) == Change(Beyond("jawOpen", True, 0.6, 0.3))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("fist", While(Made("fist", ("left_fist", "right_fist")))),
        ("not t_pose", While(T_POSE, negated=True)),
        ("scene is Game", While(FactIs("scene", "Game"))),
        ("not scene is Game", While(FactIs("scene", "Game"), negated=True)),
        ("scene is not Game", While(FactIs("scene", "Game"), negated=True)),
        ("not during brb 2", While(During("brb 2"), negated=True)),
        ("face found", While(Seen("face", seen=True))),
    ],
)
def test_while_is_read(text: str, wanted: While) -> None:
    """Each state may be required or forbidden."""
    assert parse_while(text, WORDS) == wanted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tpose", "names the gesture 'tpose', which is not known; did you mean t_pose?"),
        (
            "wave",
            "names the gesture 'wave', which is not known; known: dab, dab_left, dab_right, fist, left_fist, ",
        ),
        ("jawOpne > 0.5", "names the value 'jawOpne', which is not known; did you mean jawOpen?"),
        ("jawOpen", "names the value 'jawOpen' without a limit; write for instance jawOpen > 0.5"),
        ("jawOpen > 6", "has the limit 6, which jawOpen never passes; it is between 0 and 1"),
        ("t_pose > 0.6", "compares 't_pose', which is a gesture and has no number; write t_pose alone"),
        ("T Pose", "names the gesture 'T Pose', which is not known; did you mean t_pose?"),
        ("T-Pose", "names the gesture 'T-Pose', which is not known; did you mean t_pose?"),
        ("jawOpen > wide", "needs a number after >, got 'wide'; for instance jawOpen > 0.5"),
        ("leg lost", "names the part 'leg', which is not known; known: body, face, left hand, right hand, tracking"),
        ("every 0.01 s", "says every 0.01 s, which is too often; the least is 0.1 s"),
        ("every day", "needs a time such as 30 s, 500 ms or 2 min, got 'every day'"),
        ("t_pose holds long", "needs a time such as 30 s, 500 ms or 2 min, got 't_pose holds long'"),
        ("midi 200", "needs a MIDI note 0 to 127, or a controller such as cc7, got 'midi 200'; channels do not matter"),
        (
            "key ctrl",
            "names a key that cannot be: keys must be one key with or without ctrl, alt, shift, cmd, got 'ctrl'; try",
        ),
        ("dab then", "has the sequence 'dab then', character 9: expected the name of a gesture"),
        ("a b c", "cannot be read: 'a b c'; `python run.py trigger kinds` shows what can stand there"),
        ("", "cannot be read: ''; `python run.py trigger kinds` shows what can stand there"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(text: str, sentence: str) -> None:
    """It names what is wrong, and what was perhaps meant."""
    with pytest.raises(WordingError) as caught:
        parse_when(text, WORDS)
    assert str(caught.value).startswith(sentence)


def test_not_alone_is_no_condition() -> None:
    """Something must stand after it."""
    with pytest.raises(WordingError, match="^says not, and not what; write for instance not fist$"):
        parse_while("not", WORDS)


def test_much_that_is_known_is_shown_elsewhere() -> None:
    """What is near nothing leads to the list of everything."""
    with pytest.raises(WordingError, match=r"known: g0, .* …; `python run.py trigger kinds` shows all$"):
        parse_when("qqq", Vocabulary([f"g{number}" for number in range(20)], {}, ()))
