"""The machine's NVIDIA GPUs, read through the driver's own library.

What cannot be read is absent and named in `problems`; it is never 0. A missing driver is said once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pynvml

from tuimon import events
from tuimon.supervisor.samplers.family import Family
from tuimon.supervisor.samplers.faults import Faults
from tuimon.supervisor.samplers.unread import unread_gpus
from tuimon.supervisor.samplers.visibility import visible_gpus

RETRY = 60.0
"""Seconds until a driver that answered with a passing error is asked again."""

PCIE_EVERY = 10
"""Samples between two readings of the PCIe counters, each of which blocks for 20 ms (NVML reference)."""

THROTTLES = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x10: "sync boost",
    0x20: "software thermal",
    0x40: "hardware thermal",
    0x80: "power brake",
}
"""Bits of NVML's clock event reasons that mean "slower than it could be"; idle and chosen clocks do not."""

LASTING = (
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
)

UNKNOWN_TO_THIS_DRIVER = (
    pynvml.NVMLError_FunctionNotFound,
    pynvml.NVMLError_ArgumentVersionMismatch,
    pynvml.NVMLLibraryMismatchError,
)

SAYINGS = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: "no NVIDIA driver here (libnvidia-ml.so.1 is missing)",
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded (nvidia-smi fails too)",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "the NVIDIA driver and its library differ in version: reboot",
    pynvml.NVML_ERROR_NO_PERMISSION: "this user may not read the NVIDIA driver",
}


class GpuSampler:
    """The GPUs as one run sees them."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._gpus = Gpus(_variables(family.pid))

    def sample(self, now: float) -> Iterable[events.Event]:
        event = self._gpus.sample(now, set(self._family.pids()))
        return [] if event is None else [event]

    def close(self) -> None:
        self._gpus.close()


def _variables(pid: int) -> dict[str, str]:
    """The process's environment as it was started with; empty when it cannot be read."""
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    return dict(entry.decode(errors="replace").split("=", 1) for entry in entries if b"=" in entry)


class Gpus:
    """All GPUs at one moment, with the memory of the run's own processes told apart.

    `environment` is that of the run: it decides which GPUs it may use.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._open = False
        self._given_up = False
        self._retry_at = 0.0
        self._said = ""
        self._missing: set[str] = set()
        self._static: dict[str, events.Facts] = {}
        self._count = 0
        self._driver = ""
        self._faults = Faults()

    def sample(self, at: float, own: Collection[int]) -> events.Event | None:
        """`GpusSampled`, or `GpusUnreadable` when the reason is new. `own` are the process ids of the run's tree."""
        if self._given_up or at < self._retry_at:
            return None
        try:
            if not self._open:
                pynvml.nvmlInit()
                self._open = True
                self._driver = str(self._ask({}, "driver", pynvml.nvmlSystemGetDriverVersion) or "")
            gpus = self._all(own)
        except pynvml.NVMLError as error:
            return self._unreadable(at, error)
        self._said = ""
        return events.GpusSampled(at=at, gpus=gpus, driver=self._driver, faults=self._faults.new())

    def close(self) -> None:
        if self._open:
            self._open = False
            self._faults.close()
            try:
                pynvml.nvmlShutdown()
            except pynvml.NVMLError:
                return

    def _unreadable(self, at: float, error: pynvml.NVMLError) -> events.Event | None:
        self.close()
        self._given_up = error.value in LASTING
        self._retry_at = at + RETRY
        reason = SAYINGS.get(error.value, f"the NVIDIA driver answers: {error}")
        if self._given_up and (others := unread_gpus()):
            reason = f"{reason}; {others}"
        if reason == self._said:
            return None
        self._said = reason
        return events.GpusUnreadable(at=at, reason=reason, lasting=self._given_up)

    def _all(self, own: Collection[int]) -> list[events.Facts]:
        count = pynvml.nvmlDeviceGetCount()
        gpus = [gpu for index in range(count) if (gpu := self._one(index, own)) is not None]
        may_use = visible_gpus(self._environment, [(gpu["index"], gpu["uuid"], gpu.get("name", "")) for gpu in gpus])
        for gpu in gpus if may_use is not None else ():
            gpu["visible"] = (may_use or {})[gpu["uuid"]]
        self._count += 1
        return gpus

    def _one(self, index: int, own: Collection[int]) -> events.Facts | None:
        """One GPU; None when it fell off the bus."""
        problems: dict[str, str] = {}
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            uuid = pynvml.nvmlDeviceGetUUID(handle)
            self._faults.listen(handle, uuid)
            facts = {"index": index, "uuid": uuid, **self._unchanging(uuid, handle)}
            facts.update(self._memory(problems, handle))
            facts.update(self._load(problems, handle))
            facts.update(self._processes(problems, handle, own, facts))
            if facts.get("memory_own") and self._count % PCIE_EVERY == 0:
                facts.update(self._pcie(problems, handle))
            if self._ask(problems, "mig", pynvml.nvmlDeviceGetMigMode, handle, default=[0])[0]:
                facts["mig"] = self._instances(problems, handle)
        except pynvml.NVMLError_GpuIsLost:
            return None
        if problems:
            facts["problems"] = problems
        return facts

    def _unchanging(self, uuid: str, handle: Any) -> events.Facts:
        """Name, power limit and top clock, asked once per GPU."""
        if uuid not in self._static:
            limit = self._ask({}, "power_limit", pynvml.nvmlDeviceGetEnforcedPowerLimit, handle)
            self._static[uuid] = _known(
                name=self._ask({}, "name", pynvml.nvmlDeviceGetName, handle),
                power_limit_watts=None if limit is None else limit / 1000,
                clock_max_mhz=self._ask(
                    {}, "clock_max", pynvml.nvmlDeviceGetMaxClockInfo, handle, pynvml.NVML_CLOCK_SM
                ),
            )
        return self._static[uuid]

    def _memory(self, problems: dict[str, str], handle: Any) -> events.Facts:
        info = self._ask({}, "memory_v2", pynvml.nvmlDeviceGetMemoryInfo, handle, pynvml.nvmlMemory_v2)
        if info is not None:
            return {
                "memory_total": info.total,
                "memory_used": info.used,
                "memory_free": info.free,
                "memory_reserved": info.reserved,
            }
        # Drivers before 510 know only the first version, in which "used" includes what the driver reserves.
        info = self._ask(problems, "memory", pynvml.nvmlDeviceGetMemoryInfo, handle)
        return {} if info is None else {"memory_total": info.total, "memory_used": info.used, "memory_free": info.free}

    def _load(self, problems: dict[str, str], handle: Any) -> events.Facts:
        rates = self._ask(problems, "utilization", pynvml.nvmlDeviceGetUtilizationRates, handle)
        power = self._ask(problems, "power", pynvml.nvmlDeviceGetPowerUsage, handle)
        reasons = self._ask(problems, "throttle", pynvml.nvmlDeviceGetCurrentClocksEventReasons, handle)
        return _known(
            utilization=None if rates is None else rates.gpu / 100,
            memory_utilization=None if rates is None else rates.memory / 100,
            temperature=self._ask(
                problems, "temperature", pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU
            ),
            power_watts=None if power is None else power / 1000,
            clock_mhz=self._ask(problems, "clock", pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM),
            throttle=None if reasons is None else [name for bit, name in THROTTLES.items() if reasons & bit],
            ecc_errors=self._ask(
                problems,
                "ecc_errors",
                pynvml.nvmlDeviceGetTotalEccErrors,
                handle,
                pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
                pynvml.NVML_VOLATILE_ECC,
            ),
        )

    def _processes(
        self, problems: dict[str, str], handle: Any, own: Collection[int], facts: events.Facts
    ) -> events.Facts:
        """Memory per process, and how it adds up; nothing where one process' share is not told."""
        running = self._ask(problems, "processes", pynvml.nvmlDeviceGetComputeRunningProcesses, handle)
        if running is None and "processes" not in problems:
            # Drivers before 510 know only the second version.
            running = self._ask({}, "processes", pynvml.nvmlDeviceGetComputeRunningProcesses_v2, handle)
        if running is None:
            return {}
        drawing = self._ask({}, "graphics", pynvml.nvmlDeviceGetGraphicsRunningProcesses, handle) or []
        by_pid = {each.pid: each.usedGpuMemory for each in (*drawing, *running)}
        processes = [{"pid": pid, "memory": size, "own": pid in own} for pid, size in sorted(by_pid.items())]
        told: events.Facts = {"processes": processes}
        if None in by_pid.values():
            problems["processes"] = "the driver does not tell the memory of each process"
            return told
        told["memory_own"] = sum(each["memory"] for each in processes if each["own"])
        told["memory_others"] = sum(each["memory"] for each in processes if not each["own"])
        if "memory_reserved" in facts:
            rest = facts["memory_used"] - told["memory_own"] - told["memory_others"]
            told["memory_unaccounted"] = max(0, rest)
        return told

    def _pcie(self, problems: dict[str, str], handle: Any) -> events.Facts:
        rates = {
            name: self._ask(problems, name, pynvml.nvmlDeviceGetPcieThroughput, handle, counter)
            for name, counter in (
                ("pcie_tx", pynvml.NVML_PCIE_UTIL_TX_BYTES),
                ("pcie_rx", pynvml.NVML_PCIE_UTIL_RX_BYTES),
            )
        }
        return {name: rate * 1024 for name, rate in rates.items() if rate is not None}

    def _instances(self, problems: dict[str, str], handle: Any) -> list[events.Facts]:
        """The MIG instances that this GPU is cut into."""
        instances = []
        for index in range(self._ask(problems, "mig", pynvml.nvmlDeviceGetMaxMigDeviceCount, handle, default=0)):
            instance = self._ask({}, "", pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index)
            if instance is not None:
                info = self._ask(problems, "mig memory", pynvml.nvmlDeviceGetMemoryInfo, instance)
                instances.append(
                    _known(
                        index=index,
                        uuid=self._ask({}, "uuid", pynvml.nvmlDeviceGetUUID, instance),
                        name=self._ask({}, "name", pynvml.nvmlDeviceGetName, instance),
                        memory_total=info.total if info is not None else None,
                        memory_used=info.used if info is not None else None,
                    )
                )
        return instances

    def _ask(
        self, problems: dict[str, str], name: str, question: Callable[..., Any], *details: Any, default: Any = None
    ) -> Any:
        """The driver's answer, or `default` with a word in `problems`. A lost GPU is raised.

        A function that this driver lacks is not asked for again; what the card does not have is no problem.
        """
        key = f"{name} {question.__name__}"
        if key in self._missing:
            return default
        try:
            return question(*details)
        except (pynvml.NVMLError_GpuIsLost, pynvml.NVMLError_Uninitialized):
            raise
        except UNKNOWN_TO_THIS_DRIVER:
            self._missing.add(key)
        except pynvml.NVMLError_NotSupported:
            pass
        except pynvml.NVMLError as error:
            problems[name] = str(error)
        return default


def _known(**facts: Any) -> events.Facts:
    return {name: value for name, value in facts.items() if value is not None}
