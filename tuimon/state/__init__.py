"""What is known of a run so far: a deterministic fold of its events."""

from tuimon.state.fit import Epoch, Fit, Pause, Phase, Source, Validation
from tuimon.state.machine import Allocator, Gpu, Host
from tuimon.state.run import Process, Raised, Restored, Run

__all__ = [
    "Allocator",
    "Epoch",
    "Fit",
    "Gpu",
    "Host",
    "Pause",
    "Phase",
    "Process",
    "Raised",
    "Restored",
    "Run",
    "Source",
    "Validation",
]
