"""What the rules do themselves, without any connection: wait, stop everything, switch rules on and off.

Owns these actions. Knows nothing of how the engine carries them out.
"""

from typing import ClassVar, Final, Literal

from pydantic import Field

from stream.actions.base import Action


class StopAll(Action):
    """Stop all: what waits is dropped, and nothing fires until it is resumed in the panel. Then what follows it is done."""

    kinds: ClassVar = ()
    action: Literal["panic"] = "panic"


class Wait(Action):
    """Let time pass before the next action of the list."""

    kinds: ClassVar = ()
    action: Literal["wait"] = "wait"
    seconds: float = Field(gt=0, le=3600, description="for how long")


class EnableRule(Action):
    """Switch a rule on."""

    kinds: ClassVar = ()
    action: Literal["rules.enable"] = "rules.enable"
    rule: str = Field(description="name of the rule")


class DisableRule(Action):
    """Switch a rule off; if it is on, what it did is undone."""

    kinds: ClassVar = ()
    action: Literal["rules.disable"] = "rules.disable"
    rule: str = Field(description="name of the rule")


OWN_ACTIONS: Final[dict[str, type[Action]]] = {
    kind.model_fields["action"].default: kind for kind in (StopAll, Wait, EnableRule, DisableRule)
}
"""Name of an action to its class."""
