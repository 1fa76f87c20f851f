"""What Python generators behind `Dataset.from_generator` yield, and whether they came to their end.

Keras feeds generators, Sequences and PyDatasets through `from_generator` too. The iterator that TensorFlow made of the
generator is put between C iterators that tell what passes: the user's own object stays untouched, is asked for nothing
more, and a traceback out of it has no frame of ours.
"""

from __future__ import annotations

import sys
import weakref
from itertools import chain, filterfalse
from typing import Any, Callable, List, Optional

from tuimon.agent import closures, guard

on_element: Optional[Callable[[Any, Any], None]] = None
"""Is shown each element: what TensorFlow keeps for its generator, and the element as it was yielded."""

_passes: "weakref.WeakKeyDictionary[Any, Pass]" = weakref.WeakKeyDictionary()


class Pass:
    """The newest pass over one generator, and the longest full one before it."""

    def __init__(self) -> None:
        self.number = 0
        self.elements = 0
        self.exhausted = False
        self.longest_full: Optional[int] = None
        self.skip = 0  # elements that need not be shown: who looks at them says so

    def begin(self) -> None:
        if self.exhausted:
            self.longest_full = max(self.longest_full or 0, self.elements)
        self.number += 1
        self.elements, self.exhausted, self.skip = 0, False, 0


def install() -> None:
    """Watch `from_generator`. Does nothing the second time."""
    module = sys.modules.get("tensorflow.python.data.ops.dataset_ops")
    state = getattr(getattr(module, "DatasetV2", None), "_GeneratorState", None)
    if state is None or hasattr(state.get_iterator, "tuimon"):
        return
    from tuimon.agent import brackets

    original = state.get_iterator

    def get_iterator(self: Any, iterator_id: Any) -> Any:
        known = self._iterators
        try:
            return known[self._normalize_id(iterator_id)]
        except KeyError:
            pass
        iterator = original(self, iterator_id)
        watched = guard.run("generators", _watched, self, iterator)
        if watched is not None:
            known[self._normalize_id(iterator_id)] = iterator = watched
        return iterator

    state.get_iterator = brackets.disguised(get_iterator, module, original)


def owner_of(state: Any) -> Any:
    """The object whose method or inner function feeds TensorFlow: Keras' data adapter, for one."""
    function = getattr(state, "_generator", None)
    return getattr(function, "__self__", None) or closures.captured(function).get("self")


def states_of(adapter: Any) -> List[Any]:
    """The generators that this data adapter feeds TensorFlow with, as far as they have been asked yet."""
    return [state for state in list(_passes.keys()) if owner_of(state) is adapter] if adapter is not None else []


def pass_of(state: Any) -> Optional[Pass]:
    """The newest pass over this generator; None before the first one that was watched."""
    return _passes.get(state)


def _watched(state: Any, iterator: Any) -> Any:
    ours = _passes.setdefault(state, Pass())
    ours.begin()
    number, show = ours.number, weakref.ref(state)

    def saw(element: Any) -> Any:
        if ours.number == number:
            ours.elements += 1
        if ours.skip:
            ours.skip -= 1
        elif on_element is not None:
            guard.run("content", on_element, show(), element)
        return element

    def ended(_: Any) -> bool:
        if ours.number == number:
            ours.exhausted = True
        return True

    # `filterfalse` is asked only once the generator has ended, and yields nothing.
    return chain(map(saw, iterator), filterfalse(ended, (None,)))
