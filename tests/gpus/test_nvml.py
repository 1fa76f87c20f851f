"""GPUs by NVML: the real binding and sampler against the simulated driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gpus import driver
from tuimon import wire
from tuimon.state import Run
from tuimon.supervisor.samplers.unread import unread_gpus
from tuimon.supervisor.samplers.visibility import visible_gpus

MIB = 1024**2
H100 = """gpu NVIDIA H100
memory 81559 20000 600
load 55 20
heat 61
power 300 700
clock 1500 1980
throttle 0x5
process 123 15000
process 9 4000
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return driver.build(tmp_path_factory.mktemp("nvml"))


def gpus_of(sample: dict[str, Any] | None) -> list[dict[str, Any]]:
    assert sample is not None
    assert sample["event"] == "GpusSampled"
    gpus: list[dict[str, Any]] = sample["gpus"]
    return gpus


def test_one_gpu_with_memory_by_whose_it_is(library: Path) -> None:
    (sample,) = driver.samples(library, [H100], own=(123,))
    (gpu,) = gpus_of(sample)
    assert gpu["memory_total"] == 81559 * MIB
    assert gpu["memory_used"] == 20000 * MIB
    assert gpu["memory_reserved"] == 600 * MIB
    assert (gpu["memory_own"], gpu["memory_others"]) == (15000 * MIB, 4000 * MIB)
    assert gpu["memory_unaccounted"] == 1000 * MIB
    assert (gpu["utilization"], gpu["temperature"], gpu["power_watts"], gpu["power_limit_watts"]) == (
        0.55,
        61,
        300,
        700,
    )
    assert gpu["throttle"] == ["power cap"]
    assert "ecc_errors" not in gpu, "the card has no ECC counter: absent, not 0"
    assert gpu["visible"] is True
    assert "problems" not in gpu


def test_what_cannot_be_read_is_named_and_absent(library: Path) -> None:
    no_permission = H100 + "fails nvmlDeviceGetPowerUsage 4\nfails nvmlDeviceGetComputeRunningProcesses_v3 4\n"
    untold = H100.replace("process 9 4000", "process 9 -1")
    first, second = driver.samples(library, [no_permission, untold], own=(123,))
    (gpu,) = gpus_of(first)
    assert set(gpu["problems"]) == {"power", "processes"}
    assert "power_watts" not in gpu
    assert "memory_own" not in gpu
    (gpu,) = gpus_of(second)
    assert set(gpu["problems"]) == {"processes"}
    assert "memory_own" not in gpu
    assert {"pid": 9, "memory": None, "own": False} in gpu["processes"]


def test_a_gpu_falls_off_the_bus_and_another_appears(library: Path) -> None:
    scenes = [H100 + H100, H100 + H100 + "lost\n", H100 + H100 + H100]
    run = Run()
    present = []
    for sample in driver.samples(library, scenes):
        assert sample is not None
        run.apply(wire.from_fields(sample))
        present.append([gpu.lost_at is None for gpu in run.gpus.values()])
    assert present == [[True, True], [True, False], [True, True, True]]


def test_a_failing_gpu_tells_of_each_error_once(library: Path) -> None:
    other = "gpu NVIDIA H100\nmemory 81559 0 0\n"
    samples = driver.samples(
        library, [H100 + other, H100 + "xid 94\n" + other, H100 + "xid 94\n" + other + "xid 79\nlost\n"]
    )
    uuids = [gpu["uuid"] for gpu in gpus_of(samples[0])]

    assert [sample and sample.get("faults", []) for sample in samples] == [
        [],
        [{"uuid": uuids[0], "xid": 94}],
        [{"uuid": uuids[1], "xid": 79}],
    ]
    run = Run().apply_all(wire.from_fields(sample) for sample in samples if sample)
    assert [[number for _, number in gpu.faults] for gpu in run.gpus.values()] == [[94], [79]]


def test_mig_instances_are_listed(library: Path) -> None:
    (sample,) = driver.samples(library, [H100 + "mig 1g.10gb 9000 100\nmig 2g.20gb 19000 0\n"])
    (gpu,) = gpus_of(sample)
    assert [instance["name"] for instance in gpu["mig"]] == ["1g.10gb", "2g.20gb"]
    assert [instance["memory_used"] for instance in gpu["mig"]] == [100 * MIB, 0]


def test_an_old_driver_lacks_symbols(tmp_path: Path) -> None:
    old = driver.build(tmp_path, old=True)
    first, second = driver.samples(old, [H100, H100], own=(123,))
    for sample in (first, second):
        (gpu,) = gpus_of(sample)
        assert gpu["memory_used"] == 20600 * MIB
        assert "memory_reserved" not in gpu
        assert "memory_own" not in gpu
        assert "problems" not in gpu


def test_eight_gpus_some_hidden_from_the_run(library: Path) -> None:
    (sample,) = driver.samples(library, [H100 * 8], variables={"CUDA_VISIBLE_DEVICES": "0,3"})
    assert [gpu["visible"] for gpu in gpus_of(sample)] == [True, False, False, True] + [False] * 4


def test_no_driver_is_said_once(tmp_path: Path) -> None:
    first, second = driver.samples(tmp_path, ["", ""])
    assert first is not None
    assert first["event"] == "GpusUnreadable"
    assert first["lasting"] is True
    assert "libnvidia-ml" in first["reason"]
    assert second is None


def test_cards_of_other_makers_are_named(tmp_path: Path) -> None:
    for card, code in (("card0", "0x1002"), ("card1", "0x10de"), ("card2", "0x1002")):
        (tmp_path / card / "device").mkdir(parents=True)
        (tmp_path / card / "device" / "vendor").write_text(f"{code}\n")

    assert unread_gpus(tmp_path) == "AMD graphics are not read; amd-smi or nvtop shows them"
    assert unread_gpus(tmp_path / "none") == ""


def test_a_passing_error_is_a_gap_that_ends(library: Path) -> None:
    broken = "init 999\n" + H100
    first, second, third = driver.samples(library, [H100, broken, H100])
    assert gpus_of(first)
    assert second is not None
    assert second["event"] == "GpusUnreadable"
    assert "lasting" not in second
    assert gpus_of(third)
    run = Run()
    for sample in (first, second, third):
        run.apply(wire.from_fields(sample))
    (gap,) = run.gaps
    assert (gap.what, gap.reason) == ("gpus", second["reason"])
    assert gap.until == run.now


TWO = [(0, "GPU-aa", "A"), (1, "GPU-bb", "A")]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [True, True]),
        ({"CUDA_VISIBLE_DEVICES": ""}, [False, False]),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, [False, False]),
        ({"CUDA_VISIBLE_DEVICES": "1"}, [False, True]),
        ({"CUDA_VISIBLE_DEVICES": "GPU-b"}, [False, True]),
        ({"CUDA_VISIBLE_DEVICES": "0,7,1"}, [True, False]),  # CUDA stops at the first that does not exist
    ],
)
def test_which_gpus_a_run_may_use(variables: dict[str, str], expected: list[bool]) -> None:
    told = visible_gpus(variables, TWO)
    assert told is not None
    assert list(told.values()) == expected


def test_indices_tell_nothing_among_different_gpus() -> None:
    mixed = [(0, "GPU-aa", "A"), (1, "GPU-bb", "B")]
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0"}, mixed) is None
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, mixed) is not None
