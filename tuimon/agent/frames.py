"""The calls of `fit` that run already, found through the stacks of all threads.

What is read of a frame is read once and let go: a running function is not to be kept alive by who looks at it.
"""

from __future__ import annotations

import _thread
import sys
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

_TRAINERS = {
    "keras.src.backend.tensorflow.trainer": 3,
    "keras.src.backend.jax.trainer": 3,
    "keras.src.backend.torch.trainer": 3,
    "keras.src.engine.training": 2,
    "tf_keras.src.engine.training": 2,
}
"""Module whose `fit` trains → the line of Keras that it belongs to."""


class Fit(NamedTuple):
    """A `fit` as its frame shows it."""

    thread: int
    frame: Any
    line: int
    names: Dict[str, Any]
    """Its local variables."""

    @property
    def callback_list(self) -> Any:
        """Keras' own list; None while there is none yet."""
        found = self.names.get("callbacks")
        return found if type(found).__name__ == "CallbackList" else None

    @property
    def epoch(self) -> Optional[int]:
        """The epoch that runs, or has just ended; None before the first one."""
        found = self.names.get("epoch")
        return found if isinstance(found, int) else None

    @property
    def source(self) -> Any:
        """What Keras wrapped around the data: its data adapter; None while there is none yet."""
        if self.line == 3:
            return getattr(self.names.get("epoch_iterator"), "data_adapter", None)
        return getattr(self.names.get("data_handler"), "_adapter", None)

    @property
    def validation_source(self) -> Any:
        """The same of the validation data, once it has been used."""
        model = self.names.get("self")
        if self.line == 3:
            return getattr(getattr(model, "_eval_epoch_iterator", None), "data_adapter", None)
        return getattr(getattr(model, "_eval_data_handler", None), "_adapter", None)


def running() -> List[Fit]:
    """All of them, the outer one of a thread before those that it made."""
    return [fit for thread, frame in sys._current_frames().items() for fit in reversed(list(_on(thread, frame)))]


def innermost() -> Optional[Fit]:
    """The one that this thread is in."""
    return next(_on(_thread.get_ident(), sys._getframe(1)), None)


def _on(thread: int, frame: Any) -> Iterator[Fit]:
    while frame is not None:
        if frame.f_code.co_name == "fit":
            line = _TRAINERS.get(str(frame.f_globals.get("__name__", "")))
            if line is not None:
                yield Fit(thread, frame, line, dict(frame.f_locals))
        frame = frame.f_back
