"""A real training that the kernel kills because its control group has no memory left."""

from __future__ import annotations

import subprocess

import pytest

from tests.gpus import cgroup
from tests.harness import Tuimon, wait_for

LIMIT = 1536 * 2**20
"""Bytes; TensorFlow alone takes about a third of it."""

GREEDY = """
import numpy, keras
kept = []

class Keep(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        kept.append(numpy.ones(4_000_000))

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(numpy.ones((4096, 4)), numpy.ones((4096, 1)), batch_size=8, verbose=0, callbacks=[Keep()])
"""

ENTER = 'echo $$ > "$0" && exec "$@"'


def test_the_kernels_kill_is_told(tuimon: Tuimon) -> None:
    with cgroup.limited(LIMIT) as group:
        try:
            subprocess.run(["sh", "-c", ENTER, group / "cgroup.procs", "true"], check=True, capture_output=True)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"this user may put no process into a control group: {error.stderr.decode().strip()}")
        report = tuimon.path / "report.json"
        script = tuimon.script(GREEDY)
        command = tuimon.command("run", "--headless", "--json", report, script)
        done = subprocess.run(
            ["sh", "-c", ENTER, group / "cgroup.procs", *command],
            env=tuimon.environment,
            cwd=tuimon.path,
            capture_output=True,
            timeout=300,
            check=False,
        )
        wait_for(lambda: not (group / "cgroup.procs").read_text().split(), "the group to be empty")

    run = tuimon.folded()
    assert run.child_ended is not None, done.stderr.decode()[-2000:]
    assert (run.child_ended.signal, run.child_ended.oom_killed) == (9, True)
    assert run.host.memory_limit == LIMIT
    assert done.returncode == 137
    text = done.stderr.decode()
    assert "the kernel killed the process because memory ran out" in text
    assert "out-of-memory" in report.read_text()
    assert '"rule": "killed"' not in report.read_text()
