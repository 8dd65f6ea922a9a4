"""Rules are read from tables; every mistake is one sentence that says where it is and what was meant perhaps."""

import pytest
from rule_tools import KINDS, Emote, Lamp, Scene, read, trigger

from stream.actions.light import LIGHT_KINDS, Light
from stream.triggers.checks import warnings
from stream.triggers.conditions import Change, FactIs, Made, While
from stream.triggers.mistakes import ACTION_TABLE
from stream.triggers.own_actions import Wait
from stream.triggers.rule_types import RuleError, Trigger
from stream.triggers.rules import parse_rules


def test_a_trigger_is_read_whole() -> None:
    """Every field of a table comes through; actions know which connection does them."""
    rules = read(
        """
        [[trigger]]
        name = "brb"
        when = "t_pose holds 1 s"
        while = ["scene is Game", "not fist"]
        do = [
            { action = "screen.scene", scene = "BRB" },
            { action = "wait", seconds = 2 },
            { action = "light", color = "purple", fade_s = 0.5 },
        ]
        undo = { action = "screen.scene", scene = "Game" }
        mode = "toggle"
        hold_s = 0.5
        cooldown_s = 5
        probability = 0.5
        enabled = false
        """
    )
    fist = Made("fist", ("left_fist", "right_fist"))
    assert rules.triggers == (
        Trigger(
            name="brb",
            when=Change(Made("t_pose", ("t_pose",)), holds_s=1.0),
            conditions=(While(FactIs("scene", "Game")), While(fist, negated=True)),
            do=(
                Scene(scene="BRB", target="screen"),
                Wait(seconds=2),
                Light(color="purple", fade_s=0.5, target="desk"),
            ),
            undo=(Scene(scene="Game", target="screen"),),
            mode="toggle",
            hold_s=1.0,
            cooldown_s=5.0,
            probability=0.5,
            enabled=False,
            dry_run=False,
        ),
    )
    assert rules.connections["desk"] == Lamp(host="192.168.1.20")


def test_one_action_and_one_condition_need_no_list() -> None:
    """What is alone may stand alone; a rule without a name is called by its number."""
    [rule] = read('[[trigger]]\nwhen = "nod"\nwhile = "t_pose"\ndo = { action = "panic" }').triggers
    assert (rule.name, len(rule.do), len(rule.conditions)) == ("trigger 1", 1, 1)


def test_a_connection_that_needs_no_configuring_is_there_when_a_rule_uses_it() -> None:
    """It is named as its kind."""
    rules = read(trigger("nod", do='{ action = "page.emote" }'))
    assert rules.triggers[0].do == (Emote(target="page"),)
    assert "page" in rules.connections
    assert "page" not in read("").connections


def test_a_whole_file_may_run_dry() -> None:
    """`dry_run` at the top holds for all rules."""
    assert read(trigger("nod"), dry_run=True).triggers[0].dry_run


MAPPING = """
[[mapping]]
value = "right_hand_height"
from = [0.0, 1.0]
to = [0, 100]
do = { action = "light" }
field = "brightness"
"""


def test_a_mapping_is_read() -> None:
    """Both ends of its way are actions that can be."""
    [rule] = read(MAPPING).mappings
    assert (rule.name, rule.value, rule.rate_hz) == ("mapping 1", "right_hand_height", 30)
    assert [rule.curve.at(share) for share in (0.0, 0.25)] == [
        Light(target="desk", brightness=0.0),
        Light(target="desk", brightness=25.0),
    ]


HEAD = "rules.toml, trigger 1 (rule)"
MAP = "rules.toml, mapping 1"
LIGHTS = " or ".join(LIGHT_KINDS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            trigger("nod", name="a") + trigger("tpose", name="brb"),
            "rules.toml, trigger 2 (brb): when names the gesture 'tpose', which is not known; did you mean t_pose?",
        ),
        (
            trigger("nod", 'while = ["fsit"]'),
            f"{HEAD}: while names the gesture 'fsit', which is not known; did you mean fist?",
        ),
        (
            trigger("nod", do='{ action = "screen.scen", scene = "A" }'),
            f"{HEAD}: the action 'screen.scen' is not known; did you mean screen.scene?",
        ),
        (
            trigger("nod", do='{ action = "screen.scene", scen = "A" }'),
            f"{HEAD}: 'scen' is not a field of screen.scene; did you mean scene?",
        ),
        (trigger("nod", do='{ action = "screen.scene" }'), f"{HEAD}: screen.scene needs scene"),
        (
            trigger("nod", do='{ action = "screen.scene", scene = "A", numbre = 3 }'),
            f"{HEAD}: 'numbre' is not a field of screen.scene; did you mean number?",
        ),
        (trigger("nod", do='{ action = "screen.scene", scene = 3 }'), f"{HEAD}: scene of screen.scene must be text, got 3"),
        (
            trigger("nod", do='{ action = "light", brightness = 120 }'),
            f"{HEAD}: brightness of light must be less than or equal to 100, got 120",
        ),
        (
            trigger("nod", do='{ action = "light", color = "purpel" }'),
            f"{HEAD}: color of light: colour 'purpel' is not known; did you mean purple?",
        ),
        (
            trigger("nod", do='{ scene = "A" }'),
            f'{HEAD}: do needs an action by its name, such as {{ action = "light", color = "purple" }}',
        ),
        (
            trigger("nod", do='{ action = "light", target = "dsek", color = "red" }'),
            f"{HEAD}: light has the target 'dsek', which is no connection; did you mean desk?",
        ),
        (
            trigger("nod", do='{ action = "light", target = "screen" }'),
            f"{HEAD}: light needs a target of kind {LIGHTS}, but 'screen' is of kind screen",
        ),
        (trigger("nod", "cooldown = 3"), f"{HEAD}: 'cooldown' is not a field; did you mean cooldown_s?"),
        (trigger("nod", "cooldown_s = -3"), f"{HEAD}: cooldown_s must be greater than or equal to 0, got -3"),
        (trigger("nod", 'mode = "twice"'), f"{HEAD}: mode must be 'once', 'toggle' or 'held', got 'twice'"),
        (
            trigger("every 3 s", 'mode = "held"'),
            f"{HEAD}: mode held needs a when that lasts, and 'every 3 s' is a moment; take once or toggle",
        ),
        (
            trigger("nod", 'undo = { action = "panic" }'),
            f"{HEAD}: undo is for the modes toggle and held, and mode is once; leave one of them away",
        ),
        ('[[trigger]]\nwhen = "nod"', "rules.toml, trigger 1: it needs do (one action or several, done in order)"),
        (
            trigger("nod") + trigger("fist"),
            "rules.toml, trigger 2 (rule): the name 'rule' is taken by trigger 1 (rule); choose another",
        ),
        (
            trigger("nod", do='{ action = "rules.disable", rule = "rul" }'),
            f"{HEAD}: rules.disable names the rule 'rul', which is not known; did you mean rule?",
        ),
        (
            trigger("nod", 'while = ["not during rul"]'),
            f"{HEAD}: while names the rule 'rul', which is not known; did you mean rule?",
        ),
        (trigger("during other"), f"{HEAD}: when names the rule 'other', which is not known; known: rule"),
        (
            trigger("nod", 'while = "scren.scene is A"'),
            f"{HEAD}: while names the connection 'scren', which is not known; did you mean screen?",
        ),
        ("[[triger]]", "rules.toml: 'triger' is not a table of a rule file; did you mean trigger?"),
        ('[trigger]\nwhen = "nod"', "rules.toml: trigger must be a list of tables; write [[trigger]] above each"),
        ('[connections.lamp]\nkind = "wlde"', "rules.toml, connection lamp: the kind 'wlde' is not known; did you mean wled?"),
        ("[connections.lamp]", "rules.toml, connection lamp: needs a kind; known: page, safe, screen, wled"),
        ('[connections.lamp]\nkind = "wled"', "rules.toml, connection lamp: wled needs host"),
        (
            '[connections.lamp]\nkind = "wled"\nhost = "a"\nport = 1',
            "rules.toml, connection lamp: 'port' is not a field of wled; did you mean host?",
        ),
        (
            MAPPING.replace("right_hand_height", "righthand_height"),
            f"{MAP}: value is 'righthand_height', which is not known; did you mean right_hand_height?",
        ),
        (
            MAPPING.replace("[0.0, 1.0]", "[1.0, 1.0]"),
            f"{MAP}: from must have two different ends, got [1.0, 1.0]",
        ),
        (
            MAPPING.replace("[0, 100]", "[0, 300]"),
            f"{MAP}: brightness of light must be less than or equal to 100, got 300.0",
        ),
        (
            MAPPING.replace("[0, 100]", '["red", 3]'),
            f"{MAP}: to must be two numbers or two colours, got ['red', 3]",
        ),
        (
            MAPPING.replace('"brightness"', '"brigthness"'),
            f"{MAP}: field is 'brigthness', which light has not; did you mean brightness?",
        ),
        (
            MAPPING.replace('field = "brightness"', ""),
            f"{MAP}: it needs a field of light that the value drives; known: brightness, color, fade_s, light, power",
        ),
        (
            MAPPING.replace('"brightness"', '"color"'),
            f"{MAP}: field is 'color', so to must be two colours, got [0, 100]; for numbers take field = \"hue\"",
        ),
        (
            MAPPING.replace("[0, 100]", '["blue", "rde"]').replace('"brightness"', '"color"'),
            f"{MAP}: colour 'rde' is not known; did you mean red?",
        ),
        (
            MAPPING.replace("from = [0.0, 1.0]", ""),
            f"{MAP}: it needs from (the value at both ends; beyond them it is held)",
        ),
        (MAPPING.replace("from =", "form ="), f"{MAP}: 'form' is not a field; did you mean from?"),
        (MAPPING.replace("[0.0, 1.0]", "[1]"), f"{MAP}: from must be a list of two, got 1"),
        (
            '[connections.lamp]\nkind = "wled"\nhosst = "a"',
            "rules.toml, connection lamp: 'hosst' is not a field of wled; did you mean host?",
        ),
        (
            '[connections.deck]\nkind = "safe"\npassword = "x"',
            "rules.toml, connection deck: a password never stands in a file; take it out and run "
            "`python run.py secret set deck.password`",
        ),
        (
            '[[trigger]]\nwhen = "nod"\ndo = []',
            f"rules.toml, trigger 1: do is empty; write into it what is done, such as {ACTION_TABLE}",
        ),
        (
            '[[trigger]]\nwhen = "nod"\ndo = "screen.scene"',
            f"rules.toml, trigger 1: do must hold actions such as {ACTION_TABLE}, got 'screen.scene'",
        ),
        (
            trigger("nod", 'while = "scen is Game"'),
            f"{HEAD}: while asks for 'scen', which is not known; did you mean scene?",
        ),
        (trigger("recordng is on"), f"{HEAD}: when asks for 'recordng', which is not known; did you mean recording?"),
        (trigger("recording is onn"), f"{HEAD}: when asks whether recording is 'onn', and it can only be on or off"),
        (
            trigger("desk.scene is A"),
            f"{HEAD}: when asks 'desk' for 'scene', which only screen tells",
        ),
        (
            trigger("nod", do='{ action = "safe.open" }'),
            f'{HEAD}: safe.open needs a connection of kind safe, and there is none; add [connections.safe] with kind = "safe" '
            "and allow = true",
        ),
        (
            "[connections.safe]\n" + trigger("nod", do='{ action = "safe.open" }'),
            f"{HEAD}: safe.open: only if allowed; write allow = true under [connections.safe]",
        ),
    ],
)
def test_a_mistake_is_one_sentence(text: str, sentence: str) -> None:
    """The file, the table by number and name, what is wrong, and the near matches."""
    with pytest.raises(RuleError) as caught:
        read(text)
    assert str(caught.value) == sentence


def test_dry_run_is_checked() -> None:
    """Nobody must believe that it is on when it is not."""
    with pytest.raises(RuleError, match="^rules.toml: dry_run must be true or false, got 'yes'$"):
        read("", dry_run="yes")


def test_an_action_without_a_connection_says_what_to_add() -> None:
    """And with two that could do it, that a target is needed."""
    with pytest.raises(
        RuleError, match=r"screen.scene needs a connection of kind screen, and there is none; add \[connections.screen\]"
    ):
        read(trigger("nod"), connections="")
    two = '[connections.one]\nkind = "screen"\n[connections.two]\nkind = "screen"\n'
    with pytest.raises(RuleError, match=r"screen.scene could be done by one, two; say which with target"):
        read(trigger("nod"), connections=two)


def test_a_light_without_a_connection_says_the_whole_table() -> None:
    """With the fields that it needs, and what finds them; so does a fact that nothing in the file tells."""
    with pytest.raises(RuleError) as caught:
        read(trigger("nod", do='{ action = "light", color = "red" }'), connections="")
    assert str(caught.value) == (
        f'{HEAD}: light needs a connection of kind {LIGHTS}, and there is none; add [connections.wled] with kind = "wled" '
        'and host = "192.168.1.20"; `python run.py lights scan` finds lights and says the lines'
    )
    with pytest.raises(RuleError) as caught:
        read(trigger("scene is BRB", do='{ action = "panic" }'), connections="")
    assert str(caught.value) == (
        f"{HEAD}: when asks for 'scene', which no connection of this file tells; add [connections.screen]"
    )


def test_files_that_are_not_there_are_no_mistake() -> None:
    """They may come yet: it is said once for each rule."""
    rules = read(trigger("nod", do='{ action = "page.emote", text = "nowhere" }, { action = "page.emote" }'))
    assert warnings(rules) == ["rule: no picture 'nowhere'"]


def test_no_rules_are_rules() -> None:
    """An empty file is no mistake."""
    rules = parse_rules({}, origin="x", gestures=(), families={}, values=(), kinds=KINDS)
    assert rules.names() == []


def test_what_the_rules_do_themselves_needs_no_connection() -> None:
    """Only what a connection does is handed to the dispatcher to be checked."""
    rules = read(
        trigger("nod", do='{ action = "wait", seconds = 1 }, { action = "panic" }, { action = "light", color = "red" }')
    )
    assert list(rules.actions()) == [Light(color="red", target="desk")]
