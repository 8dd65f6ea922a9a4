"""What this computer is, for reports and `doctor`. Owns the questions to the system; knows nothing of the pipeline."""

import platform
import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import psutil

_PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


@cache
def version() -> str:
    """Return Posecast's version, as pyproject.toml says it (an installation brings no package of ours)."""
    return str(tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["version"])


@cache
def machine() -> dict[str, Any]:
    """Return {cpu, cores, memory_mb, gpu, os, python} as plain JSON values."""
    return {
        "cpu": _cpu_name(),
        "cores": psutil.cpu_count() or 1,
        "memory_mb": round(psutil.virtual_memory().total / 2**20),
        "gpu": _gpu_name(),
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        return _output("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()
    return platform.processor() or platform.machine()


def _gpu_name() -> str | None:
    """Return the first NVIDIA card's name, or None: no other card is used yet."""
    return _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").partition("\n")[0] or None


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
