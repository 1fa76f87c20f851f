"""Seconds that looks at the model may take from the training thread.

Training earns them, a small fixed share of its time, and every look is paid with what it really took. The first few
looks of a process are free of that, so that a short run is judged too: each may take as much as a small share of the
processor time that the process has used until then, most of which went into importing and tracing.

What a look took is its wall time, or the processor time of the process if that is less: on a machine that others keep
busy, wall time says more of them than of the look.
"""

from __future__ import annotations

import time
from typing import Callable, Optional, Tuple, TypeVar

T = TypeVar("T")


class Budget:
    def __init__(self, share: float, early_share: float, early_looks: int) -> None:
        self.share = share
        self.early_share = early_share
        self.early_looks = early_looks
        self.seconds = 0.0

    def earn(self, trained: Optional[float]) -> None:
        """Take in that training went on for so many seconds."""
        self.seconds += self.share * max(0.0, trained or 0.0)

    def measure(self, look: Callable[[], T]) -> Tuple[T, float]:
        """What the look returns, and the seconds that it took, which are spent even if it raises."""
        wall, processor = time.perf_counter(), time.process_time()
        taken = 0.0
        try:
            seen = look()
        finally:
            taken = min(time.perf_counter() - wall, time.process_time() - processor)
            self.spend(taken)
        return seen, taken

    def allows(self, expected: float) -> bool:
        """A look that is expected to take so many seconds may be taken now."""
        if self.early_looks > 0 and expected <= self.early_share * time.process_time():
            return True
        return expected <= self.seconds

    def spend(self, seconds: float) -> None:
        if self.early_looks > 0:
            self.early_looks -= 1
        else:
            self.seconds -= seconds
