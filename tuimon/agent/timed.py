"""A callback list's own list, that knows how long each callback takes and which one stops the training."""

from __future__ import annotations

import _thread
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

perf = time.perf_counter

BUILT_IN = ("History", "ProgbarLogger", "BaseLogger")
"""Callbacks that Keras adds by itself."""


class TimedCallbacks(List[Any]):
    """Iterated by Keras to call one hook of each callback: the time between two of them belongs to the first.

    A list to everyone, and a plain one when it is copied or pickled.
    """

    def __init__(self, callbacks: Any, model: Any) -> None:
        super().__init__(callbacks)
        self.model = model
        self.thread = _thread.get_ident()
        self.seconds: Optional[Dict[str, float]] = None
        """Where times are added, by class; None while they are not wanted."""
        self.running: Optional[Tuple[str, float]] = None
        """The class whose hook runs now, and since when (`perf`)."""
        self.stopped_by = ""

    def __iter__(self) -> Iterator[Any]:
        if self.seconds is None or _thread.get_ident() != self.thread:
            return super().__iter__()
        return self._timed(self.seconds)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (list, (list(super().__iter__()),))

    def _timed(self, seconds: Dict[str, float]) -> Iterator[Any]:
        for callback in super().__iter__():
            name = type(callback).__name__
            stopping = self.stopped_by or getattr(self.model, "stop_training", False)
            begun = perf()
            self.running = (name, begun)
            yield callback
            self.running = None
            seconds[name] = seconds.get(name, 0.0) + perf() - begun
            if not stopping and getattr(self.model, "stop_training", False):
                self.stopped_by = name


def worth_timing(callbacks: Any) -> bool:
    """There is a callback that Keras has not added by itself."""
    return any(type(callback).__name__ not in BUILT_IN for callback in callbacks)
