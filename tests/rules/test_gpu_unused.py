"""GPUs that training does not use."""

from __future__ import annotations

from typing import Any

from tests.builders import PID, agent, fit, run_of, source
from tests.rules.judging import found, quiet
from tests.rules.test_input_bound import waited
from tuimon import events
from tuimon.rules.gpu_unused import GpuUnused

CPU = events.DevicesSeen(pid=PID, devices=[{"name": "CPU:0", "kind": "CPU"}])
GPU = events.DevicesSeen(pid=PID, devices=[{"name": "CPU:0", "kind": "CPU"}, {"name": "GPU:0", "kind": "GPU"}])


def card(utilization: float = 0.9, **facts: Any) -> events.Event:
    described = {"index": 0, "uuid": "u", "name": "NVIDIA H100", "utilization": utilization, **facts}
    return events.GpusSampled(gpus=[described])


def test_a_gpu_that_tensorflow_does_not_see() -> None:
    finding = found(GpuUnused(), run_of(card(), CPU, fit()), "warning")
    assert "training runs on the CPU, although there is NVIDIA H100" in finding.message


def test_gpus_of_a_kind_are_counted() -> None:
    cards = events.GpusSampled(gpus=[{"index": index, "uuid": f"u{index}", "name": "NVIDIA H100"} for index in (0, 1)])
    finding = found(GpuUnused(), run_of(cards, CPU, fit()), "warning")
    assert finding.message.endswith("although there is 2 × NVIDIA H100")


def test_a_gpu_that_waits_for_data() -> None:
    slow = [*fit(epochs=9), *source(kind="generator"), *waited(0, 0.06, 0.002)]
    finding = found(GpuUnused(), run_of(GPU, slow, [card(0.2) for _ in range(500)]), "warning")
    assert "is at most 20% busy (limit 70%, over 500 samples)" in finding.message


def test_near_misses() -> None:
    quiet(GpuUnused(), run_of(card(), GPU, fit()))
    quiet(GpuUnused(), run_of(CPU, fit()))
    quiet(GpuUnused(), run_of(card(), CPU))  # nothing is trained
    quiet(GpuUnused(), run_of(card(visible=False), CPU, fit()))
    quiet(GpuUnused(), run_of(card(), agent(environment={"CUDA_VISIBLE_DEVICES": ""}), CPU, fit()))
    busy = [*fit(), *waited(0, 0.0001, 0.06)]
    quiet(GpuUnused(), run_of(GPU, busy, [card(0.2) for _ in range(500)]))  # a small model, not the input
