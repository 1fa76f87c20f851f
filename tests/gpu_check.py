"""On a machine with an NVIDIA GPU: `pytest tests/gpu_check.py`. Elsewhere, and in the normal run of the tests, nothing.

A real Keras training, on TensorFlow, else PyTorch or JAX, under tuimon: NVML's figures against nvidia-smi's, the
allocator's against what the framework said of itself, and an allocation that fails for real, explained.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Done, Tuimon, wait_for
from tuimon import events

MIB = 2**20

NEAR = 512 * MIB
"""By which two readings of the memory in use may differ that were not taken at the same moment."""

TRAINING = """
import json, os, sys, time
import numpy as np
import keras

directory = sys.argv[1]

def told():
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf
        info = tf.config.experimental.get_memory_info("GPU:0")
        return info["current"], info["peak"]
    if backend == "torch":
        import torch
        return torch.cuda.memory_allocated(0), torch.cuda.max_memory_allocated(0)
    import jax
    stats = jax.local_devices()[0].memory_stats()
    return stats["bytes_in_use"], stats["peak_bytes_in_use"]

class Hold(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            in_use, peak = told()
            with open(os.path.join(directory, "told.json"), "w") as file:
                json.dump({"in_use": in_use, "peak": peak, "backend": keras.backend.backend()}, file)
            os.rename(os.path.join(directory, "told.json"), os.path.join(directory, "told"))
            while not os.path.exists(os.path.join(directory, "go")):
                time.sleep(0.05)

model = keras.Sequential([keras.Input((1024,)), keras.layers.Dense(4096, "relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
x = np.random.default_rng(1).random((8192, 1024), dtype="float32")
model.fit(x, x[:, :1], batch_size=512, epochs=3, verbose=0, callbacks=[Hold()])

units = 1 << 20
huge = keras.Sequential([keras.Input((units,)), keras.layers.Dense(units)])
huge.compile("sgd", "mse")
huge.fit(np.zeros((8, units), "float32"), np.zeros((8, units), "float32"), batch_size=8, verbose=0)
"""


def backend() -> str:
    """The first framework that is installed and sees a GPU."""
    questions = {
        "tensorflow": "import tensorflow as t; print(len(t.config.list_physical_devices('GPU')))",
        "torch": "import torch; print(torch.cuda.device_count())",
        "jax": "import jax; print(sum(d.platform == 'gpu' for d in jax.devices()))",
    }
    for name, question in questions.items():
        if importlib.util.find_spec(name) is None:
            continue
        answer = subprocess.run(
            [*Tuimon.command()[:1], "-c", question], capture_output=True, text=True, timeout=300, check=False
        )
        if answer.returncode == 0 and answer.stdout.split()[-1:] not in ([], ["0"]):
            return name
    return ""


def nvidia_smi(query: str) -> list[list[str]]:
    done = subprocess.run(
        ["nvidia-smi", f"--query-{query}", "--format=csv,noheader,nounits"], capture_output=True, text=True, check=True
    )
    return [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines() if line.strip()]


@pytest.fixture
def framework() -> str:
    if shutil.which("nvidia-smi") is None:
        pytest.skip("no nvidia-smi: there is no NVIDIA GPU here")
    if subprocess.run(["nvidia-smi"], capture_output=True, check=False).returncode:
        pytest.skip("nvidia-smi fails: the driver does not work here")
    found = backend()
    if not found:
        pytest.skip("no framework with a GPU: neither TensorFlow, PyTorch nor JAX sees one")
    return found


def test_a_training_on_a_real_gpu(tuimon: Tuimon, framework: str) -> None:
    tuimon.environment["KERAS_BACKEND"] = framework
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        del tuimon.environment["CUDA_VISIBLE_DEVICES"]
    else:
        tuimon.environment["CUDA_VISIBLE_DEVICES"] = visible
    report = tuimon.path / "report.json"
    process = tuimon.start("run", "--headless", "--json", report, tuimon.script(TRAINING), tuimon.path)

    wait_for(lambda: (tuimon.path / "told").exists() or process.poll() is not None, "two epochs", 300)
    assert process.poll() is None, tuimon.finish(process).stderr.decode()[-3000:]
    _as_nvidia_smi_says(tuimon)
    _as_the_framework_says(tuimon, json.loads((tuimon.path / "told").read_text()))
    (tuimon.path / "go").touch()
    _explained(tuimon.finish(process, 300), report)


def _as_nvidia_smi_says(tuimon: Tuimon) -> None:
    """Names and totals exactly; memory in use and temperature nearly, as the training rests."""
    already = sum(isinstance(event, events.GpusSampled) for event in tuimon.events())
    sample = tuimon.wait_for_event(events.GpusSampled, already + 2)
    said = nvidia_smi("gpu=uuid,name,memory.total,memory.used,temperature.gpu")
    ours = {gpu["uuid"]: gpu for gpu in sample.gpus}
    assert set(ours) == {uuid for uuid, *_ in said}
    for uuid, name, total, used, heat in said:
        gpu = ours[uuid]
        assert gpu["name"] == name
        assert abs(gpu["memory_total"] / MIB - float(total)) <= 1
        assert abs(gpu["memory_used"] - float(used) * MIB) <= NEAR
        assert abs(gpu["temperature"] - float(heat)) <= 10
    busiest = max(sample.gpus, key=lambda gpu: gpu.get("memory_own") or 0)
    if "memory_own" in busiest:  # a container may hide the processes
        assert busiest["memory_own"] > 100 * MIB


def _as_the_framework_says(tuimon: Tuimon, told: dict[str, Any]) -> None:
    already = sum(isinstance(event, events.AllocatorSampled) for event in tuimon.events())
    sample = tuimon.wait_for_event(events.AllocatorSampled, already + 2)
    device = sample.devices[0]
    assert abs(device["in_use"] - told["in_use"]) <= 64 * MIB
    assert device["peak"] >= told["peak"]


def _explained(done: Done, path: Path) -> None:
    """The weights of the second model need 4 TiB."""
    report = json.loads(path.read_text())
    assert done.status == 1, done.stderr.decode()[-3000:]
    found = {finding["rule"]: finding for finding in report["findings"]}
    assert "memory ran out" in found["out-of-memory"]["message"], found
    assert found["out-of-memory"]["numbers"].get("bytes"), found
    assert report["resources"]["last_minutes"]["gpus"][0]["used_bytes"]
    assert any(each["peak_bytes"] for each in report["resources"]["allocators"])
