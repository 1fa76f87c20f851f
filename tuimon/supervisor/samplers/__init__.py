"""What the supervisor looks at by itself, at a regular interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from tuimon import events
from tuimon.supervisor.samplers.host import HostSampler
from tuimon.supervisor.samplers.nvml import GpuSampler


class Sampler(Protocol):
    def sample(self, now: float) -> Iterable[events.Event]:
        """What there is to be seen now. Never raises; what cannot be read is None or missing."""
        ...

    def close(self) -> None: ...


SAMPLERS: list[Callable[[int, Path], Sampler]] = [HostSampler, GpuSampler]
"""Each is made with the script's process id and its working directory."""
