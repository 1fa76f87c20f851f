"""What Python generators behind `Dataset.from_generator` yield, and whether they came to their end.

Keras feeds generators, Sequences and PyDatasets through `from_generator` too. The iterator that TensorFlow made of the
generator is put between C iterators that tell what passes: the user's own object stays untouched, is asked for nothing
more, and a traceback out of it has no frame of ours.
"""

from __future__ import annotations

import sys
import weakref
from itertools import chain, filterfalse
from typing import Any, Callable, Optional, Sequence, Tuple

from tuimon.agent import guard

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

    def begin(self) -> None:
        if self.exhausted:
            self.longest_full = max(self.longest_full or 0, self.elements)
        self.number += 1
        self.elements, self.exhausted = 0, False


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
        if on_element is not None:
            guard.run("content", on_element, show(), element)
        return element

    def ended(_: Any) -> bool:
        if ours.number == number:
            ours.exhausted = True
        return True

    # `filterfalse` is asked only once the generator has ended, and yields nothing.
    return chain(map(saw, iterator), filterfalse(ended, (None,)))


class Watch:
    """Whether a source came to its end in an epoch. Made once a fit; `began` is called as each epoch begins."""

    def __init__(self, states: Sequence[Any]) -> None:
        self._states = list(states)
        self._from: Tuple[Tuple[int, int], ...] = ()

    def began(self) -> None:
        self._from = self._now()

    def _now(self) -> Tuple[Tuple[int, int], ...]:
        found = [pass_of(state) for state in self._states]
        return tuple((each.number, each.elements) if each else (0, 0) for each in found)

    @property
    def ended(self) -> Optional[bool]:
        """The generator has come to its end; None where there is none, or it was not asked since `began`."""
        passes = [each for each in map(pass_of, self._states) if each is not None]
        if not passes or self._now() == self._from:
            return None
        return all(each.exhausted for each in passes)

    @property
    def closed(self) -> Optional[bool]:
        """It gave more than in its longest full pass before, and was left before its end. None where it cannot be told.

        Asking it for one more is the only other way to learn that there was more, and would change the training.
        """
        ended = self.ended
        if ended is None or ended:
            return None if ended is None else False
        passes = [each for each in map(pass_of, self._states) if each is not None]
        compared = [each.elements > each.longest_full for each in passes if each.longest_full is not None]
        return True if any(compared) else None
