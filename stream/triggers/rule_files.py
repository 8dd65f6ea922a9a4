"""Rule files on disk.

Owns reading them and the sentences for what is no TOML. Knows nothing of what stands in them (`rules.py`).
"""

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from stream.text_files import text_of
from stream.triggers.rule_types import RuleError, Rules
from stream.triggers.rules import parse_rules
from stream.triggers.tables import FILE_KEYS
from stream.triggers.toml_hints import toml_hint
from trackers.gestures.catalogue import BUILT_IN, FAMILIES
from trackers.gestures.values import VALUES

SHARES: Final = tuple(name for name, value in VALUES.items() if (value.low, value.high) == (0.0, 1.0))
"""The values that never leave 0..1."""

SETTINGS_KEYS: Final = ("source", "tracker", "lost", "avatar", "output", "virtual_camera", "server", "gestures", "triggers")
"""Tables that a settings file has and a rule file has not."""


def read_tables(path: Path, *, may_hold_settings: bool = True) -> dict[str, Any]:
    """Return the tables of a rule file; of a settings file, only those that are rules.

    Args:
        may_hold_settings: False: nothing would come of settings in it, so they are refused.

    Raises:
        RuleError: it cannot be read, or is no TOML: then with line and column.
    """
    tables = _all_tables(path)
    settings = _settings_in(tables)
    if not settings:
        return tables
    if not may_hold_settings:
        raise RuleError(
            f"{path.name}: [{settings[0]}] is a table of settings, which do not count in a rule file; "
            f"move it to posecast.toml, or start with --config {path} alone"
        )
    return {key: value for key, value in tables.items() if key in FILE_KEYS}


def settings_in(path: Path) -> list[str]:
    """Return the tables of settings in a file.

    Raises:
        RuleError: as `read_tables`.
    """
    return _settings_in(_all_tables(path))


def _settings_in(tables: Mapping[str, Any]) -> list[str]:
    return [key for key in SETTINGS_KEYS if isinstance(tables.get(key), dict)]


def _all_tables(path: Path) -> dict[str, Any]:
    text = ""
    try:
        text = text_of(path.read_bytes())
        return tomllib.loads(text)
    except OSError as error:
        raise RuleError(f"{path} could not be read ({error.strerror}); check the name of the rule file") from None
    except UnicodeDecodeError:
        raise RuleError(f"{path} is not text in UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{path.name} is not valid TOML: {error}{toml_hint(str(error), text)}") from None


def rules_of_file(path: Path, *, own_gestures: Collection[str] = (), may_hold_settings: bool = True) -> Rules:
    """Return the rules of a file.

    Args:
        may_hold_settings: as of `read_tables`.

    Raises:
        RuleError: the first mistake.
    """
    tables = read_tables(path, may_hold_settings=may_hold_settings)
    return rules_of_tables(tables, origin=path.name, own_gestures=own_gestures)


def rules_of_tables(tables: Mapping[str, Any], *, origin: str, own_gestures: Collection[str] = ()) -> Rules:
    """Return the rules of tables, with every gesture that is built in, and the user's own.

    Raises:
        RuleError: the first mistake.
    """
    gestures = [*(spec.name for spec in BUILT_IN), *own_gestures]
    return parse_rules(tables, origin=origin, gestures=gestures, families=FAMILIES, values=VALUES, shares=SHARES)
