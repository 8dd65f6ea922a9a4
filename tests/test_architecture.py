"""The floors of the house: who may import whom, what stays out of live streaming, how large a file may grow."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("trackers", "avatar", "stream", "export")

MAY_IMPORT = {
    "trackers": {"trackers"},
    "avatar": {"avatar", "trackers"},
    "stream": {"stream", "avatar", "trackers"},
    "export": {"export", "avatar", "trackers"},
}

LONGEST_FILE = 320
LONGEST_FUNCTION = 45


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[str]:
    """Yield every module that `path` imports, wherever in the file the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_point_one_way() -> None:
    """No package imports one that stands on its own floor or above."""
    for path in modules():
        package = path.relative_to(ROOT).parts[0]
        ours = {name.partition(".")[0] for name in imports_of(path)} & set(PACKAGES)
        assert ours <= MAY_IMPORT[package], f"{path.relative_to(ROOT)} imports {sorted(ours - MAY_IMPORT[package])}"


def test_the_server_stands_above_the_rooms_that_it_tells_of() -> None:
    """What acts, decides and recognises imports nothing of the server; the server may import it."""
    for room in ("actions", "triggers", "gestures"):
        for path in sorted((ROOT / "stream" / room).rglob("*.py")):
            upward = {name for name in imports_of(path) if name == "stream.server" or name.startswith("stream.server.")}
            assert not upward, f"{path.relative_to(ROOT)} imports {sorted(upward)}"


def test_modules_form_no_circle() -> None:
    """The modules can be sorted so that each imports only what stands before it."""
    names = {name_of(path) for path in modules()}
    graph = {name_of(path): {name for name in imports_of(path) if name in names} - {name_of(path)} for path in modules()}
    for name in graph:
        package, _, _ = name.rpartition(".")
        graph[name].discard(package)  # a package's own __init__ may gather what its modules define
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(names)


def test_torch_stays_in_training_and_export() -> None:
    """torch is imported under avatar/training and by export only, onnx never by stream."""
    for path in modules():
        tops = {name.partition(".")[0] for name in imports_of(path)}
        room = path.relative_to(ROOT).parts
        assert "torch" not in tops or room[0] == "export" or room[:2] == ("avatar", "training"), path
        assert not (room[0] == "stream" and tops & {"torch", "onnx"}), path


def test_live_streaming_loads_no_heavy_module() -> None:
    """Importing the whole live program loads neither torch nor jax, mediapipe, pyvirtualcam or PyAV."""
    code = "import sys, run, stream.app; print(sorted({'torch','jax','mediapipe','pyvirtualcam','av'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_files_and_functions_stay_small() -> None:
    """No file or function outgrows its ceiling; a larger one wants to be two."""
    for path in [*modules(), ROOT / "run.py"]:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= LONGEST_FILE, f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lines = node.end_lineno - node.lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{path.relative_to(ROOT)}: {node.name} has {lines} lines"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_every_module_says_what_it_owns(path: Path) -> None:
    """Every module begins with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_git_changes_no_file_on_any_system() -> None:
    """Git for Windows would end lines otherwise, and the built-in avatar's files are known by their hashes."""
    asked = subprocess.run(
        ["git", "check-attr", "text", "--", "avatar/mascot/package/evaluation.json", "run.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.rpartition(": ")[2] for line in asked.stdout.splitlines()] == ["unset", "unset"]


def test_top_level_holds_what_was_agreed() -> None:
    """No package but ours stands at the top."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True).stdout
    tops = {line.partition("/")[0] for line in listed.splitlines() if line.endswith(".py") and "/" in line}
    assert tops <= {*PACKAGES, "tests"}
