"""The configuration: one TOML file, every key also a flag, every default in one place.

Owns reading, checking and writing settings. Knows nothing of what they configure; `app` hands each part its own.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from stream.paths import settings_folder
from stream.text_files import text_of
from trackers.errors import UserError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceConfig(_Section):
    """Where pictures come from."""

    name: str = Field("auto", description="auto, demo, a camera's number or name, a URL, a file or a folder")
    width_px: int = Field(1280, ge=64, le=7680, description="asked of a camera")
    height_px: int = Field(720, ge=64, le=4320, description="asked of a camera")
    fps: float = Field(30, gt=0, le=240, description="asked of a camera; the rate of pictures")
    loop: bool = Field(False, description="start files again at their end")
    as_fast_as_possible: bool = Field(False, description="files: no waiting, the same output on every run")


class TrackerConfig(_Section):
    """What is looked for in a picture."""

    engine: Literal["posecast", "mediapipe", "onnx"] = Field(
        "posecast", description="ours, the reference to compare with, or an ONNX model of your own"
    )
    model: str = Field("", description="for engine onnx: the file of RTMPose, RTMW, DWPose or their like")
    mode: Literal["fast", "balanced", "accurate"] = Field(
        "balanced", description="accurate looks at every part in every frame, balanced at those that changed; fast: lite models"
    )
    body_model: Literal["auto", "lite", "full", "heavy"] = Field(
        "auto", description="larger is steadier and slower; auto: lite when fast, else full"
    )
    hand_model: Literal["auto", "lite", "full"] = Field("auto", description="lite takes half the time; auto as above")
    precision: Literal["auto", "int8", "fp32"] = Field(
        "auto", description="of the hand model's weights; auto: int8 where the processor is quicker with them"
    )
    ease: bool = Field(True, description="turn to lighter models when the computer cannot keep up, and back")
    own_process: bool = Field(
        True, description="live, track in a process of its own, so that the output beat never waits for it"
    )
    person: Literal["largest", "left", "centre", "right"] = Field(
        "largest", description="whom to follow if there are several: the largest and most central, or by place in the picture"
    )
    hands: bool = Field(True, description="track both hands")
    face: bool = Field(True, description="track face, gaze and expression")
    threads: int = Field(
        0,
        ge=0,
        le=64,
        description="that tracking may use, in all (onnx: for each run); 0 takes what the renderer leaves, at most 2",
    )


class LostConfig(_Section):
    """What happens to a part (body, hand, face) that is not found any more."""

    hold_s: float = Field(0.25, ge=0, le=60, description="it stays as it was for so long, its motion running out")
    decay_s: float = Field(0.6, ge=0, le=60, description="then it takes so long to come to rest")
    return_s: float = Field(0.2, ge=0, le=60, description="and so long to come back when it is found again")


class AvatarConfig(_Section):
    """Who is drawn, and how."""

    name: str = Field("mascot", min_length=1, description="one of `avatar list`, or the path of an .avatar file")
    renderer: Literal["auto", "neural", "puppet"] = Field(
        "auto", description="neural: a network paints it; puppet: drawn without one; auto: neural where it keeps the beat"
    )
    quality: Literal["auto", "S", "M", "L"] = Field("auto", description="the largest network that may paint")
    precision: Literal["auto", "int8", "fp32"] = Field("auto", description="in which numbers the network computes")
    profile: str = Field("default", description="whose calibration is used, and where a new one goes")
    framing: Literal["bust", "upper", "full"] = Field("bust", description="how much of the body is in the picture")
    mirror: bool = Field(False, description="show the avatar as in a mirror")
    width_px: int = Field(512, ge=64, le=4096, description="of the avatar's picture")
    height_px: int = Field(512, ge=64, le=4096, description="of the avatar's picture")
    ease: bool = Field(True, description="draw with less effort when the computer cannot keep the beat")
    threads: int = Field(0, ge=0, le=16, description="that draw a picture together; 0 takes two where there are four cores")


class OutputConfig(_Section):
    """Where the avatar goes."""

    fps: float = Field(60, ge=1, le=240, description="the output clock")
    sinks: tuple[Literal["overlay", "virtual-camera", "null"], ...] = Field(
        ("overlay", "virtual-camera"), description="which sinks run; a recorder comes with output.record"
    )
    background: str = Field("#00b140", description="behind the avatar where there is no alpha: a colour, a picture or a video")
    record: str = Field("", description="write a video: a path that ends in .mp4 or .webm (with alpha)")
    record_session: str = Field("", description="write the tracking data: a path that ends in .pcast")


class VirtualCameraConfig(_Section):
    """The webcam that other programs see."""

    device: str = Field("", description="empty: the first that is free")
    width_px: int = Field(1280, ge=64, le=7680)
    height_px: int = Field(720, ge=64, le=4320)
    fps: float = Field(60, gt=0, le=240)


class ServerConfig(_Section):
    """The overlay page, the panel and the socket."""

    host: str = Field("127.0.0.1", description="127.0.0.1 keeps it on this computer")
    port: int = Field(8765, ge=0, le=65535, description="0 takes any free port")
    show_camera: bool = Field(False, description="let the panel show the camera's picture")


class GestureTune(_Section):
    """When one gesture is told; what is left out stays as built in."""

    enter: float | None = Field(None, gt=0, le=1, description="confidence from which on it is being made")
    leave: float | None = Field(None, ge=0, le=1, description="confidence below which it is not any more")
    hold_s: float | None = Field(None, ge=0, le=60, description="it is told once it has been made for so long")
    cooldown_s: float | None = Field(None, ge=0, le=3600, description="after its end it is not told again for so long")


class GesturesConfig(_Section):
    """Which gestures are recognised, and when they are told."""

    enabled: bool = Field(True, description="recognise gestures at all")
    off: tuple[str, ...] = Field((), description="gestures or families that are never told")
    settle_s: float = Field(0.15, ge=0, le=5, description="a part that was lost counts again after so long")
    tune: dict[str, GestureTune] = Field(
        default_factory=dict, description="by gesture or family: enter, leave, hold_s, cooldown_s"
    )


class TriggersConfig(_Section):
    """What gestures do; the rules themselves are the tables [[trigger]], [[mapping]] and [connections.NAME]."""

    enabled: bool = Field(True, description="false: the rules are checked, and none fires")
    rules: str = Field("", description="a file of rules, instead of those in this file")
    dry_run: bool = Field(False, description="only write down what the rules would do")
    log: str = Field("", description="write what fired and why, one JSON object a line, to this file")


class Config(_Section):
    """All settings."""

    source: SourceConfig = SourceConfig()
    tracker: TrackerConfig = TrackerConfig()
    lost: LostConfig = LostConfig()
    avatar: AvatarConfig = AvatarConfig()
    output: OutputConfig = OutputConfig()
    virtual_camera: VirtualCameraConfig = VirtualCameraConfig()
    server: ServerConfig = ServerConfig()
    gestures: GesturesConfig = GesturesConfig()
    triggers: TriggersConfig = TriggersConfig()
    connections: dict[str, Any] = Field(default_factory=dict)
    trigger: tuple[dict[str, Any], ...] = ()
    mapping: tuple[dict[str, Any], ...] = ()

    _file: Path | None = PrivateAttr(None)

    @property
    def file(self) -> Path:
        """Where the settings were read from."""
        return self._file or default_path()

    def __eq__(self, other: object) -> bool:
        """Tell whether the settings are the same, whatever file they stand in."""
        return isinstance(other, Config) and self.model_dump() == other.model_dump()

    def rule_tables(self) -> dict[str, Any]:
        """Return the rules that stand in the settings' own file, as `stream.triggers` reads them."""
        return {"connections": self.connections, "trigger": list(self.trigger), "mapping": list(self.mapping)}


SECTIONS: Final[dict[str, type[BaseModel]]] = {
    name: field.annotation
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
"""The tables whose keys are flags too; the others hold rules."""

_PLAINER: Final = {"a valid boolean": "true or false", "a valid number": "a number", "a valid integer": "a whole number"}


def default_path() -> Path:
    """Return where the configuration is looked for if no other file is named."""
    return settings_folder() / "posecast.toml"


def load_config(
    path: Path | None = None, overrides: dict[str, str] | None = None, *, flags: Mapping[str, str] | None = None
) -> Config:
    """Read the file (the default one may be absent), lay `overrides` over it and check all of it.

    Args:
        overrides: dotted key to text, as given by flags: {"server.port": "9000"}.
        flags: how flags with a name of their own are written: {"server.port": "--port"}; the others are --server.port.

    Raises:
        UserError: the file cannot be read, a key or value is not allowed, or a flag is of no use; one sentence that names it.
    """
    tree = _read(path)
    for key, text in (overrides or {}).items():
        _put(tree, key, text)
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        written = {key: (flags or {}).get(key, f"--{key}") for key in overrides or {}}
        raise UserError(_sentence(error, origin=str(path or default_path()), written=written)) from None
    _check_model_is_used(config, overrides or {}, flags or {})
    config._file = path
    return config


def _check_model_is_used(config: Config, overrides: Mapping[str, str], flags: Mapping[str, str]) -> None:
    """Refuse a model that was asked for with an engine that takes none; in a file it may wait for its engine."""
    if overrides.get("tracker.model") and config.tracker.engine != "onnx":
        model, engine = (flags.get(key, f"--{key}") for key in ("tracker.model", "tracker.engine"))
        raise UserError(
            f"{model} is for the engine onnx, got {config.tracker.engine}; add {engine} onnx, or leave {model} away"
        )


def toml_text(config: Config) -> str:
    """Return the effective configuration as a TOML file that `load_config` reads back to the same values.

    Its letters are ASCII, others are numbers: so it is whole whatever a Windows shell makes of what it is given.
    """
    tree = config.model_dump(mode="json", exclude_none=True)
    text = tomli_w.dumps({key: value for key, value in tree.items() if value or key in SECTIONS})
    return "".join(letter if letter.isascii() else f"\\U{ord(letter):08X}" for letter in text)


def keys() -> tuple[str, ...]:
    """Return every dotted key."""
    return tuple(f"{section}.{key}" for section, model in SECTIONS.items() for key in model.model_fields)


def _read(path: Path | None) -> dict[str, Any]:
    file = path or default_path()
    if path is None and not file.exists():
        return {}
    try:
        return tomllib.loads(text_of(file.read_bytes()))
    except OSError as error:
        raise UserError(f"{file} could not be read ({error.strerror}); check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is not valid TOML: {error}; mend that line or start from --print-config") from None


def _put(tree: dict[str, Any], key: str, text: str) -> None:
    """Set `key` in `tree`; the text is a TOML value if it reads as one, else it is the string itself."""
    section, _, name = key.partition(".")
    if not name or key not in keys():
        raise UserError(f"--{key} is not a setting; known: {_near(key)}")
    field = SECTIONS[section].model_fields[name]
    value: Any = text
    if field.annotation is not str:
        value = _toml_value(text)
    if isinstance(value, str) and "tuple" in str(field.annotation):
        value = [part.strip() for part in value.split(",") if part.strip()]
    table = tree.setdefault(section, {})
    if isinstance(table, dict):  # else the file is wrong there, and checking it will tell
        table[name] = value


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _near(key: str) -> str:
    section = key.partition(".")[0]
    near = [known for known in keys() if known.startswith(section + ".")]
    return ", ".join(near or SECTIONS)


def _sentence(error: ValidationError, *, origin: str, written: Mapping[str, str]) -> str:
    """Put the first thing wrong into one sentence: by its flag if one was `written`, else with the file."""
    first = error.errors()[0]
    path = [part for part in first["loc"] if isinstance(part, str)]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return f"{origin}: {key} is not a setting; known: {', '.join(_known(path[:-1]))}"
    if first["type"] in ("model_type", "model_attributes_type"):
        return f"{origin}: {key} must be a table, got {first['input']!r}; see --print-config"
    wish = first["msg"].removeprefix("Input ").replace("should be", "must be")
    wish = wish.partition(", unable to")[0].partition(", got")[0]
    for word, plainer in _PLAINER.items():
        wish = wish.replace(word, plainer)
    return f"{written.get('.'.join(path[:2]), f'{origin}: {key}')} {wish}, got {first['input']!r}; see --print-config"


def _known(table: list[str]) -> list[str]:
    """Return the keys that may stand in this table of the file."""
    if not table:
        return list(Config.model_fields)
    model = GestureTune if table[:2] == ["gestures", "tune"] else SECTIONS[table[0]]
    return list(model.model_fields)
