"""From a value to an action: how far along the way it is, and what the action's field becomes there.

Owns the arithmetic of a mapping and its checks. Pure and without memory: smoothing and rates are `driving.py`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, get_args, get_origin

from stream.actions import colours
from stream.actions.base import Action
from stream.triggers.blend import Triple, blend
from stream.triggers.tables import MappingTable
from trackers.errors import UserError
from trackers.spelling import near

HUE: Final = "hue"
_TEMPLATE: Final = "{value"


@dataclass(frozen=True, slots=True)
class Curve:
    """The straight way from `from_` to `to`."""

    kind: type[Action]
    given: Mapping[str, Any]
    """The action's table, but for the field."""
    field: str
    """`hue` stands for a colour by its hue in degrees, `channels.pan` for an entry of a table; empty: nothing is filled in, the
    action's texts use the value."""
    from_: tuple[float, float]
    to: tuple[float, float]
    """Unused if there are colours."""
    colours: tuple[Triple, Triple] | None
    """sRGB, gamma coded, 0..1."""
    wrap: bool

    def share(self, value: float) -> float:
        """Return 0..1, how far along the way the value is."""
        share = (value - self.from_[0]) / (self.from_[1] - self.from_[0])
        return share % 1.0 if self.wrap else min(max(share, 0.0), 1.0)

    def number(self, share: float) -> float:
        """Return what the field becomes, if it is a number."""
        return self.to[0] + share * (self.to[1] - self.to[0])

    def table(self, share: float) -> dict[str, Any]:
        """Return the action's table at a place of the way, 0..1."""
        name, _, key = ("color" if self.field == HUE else self.field).partition(".")
        if not name:
            return dict(self.given)
        written = self._written(name, share)
        return {**self.given, name: {**self.given.get(name, {}), key: written} if key else written}

    def at(self, share: float) -> Action:
        """Return the action at a place of the way, 0..1."""
        return self.kind.model_validate(self.table(share))

    def _written(self, name: str, share: float) -> Any:
        if self.colours is not None:
            red, green, blue = (round(channel * 255) for channel in blend(*self.colours, share))
            return f"#{red:02x}{green:02x}{blue:02x}"
        number = self.number(share)
        if self.field == HUE:
            return f"hue({number % 360:.1f})"
        annotation = self.kind.model_fields[name].annotation
        kind = str(get_args(annotation)[1] if get_origin(annotation) is dict else annotation)
        if "str" in kind and "float" not in kind:
            return f"{number:.4g}"
        return round(number) if "int" in kind and "float" not in kind else round(number, 4)


def make_curve(table: MappingTable, *, kind: type[Action], make: Callable[[Mapping[str, Any]], Action]) -> Curve:
    """Return the curve of a mapping.

    Args:
        make: makes an action of its table, with its target; raises a `UserError` for one that cannot be.

    Raises:
        UserError: an end of the way cannot be, or the field is none of the action's.
    """
    if table.from_[0] == table.from_[1]:
        raise UserError(f"from must have two different ends, got {list(table.from_)}")
    ends = _colours(table.to)
    numbers = (0.0, 0.0) if ends is not None else _numbers(table.to)
    curve = Curve(kind, table.do, _field(table, kind, coloured=ends is not None), table.from_, numbers, ends, table.wrap)
    made = [make(curve.table(share)) for share in (0.0, 1.0 if not table.wrap else 0.999)]
    return replace(curve, given={**table.do, "target": made[0].target})


def _field(table: MappingTable, kind: type[Action], *, coloured: bool) -> str:
    """Return the field that is driven: as given, or a light's colour if the way is one of colours."""
    known = [name for name in kind.model_fields if name not in ("action", "target")]
    name = table.do["action"]
    field = table.field or ("color" if coloured and "color" in known else "")
    if not field and _TEMPLATE not in str(table.do):
        raise UserError(f"it needs a field of {name} that the value drives; {near('', known)}")
    if field == HUE and "color" in known:
        if coloured:
            raise UserError(f"field is 'hue', so to must be two numbers, got {list(table.to)}")
        return field
    if field and field.partition(".")[0] not in known:
        raise UserError(
            f"field is {field!r}, which {name} has not; {near(field, [*known, *([HUE] if 'color' in known else [])])}"
        )
    if field == "color" and not coloured:
        raise UserError(f"field is 'color', so to must be two colours, got {list(table.to)}; for numbers take field = \"hue\"")
    return field


def _colours(to: tuple[Any, Any]) -> tuple[Triple, Triple] | None:
    if all(isinstance(end, str) for end in to):
        return colours.parse(to[0]).rgb, colours.parse(to[1]).rgb
    return None


def _numbers(to: tuple[Any, Any]) -> tuple[float, float]:
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in to):
        raise UserError(f"to must be two numbers or two colours, got {list(to)}")
    return float(to[0]), float(to[1])
