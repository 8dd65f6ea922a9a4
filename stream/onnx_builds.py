"""Which build of ONNX Runtime is on this computer, and how another one is put in its place.

Owns the names of the builds, which all share one import name: of two that are installed, the later one has overwritten files of
the first. Knows nothing of networks; who runs them chooses among the providers.
"""

from importlib.metadata import PackageNotFoundError, packages_distributions
from importlib.metadata import version as version_of
from typing import Final

from trackers.optional import is_installed

IMPORT_NAME: Final = "onnxruntime"
PLAIN: Final = "onnxruntime"
_EXTRAS: Final = {PLAIN: 'pip install ".[onnx]"', "onnxruntime-gpu": 'pip install ".[cuda]"'}
_SWITCH: Final = (
    'for an NVIDIA card: pip uninstall onnxruntime, then pip install ".[cuda]"; '
    "for another card on Windows: pip uninstall onnxruntime, then pip install onnxruntime-directml"
)


def onnx_builds() -> tuple[str, ...]:
    """Return the distributions that bring ONNX Runtime, by name; normally there is one at most."""
    return tuple(sorted({name.lower().replace("_", "-") for name in packages_distributions().get(IMPORT_NAME, ())}))


def describe() -> tuple[bool, str]:
    """Say which build there is, what it can run on, and how to change it; False if something is to be done."""
    builds = onnx_builds()
    if len(builds) > 1:
        return False, (
            f"{' and '.join(builds)} are installed over each other; run pip uninstall {' '.join(builds)}, "
            f"then install one: {_install(builds)}"
        )
    if not is_installed(IMPORT_NAME):
        return False, f"not installed, so the avatar is drawn without its network; {_EXTRAS[PLAIN]}"
    try:
        import onnxruntime
    except ImportError as error:
        build = builds[0] if builds else PLAIN
        return False, f"{_named(builds)} does not start ({error}); pip install --force-reinstall {build}"
    there = [name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()]
    providers = ", ".join(name for name in there if name != "Azure")  # that is somebody else's computer
    return True, f"{_named(builds)}, can run on {providers}{f' ({_SWITCH})' if builds == (PLAIN,) else ''}"


def _named(builds: tuple[str, ...]) -> str:
    build = builds[0] if builds else IMPORT_NAME
    try:
        return f"{build} {version_of(build)}"
    except PackageNotFoundError:
        return build  # built by hand


def _install(builds: tuple[str, ...]) -> str:
    return " or ".join(_EXTRAS.get(build, f"pip install {build}") for build in builds)
