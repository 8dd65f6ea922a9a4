"""What can be said of rules as a whole, before anything is connected: who does an action, who tells a fact, which rule is meant
by a name.

Owns these checks and their sentences. Pure; knows nothing of tables and files.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from stream.actions.base import Action, Connection
from stream.actions.light import LIGHT_KINDS
from stream.actions.routing import route
from stream.triggers.conditions import Change, During, FactIs, State
from stream.triggers.own_actions import DisableRule, EnableRule
from stream.triggers.rule_types import RuleError, Rules
from trackers.spelling import near

_EXAMPLES: Final = {"host": "192.168.1.20", "url": "http://192.168.1.20:8123"}


def placed(action: Action, connections: Mapping[str, Connection], *, kinds: Mapping[str, type[Connection]]) -> Action:
    """Return the action with the name of the connection that will do it.

    Raises:
        UserError: none can, or several; or the one that could does nothing as it is configured.
    """
    if not action.kinds:
        return action
    if not action.target and not any(connection.kind in action.kinds for connection in connections.values()):
        raise RuleError(_nobody(action, kinds))
    target = route(action, connections)
    if why := connections[target].barred(target):
        raise RuleError(f"{action.action}: {why}")
    return action if action.target == target else action.model_copy(update={"target": target})


def check_names(rules: Rules, *, where: Mapping[str, str], kinds: Mapping[str, type[Connection]]) -> None:
    """Check what names other rules, connections and facts: these are known only when all are read.

    Args:
        where: name of a rule to where it stands.
        kinds: every kind of connection that there is.

    Raises:
        RuleError: the first mistake.
    """
    for trigger in rules.triggers:
        for action in (*trigger.do, *trigger.undo):
            if isinstance(action, EnableRule | DisableRule):
                _check_rule(action.rule, rules, f"{where[trigger.name]}: {action.action}")
        states = [trigger.when.state] if isinstance(trigger.when, Change) else []
        _check_states(states, rules, f"{where[trigger.name]}: when", kinds)
    for rule in rules.all():
        _check_states([condition.state for condition in rule.conditions], rules, f"{where[rule.name]}: while", kinds)


def warnings(rules: Rules) -> list[str]:
    """Return what is not there of this computer's files, though rules name it; one sentence each. It may come until then."""
    said = (f"{rule.name}: {lacking}" for rule in rules.triggers for lacking in _lacking((*rule.do, *rule.undo)))
    return list(dict.fromkeys(said))


def _lacking(actions: Iterable[Action]) -> Iterable[str]:
    return (lacking for action in actions if (lacking := action.lacking()))


def _nobody(action: Action, kinds: Mapping[str, type[Connection]]) -> str:
    """Return what to add to the file so that somebody does the action."""
    kind = action.kinds[0]
    able = kinds.get(kind)
    fields = able.model_fields if able is not None else {}
    needed = [f'{name} = "{_EXAMPLES.get(name, "…")}"' for name, field in fields.items() if field.is_required()]
    if able is not None and able.model_construct(kind=kind).barred(kind):
        needed.append("allow = true")
    table = " and ".join([f'[connections.{kind}] with kind = "{kind}"', *needed])
    scan = "; `python run.py lights scan` finds lights and says the lines" if kind in LIGHT_KINDS else ""
    return f"{action.action} needs a connection of kind {' or '.join(action.kinds)}, and there is none; add {table}{scan}"


def _check_states(states: list[State], rules: Rules, where: str, kinds: Mapping[str, type[Connection]]) -> None:
    for state in states:
        if isinstance(state, During):
            _check_rule(state.rule, rules, where)
        if isinstance(state, FactIs):
            _check_fact(state, rules.connections, where, kinds)


def _check_fact(
    state: FactIs, connections: Mapping[str, Connection], where: str, kinds: Mapping[str, type[Connection]]
) -> None:
    """Check that somebody tells this fact, and that it can have this value."""
    if state.connection and state.connection not in connections:
        known = near(state.connection, list(connections))
        raise RuleError(f"{where} names the connection {state.connection!r}, which is not known; {known}")
    asked = [connections[state.connection]] if state.connection else connections.values()
    told = {fact: values for connection in asked for fact, values in connection.facts.items()}
    if state.fact not in told:
        raise RuleError(f"{where} {_untold(state, told, kinds)}")
    values = told[state.fact]
    if values and state.value.casefold() not in values:
        raise RuleError(f"{where} asks whether {state.fact} is {state.value!r}, and it can only be {' or '.join(values)}")


def _untold(state: FactIs, told: Iterable[str], kinds: Mapping[str, type[Connection]]) -> str:
    tellers = [kind for kind, connection in kinds.items() if state.fact in connection.facts]
    if tellers and not state.connection:
        return f"asks for {state.fact!r}, which no connection of this file tells; add [connections.{tellers[0]}]"
    if tellers:
        return f"asks {state.connection!r} for {state.fact!r}, which only {' or '.join(tellers)} tells"
    everything = list(dict.fromkeys([*told] or [fact for connection in kinds.values() for fact in connection.facts]))
    return f"asks for {state.fact!r}, which is not known; {near(state.fact, everything)}"


def _check_rule(name: str, rules: Rules, where: str) -> None:
    if name not in rules.names():
        raise RuleError(f"{where} names the rule {name!r}, which is not known; {near(name, rules.names())}")
