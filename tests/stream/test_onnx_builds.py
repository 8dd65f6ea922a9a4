"""Tests of the words about the builds of ONNX Runtime."""

import importlib.util
import sys
from typing import Any

import pytest

from stream import onnx_builds


def _installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(onnx_builds, "packages_distributions", lambda: {"onnxruntime": list(names)})
    monkeypatch.setattr(onnx_builds, "version_of", lambda _: "1.99")


class _Runtime:
    def get_available_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "AzureExecutionProvider", "CPUExecutionProvider"]


def test_the_build_that_is_there_is_found() -> None:
    """Also on this computer: by what its distribution says it brings."""
    pytest.importorskip("onnxruntime")
    assert onnx_builds.onnx_builds()[0].startswith("onnxruntime")
    healthy, words = onnx_builds.describe()
    assert healthy is (len(onnx_builds.onnx_builds()) == 1)
    assert "CPU" in words or not healthy


def test_one_build_is_named_with_what_it_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain one says how to change to a card's; a card's says no more."""
    monkeypatch.setitem(sys.modules, "onnxruntime", _Runtime())
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    _installed(monkeypatch, "onnxruntime_gpu")
    assert onnx_builds.describe() == (True, "onnxruntime-gpu 1.99, can run on CUDA, CPU")
    _installed(monkeypatch, "onnxruntime")
    healthy, words = onnx_builds.describe()
    assert healthy
    assert words.startswith("onnxruntime 1.99, can run on CUDA, CPU (for an NVIDIA card: pip uninstall onnxruntime, then pip ")


def test_two_builds_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the commands that mend it."""
    _installed(monkeypatch, "onnxruntime", "onnxruntime-gpu", "onnxruntime")
    assert onnx_builds.describe() == (
        False,
        "onnxruntime and onnxruntime-gpu are installed over each other; run pip uninstall onnxruntime onnxruntime-gpu, "
        'then install one: pip install ".[onnx]" or pip install ".[cuda]"',
    )


def test_none_and_a_broken_one_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The avatar is drawn all the same."""
    find: Any = importlib.util.find_spec
    _installed(monkeypatch)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnxruntime" else find(name))
    assert onnx_builds.describe() == (
        False,
        'not installed, so the avatar is drawn without its network; pip install ".[onnx]"',
    )
    _installed(monkeypatch, "onnxruntime-directml")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # importing it fails
    healthy, words = onnx_builds.describe()
    assert not healthy
    assert words.startswith("onnxruntime-directml 1.99 does not start (")
    assert words.endswith("; pip install --force-reinstall onnxruntime-directml")
