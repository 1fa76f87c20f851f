"""Whether a source came to its end in an epoch, or was left before it."""

from __future__ import annotations

import sys
import weakref
from typing import Any, List, Optional, Tuple

from tuimon.agent import brackets, generators, guard, pipeline, sources

_KERAS = (
    ("keras.src.trainers.epoch_iterator", "EpochIterator", "data_adapter"),
    ("keras.src.engine.data_adapter", "DataHandler", "_adapter"),
    ("tf_keras.src.engine.data_adapter", "DataHandler", "_adapter"),
)
"""What catches the end of the data, and its attribute that holds the data adapter."""

_ends: "weakref.WeakKeyDictionary[Any, int]" = weakref.WeakKeyDictionary()
"""Data adapter → how many times Keras has seen the end of its data."""


class Passes:
    """Of one fit's source. Read at the end of an epoch, before the next one begins; None is not known."""

    def __init__(self, x: Any, adapter: Any = None) -> None:
        _watch_keras()
        self._adapter = adapter
        is_dataset = x is not None and sources.kind_of(x) == "tf.data"
        self._states: List[Any] = guard.run("pipeline", pipeline.generator_states, x) or [] if is_dataset else []
        self._before: Tuple[int, List[Tuple[int, int]]] = (0, [])
        self.epoch_began()

    def epoch_began(self) -> None:
        self._before = (_seen(self._adapter), self._now())

    @property
    def ended(self) -> Optional[bool]:
        """The source ran out in this epoch."""
        if _seen(self._adapter) > self._before[0]:
            return True
        passes = self._passes()
        if not passes or self._now() == self._before[1]:
            return None  # nothing was asked of it that could be watched
        return all(each.exhausted for each in passes)

    @property
    def closed(self) -> Optional[bool]:
        """It gave more in this epoch than in its longest full pass before, and was left before its end.

        Asking it for one more is the only other way to learn that there was more, and would change the training.
        """
        ended = self.ended
        if ended is None or ended:
            return None if ended is None else False
        compared = [each.elements > each.longest_full for each in self._passes() if each.longest_full is not None]
        return True if any(compared) else None

    def _passes(self) -> List[generators.Pass]:
        states = self._states or generators.states_of(self._adapter)
        return [each for each in map(generators.pass_of, states) if each is not None]

    def _now(self) -> List[Tuple[int, int]]:
        return [(each.number, each.elements) for each in self._passes()]


class _Noting:
    """A context manager that notes the end of the data on its way through, and changes nothing."""

    def __init__(self, inner: Any, adapter: Any) -> None:
        self._inner, self._adapter = inner, adapter

    def __enter__(self) -> Any:
        return self._inner.__enter__()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> Any:
        if kind is not None and (issubclass(kind, StopIteration) or kind.__name__ == "OutOfRangeError"):
            guard.run("passes", _note, self._adapter)
        return self._inner.__exit__(kind, error, traceback)


def _seen(adapter: Any) -> int:
    return _ends.get(adapter, 0) if adapter is not None else 0


def _note(adapter: Any) -> None:
    _ends[adapter] = _ends.get(adapter, 0) + 1


def _watch_keras() -> None:
    for name, owner_name, attribute in _KERAS:
        module = sys.modules.get(name)
        owner = getattr(module, owner_name, None)
        if owner is not None and not hasattr(owner.catch_stop_iteration, "tuimon"):
            _wrap(module, owner, attribute)


def _wrap(module: Any, owner: Any, attribute: str) -> None:
    original = owner.catch_stop_iteration

    def catch_stop_iteration(self: Any) -> Any:
        return _Noting(original(self), getattr(self, attribute, None))

    owner.catch_stop_iteration = brackets.disguised(catch_stop_iteration, module, original)
