"""Records the run beside two GPUs anew: `python -m screenshots.record`. It takes a minute.

The training is real, on the CPU. The GPUs are those of the simulated driver, on which somebody else is at work; no
other recording needs one. Paths, host and user become somebody's.
"""

from __future__ import annotations

import getpass
import gzip
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from screenshots.take import RUNS
from tests.gpus import driver
from tuimon import runs
from tuimon.demo import SCRIPT

IDLE = (
    "gpu NVIDIA GeForce RTX 4090\nmemory 24564 380 300\nload 0 0\nheat 34\npower 21 450\nclock 210 2520\nthrottle 0\n"
)
MIB, WATTS = 11_200, 310


def others(second: int) -> str:
    """The second GPU, which another user's training keeps busy."""
    wave = abs(second % 16 - 8)
    return (
        f"gpu NVIDIA GeForce RTX 4090\nmemory 24564 {MIB + 380} 300\nload {82 + wave} 40\nheat {63 + wave // 2}\n"
        f"power {WATTS + 6 * wave} 450\nclock 2490 2520\nthrottle 0\nprocess 1 {MIB}\n"
    )


def record(name: str, at: Path) -> Path:
    """The run's directory."""
    scene = at / "scene"
    scene.write_text(IDLE + others(0))
    script = at / "train.py"
    shutil.copy(SCRIPT, script)
    environment = driver.environment(driver.build(at), scene) | {"XDG_STATE_HOME": str(at / "state")}
    for variable in ("CUDA_VISIBLE_DEVICES", "TF_CLI_CONFIG_FILE"):
        environment.pop(variable, None)
    command = ["run", "--headless", "--name", name, "train.py", "--epochs", "5"]
    with subprocess.Popen([sys.executable, "-m", "tuimon", *command], env=environment, cwd=at) as process:
        for second in range(1, 10_000):
            if process.poll() is not None:
                break
            new = at / "scene.new"
            new.write_text(IDLE + others(second))
            os.replace(new, scene)
            time.sleep(1.0)
    return runs.newest(at / "state/tuimon/runs").path


def keep(run: Path, at: Path, to: Path) -> None:
    """The journal and the output, without a word of this machine."""
    names = {
        str(at): "/home/ada/shapes",
        sys.prefix: "/home/ada/venv",
        f'"host":"{socket.gethostname()}"': '"host":"workstation"',
        f'"user":"{getpass.getuser()}"': '"user":"ada"',
        f'"boot":"{runs.boot_id()}"': '"boot":""',
    }

    def told(file: str) -> bytes:
        text = (run / file).read_bytes()
        for name, instead in names.items():
            text = text.replace(name.encode(), instead.encode())
        return text

    to.mkdir(exist_ok=True)
    (to / "journal.jsonl.gz").write_bytes(gzip.compress(told("journal.jsonl"), mtime=0))
    for output in ("stdout.log", "stderr.log"):
        (to / output).write_bytes(told(output))


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        at = Path(made)
        keep(record("two-gpus", at), at, RUNS / "two-gpus")


if __name__ == "__main__":
    main()
