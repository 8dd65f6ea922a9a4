"""Compiled code is made anew when what it was compiled from changes.

numba keeps compiled functions on disk and looks only at the file in which a function stands, not at those that it calls. So
a module that compiles in what others define names their contents: who changes those must change this module too.
"""

import hashlib
from pathlib import Path

import pytest

AVATAR = Path(__file__).parents[2] / "avatar"
COMPILED_IN = {
    "shadow.py": ("fill.py",),
    "shading.py": ("fill.py",),
    "raster.py": ("fill.py", "shading.py", "shadow.py"),
    "neural/conditioning.py": ("fill.py", "shading.py"),
}


@pytest.mark.parametrize("module", COMPILED_IN)
def test_a_module_names_the_contents_of_what_it_compiles_in(module: str) -> None:
    """Else everybody who updates draws on with the old code, and with arrays of the new one."""
    held = b"".join((AVATAR / source).read_bytes().replace(b"\r\n", b"\n") for source in COMPILED_IN[module])
    line = f"# compiled in: {', '.join(COMPILED_IN[module])} {hashlib.sha256(held).hexdigest()[:12]}"
    assert line in (AVATAR / module).read_text(encoding="utf-8").splitlines(), f"avatar/{module} must have the line: {line}"
