"""Reading rules from tables, as `tomllib` gives them.

Owns every check that can be made before anything is connected: names, fields, targets. A mistake is one sentence that says
where it is. Knows nothing of files (`rule_files.py`) and of what happens later (`engine.py`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from stream.actions.base import Action, Connection
from stream.actions.registry import ACTIONS, CONNECTIONS
from stream.actions.routing import with_implicit
from stream.triggers.checks import check_names, placed
from stream.triggers.conditions import Change, When, While, lasts
from stream.triggers.curves import make_curve
from stream.triggers.mistakes import ACTION_TABLE, near_or_all, sentence
from stream.triggers.own_actions import OWN_ACTIONS
from stream.triggers.rule_types import MappingRule, RuleError, Rules, Trigger
from stream.triggers.tables import FILE_KEYS, MappingTable, TriggerTable
from stream.triggers.wording import Vocabulary, WordingError, controller_in, parse_when, parse_while
from trackers.errors import UserError
from trackers.spelling import near

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The actions and connections that there are, by name."""

    actions: Mapping[str, type[Action]]
    connections: Mapping[str, type[Connection]]


ALL_KINDS: Final = Kinds({**OWN_ACTIONS, **ACTIONS}, CONNECTIONS)


def parse_rules(
    tables: Mapping[str, Any],
    *,
    origin: str,
    gestures: Collection[str],
    families: Mapping[str, tuple[str, ...]],
    values: Collection[str],
    shares: Collection[str] = (),
    kinds: Kinds = ALL_KINDS,
) -> Rules:
    """Return the rules of `trigger`, `mapping`, `connections` and `dry_run` as they stand in a TOML file.

    Args:
        origin: the file's name, with which every sentence begins.
        gestures: every gesture that can be recognised, the user's own included.
        families: names that mean any of several gestures.
        values: names of what mappings and `jawOpen > 0.6` may use.
        shares: those of them that are never outside 0..1.

    Raises:
        RuleError: the first mistake.
    """
    reader = _Reader(origin, Vocabulary(gestures, families, values, shares), kinds)
    rules = reader.read(tables)
    check_names(rules, where=reader.where, kinds=kinds.connections)
    return rules


class _Reader:
    """Reads the tables of one file; `where` names the table that is being read."""

    def __init__(self, origin: str, vocabulary: Vocabulary, kinds: Kinds) -> None:
        self._origin = origin
        self._vocabulary = vocabulary
        self._kinds = kinds
        self.where: dict[str, str] = {}
        """Name of a rule to where it stands."""

    def read(self, tables: Mapping[str, Any]) -> Rules:
        for key in tables:
            if key not in FILE_KEYS:
                raise RuleError(f"{self._origin}: {key!r} is not a table of a rule file; {near(key, FILE_KEYS)}")
        dry_run = tables.get("dry_run", False)
        if not isinstance(dry_run, bool):
            raise RuleError(f"{self._origin}: dry_run must be true or false, got {dry_run!r}")
        connections = self._connections(tables.get("connections", {}))
        written = {kind: self._list(kind, tables.get(kind, [])) for kind in ("trigger", "mapping")}
        actions = [action for _, _, table in self._each(written) for action in self._actions_named(table)]
        connections = with_implicit(connections, actions=actions, kinds=self._kinds.connections)
        triggers: list[Trigger] = []
        mappings: list[MappingRule] = []
        for kind, number, table in self._each(written):
            where, name = self._place(kind, number, table)
            try:
                if kind == "trigger":
                    triggers.append(self._trigger(table, name, connections, dry_run=dry_run))
                else:
                    mappings.append(self._mapping(table, name, connections, dry_run=dry_run))
            except UserError as error:
                raise RuleError(f"{where}: {error}") from None
        return Rules(self._origin, MappingProxyType(connections), tuple(triggers), tuple(mappings))

    def _list(self, kind: str, found: Any) -> list[Any]:
        if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
            raise RuleError(f"{self._origin}: {kind} must be a list of tables; write [[{kind}]] above each")
        return found

    @staticmethod
    def _each(written: Mapping[str, list[dict[str, Any]]]) -> Iterator[tuple[str, int, dict[str, Any]]]:
        for kind, tables in written.items():
            for number, table in enumerate(tables, start=1):
                yield kind, number, table

    def _place(self, kind: str, number: int, table: dict[str, Any]) -> tuple[str, str]:
        """Return where a table stands, and the name of its rule; no two may have the same."""
        given = table.get("name")
        named = isinstance(given, str) and given != ""
        where = f"{self._origin}, {kind} {number}" + (f" ({given})" if named else "")
        name = str(given) if named else f"{kind} {number}"
        if name in self.where:
            raise RuleError(
                f"{where}: the name {name!r} is taken by {self.where[name].removeprefix(f'{self._origin}, ')}; choose another"
            )
        self.where[name] = where
        return where, name

    def _connections(self, found: Any) -> dict[str, Connection]:
        if not isinstance(found, dict):
            raise RuleError(f"{self._origin}: connections must be tables; write [connections.obs]")
        return {name: self._connection(name, table) for name, table in found.items()}

    def _connection(self, name: str, table: Any) -> Connection:
        where = f"{self._origin}, connection {name}"
        if not isinstance(table, dict):
            raise RuleError(f"{where}: must be a table; write [connections.{name}]")
        known = self._kinds.connections
        kind = table.get("kind", name if name in known else None)
        if kind is None:
            raise RuleError(f"{where}: needs a kind; {near(name, list(known))}")
        if kind not in known:
            raise RuleError(f"{where}: the kind {kind!r} is not known; {near(str(kind), list(known))}")
        for secret in known[kind].secrets:
            if secret in table:
                step = f"`python run.py secret set {name}.{secret}`"
                raise RuleError(f"{where}: a {secret} never stands in a file; take it out and run {step}")
        try:
            connection = known[kind].model_validate(table | {"kind": kind})
        except ValidationError as error:
            raise RuleError(f"{where}: {sentence(error, what=kind, model=known[kind])}") from None
        for gesture in connection.gestures_named():
            if gesture not in self._vocabulary.gestures:
                near_by = near_or_all(gesture, list(self._vocabulary.gestures))
                raise RuleError(f"{where}: names the gesture {gesture!r}, which is not known; {near_by}")
        return connection

    def _actions_named(self, table: dict[str, Any]) -> list[Action]:
        """Return the actions of a table that can be read, to learn which connections are needed; mistakes come later."""
        found: list[Action] = []
        for key in ("do", "undo"):
            listed = table.get(key, [])
            for entry in listed if isinstance(listed, list) else [listed]:
                kind = self._kinds.actions.get(str(entry.get("action"))) if isinstance(entry, dict) else None
                if kind is not None:
                    found.append(kind.model_construct(action=entry["action"], target=entry.get("target", "")))
        return found

    def _trigger(self, table: dict[str, Any], name: str, connections: Mapping[str, Connection], *, dry_run: bool) -> Trigger:
        read = _validated(TriggerTable, table)
        if not read.do:
            raise RuleError(f"do is empty; write into it what is done, such as {ACTION_TABLE}")
        try:
            when = parse_when(read.when, self._vocabulary, margin=read.hysteresis)
        except WordingError as error:
            raise RuleError(f"when {error}") from None
        _check_mode(read, when)
        return Trigger(
            name=name,
            when=when,
            conditions=self._conditions(read.conditions),
            do=tuple(self._action(entry, connections) for entry in read.do),
            undo=tuple(self._action(entry, connections) for entry in read.undo),
            mode=read.mode,
            hold_s=max(read.hold_s, when.holds_s if isinstance(when, Change) else 0.0),
            cooldown_s=read.cooldown_s,
            probability=read.probability,
            enabled=read.enabled,
            dry_run=read.dry_run or dry_run,
        )

    def _mapping(
        self, table: dict[str, Any], name: str, connections: Mapping[str, Connection], *, dry_run: bool
    ) -> MappingRule:
        read = _validated(MappingTable, table)
        curve = make_curve(read, kind=self._kind(read.do), make=lambda entry: self._action(entry, connections))
        return MappingRule(
            name=name,
            value=self._value(read.value),
            conditions=self._conditions(read.conditions),
            curve=curve,
            smooth_s=read.smooth_s,
            dead_band=read.dead_band,
            rate_hz=read.rate_hz,
            enabled=read.enabled,
            dry_run=read.dry_run or dry_run,
        )

    def _value(self, text: str) -> str:
        if text.startswith("midi"):
            try:
                return controller_in(text)
            except WordingError as error:
                raise RuleError(f"value {error}") from None
        known = self._vocabulary.values
        if text not in known:
            raise RuleError(f"value is {text!r}, which is not known; {near_or_all(text, list(known))}")
        return text

    def _conditions(self, texts: tuple[str, ...]) -> tuple[While, ...]:
        try:
            return tuple(parse_while(text, self._vocabulary) for text in texts)
        except WordingError as error:
            raise RuleError(f"while {error}") from None

    def _action(self, entry: Mapping[str, Any], connections: Mapping[str, Connection]) -> Action:
        action = _validated(self._kind(entry), entry, what=str(entry["action"]))
        return placed(action, connections, kinds=self._kinds.connections)

    def _kind(self, entry: Mapping[str, Any]) -> type[Action]:
        known = self._kinds.actions
        name = entry.get("action")
        if not isinstance(name, str):
            raise RuleError(f"do needs an action by its name, such as {ACTION_TABLE}")
        if name not in known:
            raise RuleError(f"the action {name!r} is not known; {near_or_all(name, list(known))}")
        return known[name]


def _validated(model: type[M], table: Mapping[str, Any], *, what: str = "") -> M:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise RuleError(sentence(error, what=what, model=model)) from None


def _check_mode(read: TriggerTable, when: When) -> None:
    if read.mode == "held" and not lasts(when):
        raise RuleError(f"mode held needs a when that lasts, and {str(when)!r} is a moment; take once or toggle")
    if read.undo and read.mode == "once":
        raise RuleError("undo is for the modes toggle and held, and mode is once; leave one of them away")
