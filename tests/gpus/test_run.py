"""Real runs beside GPUs of the simulated driver: what the report says of them, and of how the run died."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gpus import driver
from tests.harness import Tuimon, wait_for
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "two_gpus.py"

GPU = "gpu NVIDIA H100\nmemory 81559 20000 600\nload 55 20\nheat 61\npower 300 700\nclock 1500 1980\nthrottle 0\n"
MIB = 1024**2


class Scene:
    """The simulated driver of one test, and what it plays now."""

    def __init__(self, tuimon: Tuimon) -> None:
        self.library = driver.build(tuimon.path)
        self.path = tuimon.path / "scene"
        self.play(GPU + GPU)
        tuimon.environment |= {"LD_LIBRARY_PATH": str(self.library), "SIMULATED_NVML": str(self.path)}

    def play(self, text: str) -> None:
        """From the next sample on; never half of it."""
        new = self.path.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self.path)


@pytest.fixture
def scene(tuimon: Tuimon) -> Scene:
    return Scene(tuimon)


def wait_for_gpus(tuimon: Tuimon, condition: Callable[[list[events.Facts]], bool], what: str) -> None:
    def seen() -> bool:
        samples = [event for event in tuimon.events() if isinstance(event, events.GpusSampled)]
        return bool(samples) and condition(samples[-1].gpus)

    wait_for(seen, what)


def findings(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["rule"]: finding for finding in report["findings"]}


def test_a_training_beside_two_gpus_that_dies_for_want_of_memory(tuimon: Tuimon, scene: Scene) -> None:
    del tuimon.environment["CUDA_VISIBLE_DEVICES"]
    report_path = tuimon.path / "report.json"
    process = tuimon.start("run", "--headless", "--json", report_path, SCRIPT, tuimon.path)
    pid = tuimon.wait_for_event(events.ChildStarted).pid

    scene.play(GPU + f"process {pid} 15000\nprocess 1 4000\n" + GPU)
    wait_for_gpus(tuimon, lambda gpus: gpus[0].get("memory_own") == 15000 * MIB, "the memory of the run")
    tuimon.wait_for_event(events.FitStarted)
    (tuimon.path / "0").touch()

    scene.play(GPU + f"process {pid} 12000\n" + GPU + "lost\n")
    wait_for_gpus(tuimon, lambda gpus: len(gpus) == 1, "a GPU to be lost")
    (tuimon.path / "1").touch()

    scene.play("init 999\n" + GPU)
    tuimon.wait_for_event(events.GpusUnreadable)
    (tuimon.path / "2").touch()

    done = tuimon.finish(process)
    assert done.status == 1, done.stderr.decode()[-2000:]
    report = json.loads(report_path.read_text())
    _two_gpus(report)
    _memory_ran_out(report)
    _last_minutes(report)


def _two_gpus(report: dict[str, Any]) -> None:
    first, second = report["resources"]["gpus"]
    assert (first["name"], first["peak_own_bytes"], first["lost"]) == ("NVIDIA H100", 15000 * MIB, False)
    assert (first["memory_total_bytes"], first["mean_utilization"]) == (81559 * MIB, pytest.approx(0.55))
    assert (second["lost"], second["peak_own_bytes"]) == (True, 0)
    (gap,) = [gap for gap in report["gaps"] if gap["what"] == "gpus"]
    assert gap["reason"] == report["resources"]["gpus_unreadable"]
    assert gap["reason"].startswith("the NVIDIA driver answers: ")
    assert gap["until"] is None
    unused = findings(report)["gpu-unused"]
    assert "training runs on the CPU, although there is NVIDIA H100" in unused["message"]


def _memory_ran_out(report: dict[str, Any]) -> None:
    """By the words of the TensorFlow that runs here."""
    finding = findings(report)["out-of-memory"]
    assert "two_gpus.py" in finding["message"]
    assert "batch size: 8 → 4" in finding["advice"]
    assert "killed" not in findings(report)


def _last_minutes(report: dict[str, Any]) -> None:
    last = report["resources"]["last_minutes"]
    for curve in (last["rss_bytes"], last["available_bytes"], last["gpus"][0]["used_bytes"]):
        assert 1 < len(curve) <= 120
        assert all(-last["seconds"] <= second <= 0 and value > 0 for second, value in curve)
        assert [second for second, _ in curve] == sorted(second for second, _ in curve)
    assert last["gpus"][0]["used_bytes"][-1][1] == 20000 * MIB


HIDDEN = """
import numpy, keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(numpy.ones((64, 4)), numpy.ones((64, 1)), verbose=0)
"""


def test_gpus_hidden_on_purpose_are_not_unused(tuimon: Tuimon, scene: Scene) -> None:
    assert tuimon.environment["CUDA_VISIBLE_DEVICES"] == ""

    done = tuimon.headless(tuimon.script(HIDDEN))

    assert done.report is not None
    assert done.status == 0
    assert [gpu["visible"] for gpu in done.report["resources"]["gpus"]] == [False, False]
    assert "gpu-unused" not in findings(done.report)
    assert done.report["resources"]["last_minutes"] is None


NEW = "import ctypes; new = ctypes.CDLL('libstdc++.so.6')._Znwm; new.argtypes = [ctypes.c_size_t]; new(1 << 62)"
CRASH = "import faulthandler, ctypes; faulthandler.enable()\ndef fall(): ctypes.string_at(1)\nfall()"
KILL = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.parametrize(
    ("text", "signal", "rule", "words"),
    [
        (NEW, 6, "out-of-memory", "std::bad_alloc"),
        (CRASH, 11, "killed", "SIGSEGV"),
        (KILL, 9, "killed", "SIGKILL"),
    ],
    ids=["bad_alloc", "crash", "kill"],
)
def test_deaths_are_told_apart(tuimon: Tuimon, text: str, signal: int, rule: str, words: str) -> None:
    done = tuimon.headless(tuimon.script(text))

    assert done.report is not None
    assert done.report["run"]["signal"] == signal
    found = findings(done.report)
    assert words in found[rule]["message"]
    assert len({"killed", "out-of-memory"} & set(found)) == 1
    if signal == 9 and done.report["run"]["oom_killed"] is False:
        assert "not by the kernel" in found[rule]["message"]
    if signal == 11:
        assert "in string_at" in found[rule]["message"]
