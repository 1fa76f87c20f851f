"""What it costs to sample eight GPUs and 64 processes once a second: `python -m tests.benchmarks.gpus [SECONDS]`.

The driver is the simulated one. The samplers alone, then the whole supervisor of a run that does nothing but have these
processes; beside them nvitop reads the same figures of the same driver, where a Python that has it is named by
$TUIMON_NVITOP_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.gpus import driver
from tuimon import runs

GPUS, PROCESSES = 8, 64

TARGET_CPU, TARGET_PSS = 0.005, 50 * 2**20
"""Of one core, and bytes."""

LOOP = """
import json, os, sys, time
seconds, pid = float(sys.argv[1]), int(sys.argv[2])
{setup}
sample()
began, used = time.monotonic(), time.process_time()
samples = 0
while time.monotonic() - began < seconds:
    sample()
    samples += 1
    time.sleep(max(0.0, began + samples - time.monotonic()))
used = time.process_time() - used
pss = next(int(line.split()[1]) * 1024 for line in open("/proc/self/smaps_rollup") if line.startswith("Pss:"))
print(json.dumps([used / samples, pss, samples]))
"""

NVML = """
from tuimon.supervisor import daemon, loop
from tuimon.supervisor.samplers.nvml import Gpus
gpus = Gpus({})
def sample():
    event = gpus.sample(time.time(), {pid})
    assert len(event.gpus) == 8 and len(event.gpus[0]["processes"]) == 8
"""

ALL = """
from pathlib import Path
from tuimon import wire
from tuimon.supervisor import daemon, loop
from tuimon.supervisor.samplers import samplers
looks = samplers(pid, Path.cwd())
def sample():
    for sampler in looks:
        for event in sampler.sample(time.time()):
            wire.encode(event)
"""

TREE = f"""
import subprocess
processes = [subprocess.Popen(["sleep", "3600"]) for _ in range({PROCESSES - 1})]
processes[0].wait()
"""

NVITOP = """
from nvitop import Device
devices = Device.all()
def sample():
    for device in devices:
        device.memory_info(), device.utilization_rates(), device.temperature(), device.power_usage()
        device.power_limit(), device.sm_clock(), device.max_sm_clock(), device.processes()
    assert len(devices) == 8
"""


@dataclass(frozen=True)
class Cost:
    name: str
    cpu: float  # seconds of one core, a sample a second
    pss: int


def scene(pids: list[int]) -> str:
    """Eight GPUs, the processes spread over them."""
    parts = []
    for index in range(GPUS):
        parts.append("gpu NVIDIA H100 80GB HBM3\nmemory 81559 60000 600\nload 90 40\nheat 61\npower 600 700\n")
        parts.append("clock 1900 1980\nthrottle 0x4\necc 0\n")
        parts += [f"process {pid} 7000\n" for pid in pids[index::GPUS]]
    return "".join(parts)


def measure(name: str, python: str, setup: str, seconds: float, pid: int, environment: dict[str, str]) -> Cost:
    done = subprocess.run(
        [python, "-c", LOOP.replace("{setup}", setup), str(seconds), str(pid)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    cpu, pss, _ = json.loads(done.stdout)
    return Cost(name, cpu, pss)


def measure_supervisor(seconds: float, directory: Path, environment: dict[str, str]) -> Cost:
    """Of a run, with its journal, sockets and loop; the scene gets the processes that the run has."""
    (directory / "tree.py").write_text(TREE)
    environment = {**environment, "XDG_STATE_HOME": str(directory / "state")}
    subprocess.run(
        [sys.executable, "-m", "tuimon", "run", "--detach", directory / "tree.py"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    run = runs.newest(directory / "state/tuimon/runs").read()
    assert run.pid is not None
    assert run.supervisor_pid is not None
    supervisor = Path(f"/proc/{run.supervisor_pid}")
    try:
        while len(children := Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()) < PROCESSES - 1:
            time.sleep(0.1)
        (directory / "scene").write_text(scene([run.pid, *map(int, children)]))
        time.sleep(2.0)
        used = nanoseconds(supervisor)
        time.sleep(seconds)
        used = nanoseconds(supervisor) - used
        rollup = (supervisor / "smaps_rollup").read_text().splitlines()
        pss = next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))
    finally:
        os.killpg(os.getpgid(run.pid), 9)
    while supervisor.exists():
        time.sleep(0.1)
    return Cost("tuimon, whole supervisor", used / 1e9 / seconds, pss)


def nanoseconds(process: Path) -> int:
    """On a processor, all threads together."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in (process / "task").iterdir())


def costs(seconds: float) -> list[Cost]:
    """Of each monitor, one after the other, beside the same 64 processes of one tree."""
    tree = subprocess.Popen(["sh", "-c", f"for i in $(seq {PROCESSES - 1}); do sleep 3600 & done; echo ready; wait"],
                            stdout=subprocess.PIPE, start_new_session=True)  # fmt: skip
    try:
        assert tree.stdout is not None
        tree.stdout.readline()
        children = Path(f"/proc/{tree.pid}/task/{tree.pid}/children").read_text().split()
        with tempfile.TemporaryDirectory() as made:
            directory = Path(made)
            (directory / "scene").write_text(scene([tree.pid, *map(int, children)]))
            environment = driver.environment(driver.build(directory), directory / "scene")
            those = [
                measure("tuimon, GPUs", sys.executable, NVML, seconds, tree.pid, environment),
                measure("tuimon, GPUs and host", sys.executable, ALL, seconds, tree.pid, environment),
            ]
            those.append(measure_supervisor(seconds, directory, environment))
            beside = os.environ.get("TUIMON_NVITOP_PYTHON")
            if beside:
                those.append(measure("nvitop, GPUs", beside, NVITOP, seconds, tree.pid, environment))
            return those
    finally:
        os.killpg(tree.pid, 9)
        tree.wait()


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    print(f"{GPUS} GPUs, {PROCESSES} processes, one sample a second, {seconds:.0f} s each")
    print(f"{'':24} {'of one core':>12} {'PSS':>10}")
    for cost in costs(seconds):
        print(f"{cost.name:24} {100 * cost.cpu:11.2f}% {cost.pss / 2**20:6.1f} MiB")
    print(f"{'limit':24} {100 * TARGET_CPU:11.2f}% {TARGET_PSS / 2**20:6.1f} MiB")


if __name__ == "__main__":
    main()
