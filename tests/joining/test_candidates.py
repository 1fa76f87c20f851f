"""Which processes are offered for joining, and where they print."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tuimon.joining.candidates import candidate, candidates, frameworks
from tuimon.joining.printed import output_of

TRAINS = "import sys, tensorflow; print('ready', flush=True); sys.stdin.read()"


def test_a_process_with_tensorflow_is_offered(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", TRAINS],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    try:
        while process.poll() is None and not (tmp_path / "out").read_text():
            time.sleep(0.05)
        (found,) = [each for each in candidates() if each.pid == process.pid]
        assert found.frameworks == ["tensorflow"]
        assert found.command[0] == sys.executable
        assert found.age > 0
        assert found.cpu_seconds > 0
        assert not found.trains_under_tuimon
        under = candidate(process.pid, supervised=[os.getpid()])
        assert under is not None
        assert under.trains_under_tuimon
        assert output_of(process.pid, 1) == tmp_path / "out"
        assert output_of(process.pid, 2) is None, "a device is no file"
        (tmp_path / "out").unlink()
        assert output_of(process.pid, 1) is None, "it was removed"
    finally:
        process.communicate()


def test_other_processes_are_not() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert process.pid not in [each.pid for each in candidates()]
    finally:
        process.communicate(b"\n")


def test_libraries_are_told_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    maps = tmp_path / "7" / "maps"
    maps.write_text("7f00-7f01 r-xp 0 08:01 1 /x/site-packages/torch/lib/libtorch_cpu.so\n")
    assert frameworks(7, tmp_path) == ["torch"]
    maps.write_text("7f00-7f01 r-xp 0 08:01 1 /x/site-packages/jaxlib/_jax.so\n7f02-7f03 rw-p 0 0 0 [heap]\n")
    assert frameworks(7, tmp_path) == ["jax"]
    assert frameworks(8, tmp_path) == []
