"""The simulated NVIDIA driver, built with the system's C compiler, and the real sampler reading from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_name("simulated.c")

PLAYER = """
import json, os, sys
from tuimon import wire
from tuimon.supervisor.samplers.nvml import RETRY, Gpus
scenes, own, environment = json.load(sys.stdin)
gpus = Gpus(environment)
for number, scene in enumerate(scenes):
    with open(os.environ["SIMULATED_NVML"], "w") as file:
        file.write(scene)
    event = gpus.sample(1.0 + number * RETRY, own)
    print(json.dumps(event and wire.to_fields(event)))
"""


def build(directory: Path, old: bool = False) -> Path:
    """A directory that holds the library, for LD_LIBRARY_PATH. Skips where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build the simulated driver with")
    flags = ["-DOLD_DRIVER"] if old else []
    subprocess.run(
        [compiler, "-shared", "-fPIC", *flags, "-o", directory / "libnvidia-ml.so.1", SOURCE], check=True, timeout=120
    )
    return directory


def environment(library: Path, scene: Path) -> dict[str, str]:
    """What a process needs to find the simulated driver and its scene."""
    return {**os.environ, "LD_LIBRARY_PATH": str(library), "SIMULATED_NVML": str(scene)}


def samples(
    library: Path, scenes: list[str], own: tuple[int, ...] = (), variables: dict[str, str] | None = None
) -> list[dict[str, Any] | None]:
    """What the sampler makes of these scenes, one after the other, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PLAYER],
        input=json.dumps([scenes, own, variables or {}]),
        env=environment(library, library / "scene"),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
