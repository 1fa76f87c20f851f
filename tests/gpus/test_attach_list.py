"""What can be attached to, beside GPUs of the simulated driver."""

from __future__ import annotations

import subprocess
import sys

from tests.gpus import driver
from tests.harness import Tuimon

TRAINS = """
import mmap, sys, time
file = open(sys.argv[1], "r+b")
held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print("ready", flush=True)
sys.stdin.read()
"""
"""Has mapped a file that is called as a framework's library is, which is what tells such processes."""


def test_the_memory_that_each_holds_on_the_gpus(tuimon: Tuimon) -> None:
    library = tuimon.path / "libtorch_cpu.so"
    library.write_bytes(bytes(4096))
    scene = tuimon.path / "scene"
    with subprocess.Popen(
        [sys.executable, "-c", TRAINS, library], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        gpu = f"gpu NVIDIA H100\nmemory 81559 20000 600\nprocess {process.pid} 7168\nprocess 1 100\n"
        scene.write_text(gpu + gpu)
        done = tuimon.run("attach", env=driver.environment(driver.build(tuimon.path), scene) | tuimon.environment)

    assert done.status == 2
    heading, *rows = done.stdout.decode().splitlines()[1:]
    row = next(row for row in rows if row.startswith(str(process.pid)))
    assert row[heading.index("gpu memory") :].startswith("14.0 GiB")
    assert "torch" not in heading
