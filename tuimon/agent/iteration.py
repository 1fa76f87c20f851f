"""Iterators over datasets that the program makes itself: how many batches each gave, and whether it was used up."""

from __future__ import annotations

import functools
import sys
import time
import weakref
from typing import Any, Dict, Optional, Tuple

from tuimon import events
from tuimon.agent import calls, guard, iterators, looks, loop
from tuimon.agent.ledger import difference
from tuimon.agent.outbox import outbox

MOST = 1000
"""Iterators that are told in one process: a program that makes one for each batch does so for ever."""

_watched: Dict[int, "_Iterator"] = {}
"""By the id of the iterator, which the entry outlives by nothing."""

_told = 0
_newest: Optional[int] = None
_dataset: Optional["weakref.ref[Any]"] = None


class _Iterator:
    def __init__(self, iterator: Any, dataset: Any, site: str) -> None:
        self.batches = 0
        self.samples: Optional[int] = None  # of the only batch so far
        self.site = site
        self.made = time.perf_counter()
        self.totals = looks.reading()
        self.marks = loop.marks()
        self.available = guard.run("cardinality", _cardinality, dataset)
        self.key = id(iterator)
        self.reference = weakref.ref(iterator, self.dropped)

    def gave(self, element: Any) -> None:
        """The iterator has given one more batch."""
        self.batches += 1
        self.samples = guard.run("iteration", iterators.rows_of, element) if self.batches == 1 else None

    def used_up(self) -> None:
        """The iterator has said that it has no more."""
        self._tell(exhausted=True)
        if self.batches:
            came = difference(looks.reading(), self.totals)
            loop.pass_ended(self.marks, came, time.perf_counter() - self.made)

    def dropped(self, _: Any) -> None:
        """The iterator has gone."""
        guard.run("iteration", self._tell, exhausted=False)

    def _tell(self, exhausted: bool) -> None:
        global _told
        if _watched.pop(self.key, None) is None or _told >= MOST or not (outbox.started or self.batches):
            return
        _told += 1
        newest = loop.newest()
        outbox.put(
            events.IteratorEnded(
                fit=newest.call.number if newest is not None else 0,
                batches=self.batches,
                samples=self.samples,
                exhausted=exhausted,
                available=self.available,
                site=self.site,
            )
        )


def newest() -> Optional[_Iterator]:
    """The newest iterator of the program's own, while that is alive and has more."""
    return _watched.get(_newest) if _newest is not None else None


def newest_dataset() -> Any:
    """What the newest iterator of the program's own goes over, while that is alive."""
    return _dataset() if _dataset is not None else None


def observe(owner: Any) -> None:
    """Hook the class of iterators."""
    create, following = owner._create_iterator, owner.__next__

    @functools.wraps(create)
    def _create_iterator(self: Any, dataset: Any) -> None:
        try:
            create(self, dataset)
        except BaseException as error:
            guard.forget_frame(error)
            raise
        if calls.current() is None:
            guard.run("iteration", _created, self, dataset, sys._getframe(1))

    @functools.wraps(following)
    def __next__(self: Any) -> Any:
        try:
            element = following(self)
        except StopIteration as error:
            watched = _watched.get(id(self))
            if watched is not None:
                guard.run("iteration", watched.used_up)
            guard.forget_frame(error)
            raise
        except BaseException as error:
            guard.forget_frame(error)
            raise
        watched = _watched.get(id(self))
        if watched is not None:
            watched.gave(element)
        return element

    owner._create_iterator, owner.__next__ = guard.unconverted(_create_iterator), guard.unconverted(__next__)


def _created(iterator: Any, dataset: Any, frame: Any) -> None:
    global _dataset, _newest
    context = sys.modules["tensorflow.python.eager.context"]
    site, by_keras = _maker(frame)
    if by_keras or not context.executing_eagerly():
        return
    _dataset = weakref.ref(dataset)
    _newest = id(iterator)
    _watched[_newest] = _Iterator(iterator, dataset, site)


def _maker(frame: Any) -> Tuple[str, bool]:
    """The program's line that made it; and whether it was Keras that did, on the program's behalf."""
    by_keras = False
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "")).split(".", 1)[0]
        if module in ("keras", "tf_keras"):
            by_keras = True
        elif module not in ("tensorflow", "tuimon", "contextlib", "functools"):
            return "%s:%d" % (frame.f_code.co_filename, frame.f_lineno), by_keras
        frame = frame.f_back
    return "", by_keras


def _cardinality(dataset: Any) -> Optional[int]:
    size = int(dataset.cardinality().numpy())
    if size == 1 and type(dataset).__name__ == "_TakeDataset":
        return _cardinality(dataset._inputs()[0])  # a look at a batch; how many there are tells what it is taken from
    return size if size >= 0 else None
