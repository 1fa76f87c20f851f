"""Other terminal monitors, as they are started where they are installed: for what the screen costs beside them.

htop, btop and nvitop look at the machine, nvitop at a GPU of the simulated driver where there is no other; memray's
live mode runs a script that allocates; LEET shows a run of 10,000 steps that W&B has recorded offline.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.gpus import driver

GPU = "gpu NVIDIA H100 80GB HBM3\nmemory 81559 60000 600\nload 90 40\nheat 61\npower 600 700\nclock 1900 1980\n"

ALLOCATING = """
import time
kept = []
while True:
    kept.append([bytearray(1000) for _ in range(100)])
    del kept[:-50]
    time.sleep(0.001)
"""

LOGGED = """
import random, sys, wandb
run = wandb.init(project="benchmark", mode="offline", dir=sys.argv[1], settings=wandb.Settings(silent=True))
for step in range(10_000):
    run.log({"loss": 1 / (1 + step) + random.random() / 10, "accuracy": 1 - 1 / (2 + step)})
run.finish()
"""


@dataclass(frozen=True)
class Peer:
    """What to start, and a key that it answers."""

    name: str
    command: list[str]
    key: bytes


def installed(where: Path) -> list[Peer]:
    """Those that are on the path; what they are to show is put into this directory."""
    found = [Peer(name, [name], b"\x1b[B") for name in ("htop", "btop") if shutil.which(name)]
    if shutil.which("nvitop"):
        found.append(Peer("nvitop", [*(_simulated(where) if not shutil.which("nvidia-smi") else []), "nvitop"], b"h"))
    if memray := shutil.which("memray"):
        script = where / "allocating.py"
        script.write_text(ALLOCATING)
        found.append(Peer("memray live", [memray, "run", "--live", str(script)], b"o"))
    if wandb := shutil.which("wandb"):
        python = Path(wandb).resolve().with_name("python")
        logged = subprocess.run([str(python), "-c", LOGGED, str(where)], capture_output=True, check=False)
        if logged.returncode == 0:
            found.append(Peer("LEET, 10 k steps", [wandb, "leet", str(where / "wandb" / "latest-run")], b"?"))
        else:
            print(f"W&B recorded nothing: {logged.stderr.decode()[-200:]}", file=sys.stderr)
    return found


def _simulated(where: Path) -> list[str]:
    """Runs what follows with the simulated driver."""
    if not shutil.which("cc"):
        return []
    (where / "scene").write_text(GPU)
    environment = driver.environment(driver.build(where), where / "scene")
    return ["env", *(f"{name}={value}" for name, value in environment.items() if os.environ.get(name) != value)]
