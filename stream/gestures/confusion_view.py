"""Which takes fired which gestures, as a table that can be read on a terminal of any width.

Names head the columns where they fit. Where they do not, numbers do, which stand before the names of the rows and are
explained below; and what is still too wide becomes several tables. Knows nothing of how it was found out.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_ANY: Final = 10_000
_CORNER: Final = "takes of ↓ told as →"

Confusion = Mapping[str, Mapping[str, int]]
"""Gesture whose takes were shown -> gesture that was told -> in how many takes."""


def show_confusion(console: Console, confusion: Confusion) -> None:
    """Show the table, unless there is one gesture alone and nothing that it could be taken for."""
    others = sorted({told for row in confusion.values() for told in row} - set(confusion))
    told = [*confusion, *others]
    if len(told) < 2:
        return
    console.print("[italic]How many takes fired what[/]")
    named = _table(confusion, told, heads={name: escape(name) for name in told})
    if _fits(console, named):
        console.print(named)
        return
    numbers = {name: str(number) for number, name in enumerate(told, 1)}
    for table in _numbered(console, confusion, numbers):
        console.print(table)
    if others:
        console.print("Built in:")
        console.print(Columns([f"{numbers[name]} {escape(name)}" for name in others], padding=(0, 2)))


def _numbered(console: Console, confusion: Confusion, numbers: Mapping[str, str]) -> list[Table]:
    """Return as few tables as fit, of about as many columns each; one column each, where not even that fits."""
    told, widest = list(numbers), console.width // 2
    tables: list[Table] = []
    for count in range(1, len(told) + 1):
        size = math.ceil(len(told) / count)
        pieces = [told[begin : begin + size] for begin in range(0, len(told), size)]
        tables = [_table(confusion, piece, heads=numbers, widest=widest) for piece in pieces]
        if all(_fits(console, table) for table in tables):
            break
    return tables


def _table(confusion: Confusion, told: Sequence[str], *, heads: Mapping[str, str], widest: int | None = None) -> Table:
    """Return the table with these columns.

    Args:
        heads: gesture -> head of its column; a number stands before the name of its row, too.
        widest: of the names of the rows, in characters; longer ones go on in the next line.
    """
    table = Table()
    table.add_column(_CORNER, max_width=widest, overflow="fold")
    for name in told:
        table.add_column(heads[name], no_wrap=True, justify="right" if heads[name].isdecimal() else "left")
    for name, row in confusion.items():
        label = f"{heads[name]} {escape(name)}" if heads[name].isdecimal() else escape(name)
        table.add_row(label, *(_cell(row.get(other, 0), own=other == name) for other in told))
    return table


def _fits(console: Console, table: Table) -> bool:
    return console.measure(table, options=console.options.update(width=_ANY)).maximum <= console.width


def _cell(count: int, *, own: bool) -> str:
    if not count:
        return "[dim]·[/]"
    return f"[green]{count}[/]" if own else f"[yellow]{count}[/]"
