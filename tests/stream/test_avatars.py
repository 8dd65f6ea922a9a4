"""Tests of the choice between the network and the puppet: what is taken, and what is said of it."""

import importlib.util
from contextlib import closing
from pathlib import Path
from typing import Any

import made_avatars
import pytest
from made_avatars import empty_library, opened, pose, put

import run
from avatar.mascot import build_mascot
from avatar.neural.renderer import NeuralRenderer
from avatar.package import library as library_module
from avatar.package.errors import PackageError
from avatar.package.library import Library
from avatar.puppet import PuppetRenderer
from stream import avatars
from trackers.errors import UserError


@pytest.fixture
def no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ONNX Runtime be absent."""
    find = importlib.util.find_spec

    def find_all_but_it(name: str, *rest: Any) -> Any:
        return None if name == "onnxruntime" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find_all_but_it)


@pytest.mark.parametrize("name", ["mascot", "robin"])
def test_the_network_is_taken_where_there_is_one(library: Library, name: str) -> None:
    """By itself, with nothing to explain but its backend."""
    with closing(opened(library, name).renderer) as renderer:
        assert isinstance(renderer, NeuralRenderer)
        assert renderer.drawing.name == "neural"
        assert renderer.drawing.reason == "network S, fp32: the quickest of the avatar's networks on a CPU"
        assert renderer.render(pose(), time_ns=0).image.shape == (made_avatars.HIGH_PX, made_avatars.WIDE_PX, 4)


def test_without_onnx_runtime_the_puppet_says_why(library: Library, no_runtime: None) -> None:
    """The built-in one is the puppet made in code; the user's is drawn from the proxy; the reason tells what to install."""
    for name, triangles in (("mascot", len(build_mascot().mesh.triangles)), ("robin", None)):
        made = opened(library, name)
        with closing(made.renderer) as renderer:
            assert isinstance(renderer, PuppetRenderer)
            assert made.drawing.name == "puppet"
            assert made.drawing.reason.endswith(
                "; without its network: a neural avatar needs the package onnxruntime, which is not installed; "
                'run `pip install ".[onnx]"`, then start again'
            )
            proxy = len(library.load("robin").parts.character.mesh.triangles)
            assert len(renderer.character.mesh.triangles) == (triangles or proxy)


def test_an_onnx_runtime_that_does_not_start_is_one_sentence(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its libraries may be missing although it is installed: the puppet draws, and --renderer neural is refused."""

    def broken() -> Any:
        raise ImportError("DLL load failed")

    monkeypatch.setattr("avatar.neural.runtime.runtime", broken)
    made = opened(library, "mascot")
    made.renderer.close()
    assert "ONNX Runtime is installed but does not start (DLL load failed)" in made.why
    with pytest.raises(UserError, match="^ONNX Runtime is installed but does not start "):
        opened(library, "mascot", kind="neural")


def test_without_a_package_the_built_in_avatar_is_the_puppet(tmp_path: Path) -> None:
    """It can be drawn without; if the network is asked for, that is an error; nobody else can be drawn without."""
    nothing = empty_library(tmp_path)
    made = opened(nothing, "mascot")
    with closing(made.renderer):
        assert isinstance(made.renderer, PuppetRenderer)
        assert "mascot has no trained package yet" in made.why
    with pytest.raises(PackageError, match="^mascot has no trained package yet"):
        opened(nothing, "mascot", kind="neural")
    for kind in ("auto", "neural", "puppet"):
        with pytest.raises(PackageError, match="^no avatar is named robin; there are none yet; bring one with"):
            opened(nothing, "robin", kind=kind)


def test_a_damaged_avatar_is_refused_and_the_built_in_one_explained(library: Library, tmp_path: Path) -> None:
    """One sentence that names the file; the mascot is still drawn, without its network."""
    torn = tmp_path / "torn.avatar"
    torn.write_bytes((library.folder / "robin.avatar").read_bytes()[:-500])
    for kind in ("auto", "neural", "puppet"):
        with pytest.raises(PackageError) as told:
            opened(library, str(torn), kind=kind)
        assert str(told.value).startswith("torn.avatar must be a whole zip archive, got a damaged one")
        assert "\n" not in str(told.value)
    damaged = empty_library(tmp_path)
    put(damaged, "mascot")
    next(iter(sorted((tmp_path / "built-in").glob("*.onnx")))).write_bytes(b"no network")
    made = opened(damaged, "mascot")
    made.renderer.close()
    assert isinstance(made.renderer, PuppetRenderer)
    assert "network-S.onnx" in made.why


def test_a_network_that_is_too_slow_leaves_the_built_in_avatar_to_the_puppet(library: Library) -> None:
    """With its reason; somebody else's goes on as the proxy, and may climb again; asked for, the network's rungs stay."""
    made = opened(library, "mascot", budget_ms=1e-6)
    with closing(made.renderer) as renderer:
        assert isinstance(renderer, PuppetRenderer)
        assert renderer.rung == len(renderer.efforts) - 1
        assert made.why == "without its network: it does not keep 0.0 ms a picture on this computer"
    for name, kind in (("robin", "auto"), ("mascot", "neural")):
        with closing(opened(library, name, kind=kind, budget_ms=1e-6).renderer) as renderer:
            assert isinstance(renderer, NeuralRenderer)
            assert renderer.drawing.reason == (
                "the bare proxy, without the network, at three quarters of the size; eased to keep the beat"
            )


def test_a_network_that_fails_from_the_start_is_no_avatars(tmp_path: Path) -> None:
    """Asked for, it is refused; else the puppet draws and says why."""
    library = empty_library(tmp_path)
    put(library, "robin", broken=True)
    sentence = "its network fails (the network gave numbers that are not finite); get a fresh copy of the avatar, "
    with pytest.raises(UserError) as told:
        opened(library, "robin", kind="neural")
    assert str(told.value).startswith(sentence)
    made = opened(library, "robin")
    made.renderer.close()
    assert isinstance(made.renderer, PuppetRenderer)
    assert made.why.startswith(f"without its network: {sentence}")


def test_an_avatar_in_the_built_in_ones_place_is_the_one_that_is_drawn(tmp_path: Path) -> None:
    """Also as a puppet; and if it is damaged nobody stands in for it."""
    library = empty_library(tmp_path)
    path = put(library, "robin").rename(library.folder / "mascot.avatar")
    proxy = len(library.load("mascot").parts.character.mesh.triangles)
    with closing(opened(library, "mascot", kind="puppet").renderer) as renderer:
        assert len(renderer.character.mesh.triangles) == proxy
    path.write_bytes(b"nothing")
    with pytest.raises(PackageError):
        opened(library, "mascot")


def test_a_precision_that_the_avatar_does_not_have_is_said_with_what_to_do(library: Library) -> None:
    """It is not the avatar that must be brought again."""
    with pytest.raises(PackageError, match="the avatar has no int8 network, only fp32; leave --avatar.precision away$"):
        opened(library, "robin", precision="int8")


def test_names(library: Library, tmp_path: Path) -> None:
    """The built-in one first, also when it has no package; a damaged one is not offered."""
    assert avatars.names(library) == ("mascot", "robin")
    other = empty_library(tmp_path)
    assert avatars.names(other) == ("mascot",)
    put(other, "robin")
    (other.folder / "torn.avatar").write_bytes(b"nothing")
    assert avatars.names(other) == ("mascot", "robin")


def test_what_cannot_be_drawn_ends_the_program_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], no_runtime: None
) -> None:
    """Exit status 2 and no traceback, for an avatar that is not there and for a network that cannot run."""
    monkeypatch.setattr(library_module, "user_folder", lambda: tmp_path / "avatars")
    monkeypatch.setattr(library_module, "BUILT_IN_FOLDER", tmp_path / "built-in")
    monkeypatch.setenv("COLUMNS", "400")
    put(Library(), "mascot")
    words = ["live", "--source", "demo", "--sink", "null", "--seconds", "1"]
    wanted = {
        ("--renderer", "neural"): "error: a neural avatar needs the package onnxruntime, which is not installed; ",
        ("--avatar", "robin"): "error: no avatar is named robin; there are mascot; bring one with python run.py avatar import",
        ("--avatar", str(tmp_path / "none.avatar")): f"error: {tmp_path / 'none.avatar'} was not found; give a name of",
        ("--renderer", "oil"): "error: --renderer must be 'auto', 'neural' or 'puppet', got 'oil'; see --print-config",
    }
    for given, sentence in wanted.items():
        assert run.main([*words, *given]) == 2
        said = capsys.readouterr().err
        assert said.startswith(sentence), said
        assert said.count("\n") == 1
