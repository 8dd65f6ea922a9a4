"""Examples of what the server says of rules and gestures, for `golden_messages.py` and the tests of the panel."""

from stream.actions.base import ConnectionStatus
from stream.gestures.status import TeachingStatus
from stream.server import trigger_messages
from stream.server.messages import Message
from stream.triggers.decisions import RuleState
from stream.triggers.log import Entry
from trackers.gestures.types import GestureState

NOW_NS = 100_000_000_000


def rule(name: str, when: str, do: str, **more: object) -> RuleState:
    """Return a rule that has done nothing yet, but for what is said."""
    nothing = {
        "kind": "trigger",
        "mode": "once",
        "enabled": True,
        "dry_run": False,
        "lit": False,
        "active": False,
        "count": 0,
        "fired_ns": None,
        "cause": "",
        "why_not": "",
        "progress": 0.0,
    }
    return RuleState(name=name, when=when, do=do, **(nothing | more))  # type: ignore[arg-type]


def states() -> list[RuleState]:
    """Return rules in every state that the panel shows."""
    back = "; at the end back as it was"
    return [
        rule(
            "brb",
            "t_pose held for 0.5 s, while scene is Game",
            "obs.scene BRB on obs, light color purple fade 0.5 s on desk",
            count=3,
            fired_ns=NOW_NS - 12_000_000_000,
            cause="t_pose (0.93)",
            why_not="cool-down, 2.1 s left",
        ),
        rule("party", "as long as fist", f"light color red on desk{back}", mode="held", lit=True, active=True, count=1,
             fired_ns=NOW_NS - 1_400_000_000, cause="right_fist (0.88)", progress=1.0),
        rule("combo", "dab then t_pose within 2 s", "overlay.confetti on overlay", progress=0.5),
        rule("stop", "key ctrl+shift+f12", "stop everything", enabled=False),
        rule("dimmer", "right_hand_height, while left_fist", "light on desk: brightness 0 to 100 for 0 to 1", kind="mapping",
             mode="mapping", lit=True, count=412, fired_ns=NOW_NS - 30_000_000, cause="right_hand_height 0.62"),
    ]  # fmt: skip


def connections() -> list[ConnectionStatus]:
    """Return one connection that works and one that does not."""
    return [
        ConnectionStatus("obs", "obs", "ready", "OBS 32.0, 3 scenes"),
        ConnectionStatus("desk", "wled", "retrying", "192.168.1.20 does not answer; again in 5 s"),
        ConnectionStatus("overlay", "overlay", "ready", "1 page listens"),
    ]


def entries() -> list[Entry]:
    """Return a log with a decision, two outcomes and a refusal of the engine."""
    fired = "obs.scene BRB on obs, light color purple fade 0.5 s on desk"
    at = NOW_NS - 12_000_000_000
    cause = "t_pose (0.93)"
    return [
        Entry(41, at, "brb", cause, "fired", fired),
        Entry(42, at + 18_000_000, "brb", cause, "done", "obs.scene BRB on obs", "obs.scene", "obs", 58.4),
        Entry(43, at + 3_000_000_000, "brb", cause, "failed", "desk did not answer within 3 s", "light", "desk"),
        Entry(44, NOW_NS - 9_000_000_000, "brb", cause, "skipped", "cool-down, 2.1 s left"),
        Entry(45, NOW_NS - 1_400_000_000, "party", "right_fist (0.88)", "fired", "light color red on desk"),
    ]


def triggers(*, stopped: bool = False) -> Message:
    """Return the state of the rules."""
    return trigger_messages.triggers_message(
        states(),
        origin="streamer.toml",
        stopped=stopped,
        dry_run=False,
        connections=connections(),
        entries=entries(),
        now_ns=NOW_NS,
    )


TEACHING = TeachingStatus(
    state="recording",
    name="salute",
    take=2,
    takes=3,
    share=0.4,
    left_s=3.04,
    seen=("body", "right_hand"),
    text="Make the gesture and hold it.",
    gestures=("salute",),
)


def gestures(teaching: TeachingStatus = TEACHING) -> Message:
    """Return gestures that are made and not, and a take that is being recorded."""
    made = {
        "t_pose": GestureState(0.12, False, 0.0, None),
        "right_fist": GestureState(0.88, True, 1.4, None),
        "right_pinch": GestureState(0.61, False, 0.0, 0.35),
        "salute": GestureState(0.4567, False, 0.0, None),
    }
    return trigger_messages.gestures_message(made, teaching=teaching)
