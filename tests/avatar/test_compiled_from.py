"""Compiled code is made anew when what it was compiled from changes.

numba keeps compiled functions on disk and looks only at the file in which a function stands, not at those whose functions and
constants it compiles in. So a module that compiles in what others define names their contents: who changes those must change
this module too.
"""

import ast
import hashlib
from pathlib import Path

import pytest

AVATAR = Path(__file__).parents[2] / "avatar"


def compiled_in(module: Path) -> list[str]:
    """Return the modules of `avatar`, as paths below it, whose names stand in compiled functions of a module."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    origins = {
        alias.asname or alias.name: node.module.removeprefix("avatar.").replace(".", "/") + ".py"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("avatar.")
        for alias in node.names
    }
    compiled = [node for node in tree.body if isinstance(node, ast.FunctionDef) and "njit" in map(_name, node.decorator_list)]
    used = {name.id for function in compiled for name in ast.walk(function) if isinstance(name, ast.Name)}
    return sorted({origin for name, origin in origins.items() if name in used})


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else ""


DEPENDENT = {str(path.relative_to(AVATAR).as_posix()): names for path in AVATAR.rglob("*.py") if (names := compiled_in(path))}


def test_modules_that_compile_in_others_are_seen() -> None:
    """The rasteriser draws with the functions of three others."""
    assert {"fill.py", "shading.py", "shadow.py"} <= set(DEPENDENT["raster.py"])


@pytest.mark.parametrize("module", sorted(DEPENDENT))
def test_a_module_names_the_contents_of_what_it_compiles_in(module: str) -> None:
    """Else everybody who updates draws on with the old code, and with arrays of the new one."""
    names = DEPENDENT[module]
    held = b"".join((AVATAR / source).read_bytes().replace(b"\r\n", b"\n") for source in names)
    line = f"# compiled in: {', '.join(names)} {hashlib.sha256(held).hexdigest()[:12]}"
    assert line in (AVATAR / module).read_text(encoding="utf-8").splitlines(), f"avatar/{module} must have the line: {line}"
