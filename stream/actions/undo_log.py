"""What rules changed at one connection, and what brings it back.

Owns the order of the changes. Of several rules that changed the same, the one that did so last decides until it ends; then
comes what was there before, without a look at anything between. Nothing is forgotten until it is back, or is known not to come.
Pure: knows nothing of clients.
"""

from dataclasses import dataclass
from typing import Final

from stream.actions.base import Action, Order

FRESH_S: Final = 60.0
"""So long after a rule has ended, a connection that comes back is still given what was before."""


@dataclass(slots=True, eq=False)
class UndoEntry:
    """One change."""

    order: Order
    """That made it."""
    back: Action
    """Brings back what was before."""
    over_s: float | None = None
    """When the rule ended; None while it goes on."""
    returning: Order | None = None
    """The order that is to bring it back, while it waits or is being done."""


class UndoLog:
    """Those of one connection, oldest first."""

    def __init__(self) -> None:
        self._kept: list[UndoEntry] = []

    def __len__(self) -> int:
        return len(self._kept)

    def holds(self, rule: str) -> bool:
        """Tell whether a rule that goes on changed something."""
        return any(kept.order.rule == rule and kept.over_s is None for kept in self._kept)

    def knows(self, order: Order) -> bool:
        """Tell whether what was before this order is kept."""
        return any(kept.order is order for kept in self._kept)

    def keep(self, order: Order, back: Action) -> None:
        """Keep what brings back what an order is about to change."""
        self._kept.append(UndoEntry(order, back))

    def forget(self, order: Order) -> None:
        """An order was not done: there is nothing to bring back."""
        self._kept = [kept for kept in self._kept if kept.order is not order]

    def end(self, rule: str | None, *, now_s: float) -> None:
        """A rule has ended; None: all have."""
        for kept in self._kept:
            if kept.over_s is None and rule in (None, kept.order.rule):
                kept.over_s = now_s

    def due(self, *, now_s: float, fresh_s: float = float("inf")) -> list[Order]:
        """Return the orders that bring back what can come back now, newest change first, each once until `settle`.

        What a rule that goes on has changed since then waits for that rule. What an older one would write over wholly is
        left out for good.

        Args:
            fresh_s: what ended longer ago than this is left alone.
        """
        due = [
            kept
            for number, kept in enumerate(self._kept)
            if kept.over_s is not None
            and now_s - kept.over_s <= fresh_s
            and not any(_is_in_the_way(newer, kept) for newer in self._kept[number + 1 :])
        ]
        needless = [kept for number, kept in enumerate(due) if any(_same(older, kept) for older in due[:number])]
        self._kept = [kept for kept in self._kept if not any(kept is one for one in needless)]
        orders = []
        for kept in reversed(due):
            if kept.returning is None and not any(kept is one for one in needless):
                kept.returning = Order(kept.back, kept.order.rule, "brought back")
                orders.append(kept.returning)
        return orders

    def settle(self, order: Order, *, is_back: bool) -> None:
        """Take what became of an order of `due`: it is back (or cannot come back), or may be tried again."""
        for kept in self._kept:
            if kept.returning is order:
                kept.returning = None
                if is_back:
                    self._kept.remove(kept)
                return

    def settle_all(self) -> None:
        """All orders of `due` that were waiting have been dropped: they may be tried again."""
        for kept in self._kept:
            kept.returning = None


def _is_in_the_way(newer: UndoEntry, kept: UndoEntry) -> bool:
    """Tell whether a newer change of the same goes on."""
    return newer.over_s is None and newer.order.action.overlaps(kept.order.action)


def _same(one: UndoEntry, other: UndoEntry) -> bool:
    """Tell whether one, done after the other, leaves nothing of it."""
    key = one.back.merge_key
    return key is not None and type(one.back) is type(other.back) and key == other.back.merge_key
