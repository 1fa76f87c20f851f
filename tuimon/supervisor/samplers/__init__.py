"""What the supervisor looks at by itself, at a regular interval."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from tuimon import events
from tuimon.supervisor.samplers.family import Family
from tuimon.supervisor.samplers.host import HostSampler
from tuimon.supervisor.samplers.nvml import GpuSampler


class Sampler(Protocol):
    def sample(self, now: float) -> Iterable[events.Event]:
        """What there is to be seen now. Never raises; what cannot be read is None or missing."""
        ...

    def close(self) -> None: ...


def samplers(pid: int, cwd: Path) -> list[Sampler]:
    """For the script with this process id and working directory."""
    family = Family(pid)
    return [HostSampler(family, cwd), GpuSampler(family)]
