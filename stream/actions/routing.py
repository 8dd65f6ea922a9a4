"""Which connection carries out an action.

Owns the choice and its sentences. Pure; knows nothing of queues or sockets.
"""

from collections.abc import Iterable, Mapping

from stream.actions.base import Action, Connection
from trackers.errors import UserError
from trackers.spelling import near


def with_implicit(
    connections: Mapping[str, Connection], *, actions: Iterable[Action], kinds: Mapping[str, type[Connection]]
) -> dict[str, Connection]:
    """Return the connections, and one with default values for each kind that an action needs and that needs no configuring."""
    found = dict(connections)
    for action in actions:
        have = {connection.kind for connection in found.values()}
        if have.isdisjoint(action.kinds):
            for kind in action.kinds:
                if kind in kinds and kinds[kind].implicit and kind not in found:
                    found[kind] = kinds[kind](kind=kind)
                    break
    return found


def route(action: Action, connections: Mapping[str, Connection]) -> str:
    """Return the name of the connection that does `action`; where none is named, of those alone that lack nothing for it.

    Raises:
        UserError: there is none, none of that name, or several and none is named.
    """
    able = [name for name, connection in connections.items() if connection.kind in action.kinds]
    kinds = " or ".join(action.kinds)
    if action.target:
        if action.target not in connections:
            raise UserError(
                f"{action.action} has the target {action.target!r}, which is no connection; {near(action.target, able)}"
            )
        if action.target not in able:
            kind = connections[action.target].kind
            raise UserError(f"{action.action} needs a target of kind {kinds}, but {action.target!r} is of kind {kind}")
        able = [action.target]
    if not able:
        kind = action.kinds[0]
        table = f'[connections.{kind}] with kind = "{kind}"'
        raise UserError(f"{action.action} needs a connection of kind {kinds}, and there is none; add {table}")
    lacking = {name: why for name in able if (why := connections[name].lacks(action, name)) is not None}
    fit = [name for name in able if name not in lacking]
    if not fit:
        raise UserError(f"{action.action}: {lacking[able[0]]}")
    if len(fit) > 1:
        raise UserError(f"{action.action} could be done by {', '.join(fit)}; say which with target")
    return fit[0]
