"""The counters of a training in progress: written on the training thread, cut into `StepsEnded` by the sender.

A step costs a few attribute stores and one append. What is summed (times) is exact however late the cut comes; single
steps and their logs are kept for at most `KEPT` steps between two cuts.
"""

from __future__ import annotations

import _thread
import math
import time
from collections import deque
from operator import add, sub
from typing import Any, Callable, Deque, Dict, List, Optional, Sequence, Tuple

from tuimon import clock, events
from tuimon.agent.iterators import Totals, single_waits

perf = time.perf_counter

KEPT = 4096
"""Single steps that are kept between two cuts."""

SELECTED = 32
"""Durations of single steps in one event."""

Step = Tuple[int, float, Any]
"""Index of its last batch, when it ended (`perf`), and its logs as they came (never converted on this thread)."""


def wall(moment: float) -> float:
    """The time of day of a `perf` moment."""
    return clock.now() - (perf() - moment)


class Meter:
    """Differences between readings of the cumulative input counters."""

    def __init__(self, read: Callable[[], Totals]) -> None:
        self._read = read
        self._last = read()

    def taken(self) -> Totals:
        """What came since the last time."""
        now, last = self._read(), self._last
        self._last = now
        return difference(now, last)

    def taken_until(self, then: Totals) -> Totals:
        """What had come at that reading since the last time; what came after it is left for the next."""
        last = self._last
        if then.batches < last.batches:
            return Totals()
        self._last = then
        return difference(then, last)

    def since(self, earlier: Totals) -> None:
        """What came since that earlier reading belongs to the next difference."""
        self._last = earlier

    def leave_out(self, these: Totals) -> None:
        """These came for something else, and belong to no difference."""
        self._last = Totals(*map(add, self._last, these))

    def give_back(self, these: Totals) -> None:
        """These belong to the next difference."""
        self._last = difference(self._last, these)

    def waiting(self) -> Totals:
        """What came since the last time, and is left for the next."""
        return difference(self._read(), self._last)


class Counters:
    """Steps of one epoch. `seconds` and the like are sums over the epoch so far."""

    __slots__ = (
        "began",
        "begun",
        "callbacks",
        "cut_at",
        "cut_callbacks",
        "cut_last",
        "cut_rows",
        "ended",
        "epoch",
        "first",
        "last",
        "rows",
        "steps",
    )

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.began = self.begun = self.ended = self.cut_at = perf()
        self.last = self.cut_last = -1  # index of the last batch that was trained
        self.callbacks = self.cut_callbacks = 0.0
        self.first = 0.0  # when the first step ended
        self.rows: Optional[int] = None  # samples, where they are counted by the step
        self.cut_rows = 0
        self.steps: Deque[Step] = deque(maxlen=KEPT)


class Segment:
    """The steps between two cuts, converted into an event on the sender's thread."""

    def __init__(
        self, fit: int, counters: Counters, ended: int, came: Totals, rate: Callable[[], Optional[float]]
    ) -> None:
        self.fit = fit
        self.epoch = counters.epoch
        self.rate = rate
        self.began = counters.cut_at
        taken = counters.steps
        self.steps: List[Step] = [taken.popleft() for _ in range(ended)]
        self.last, self.ended = (self.steps[-1][0], self.steps[-1][1]) if self.steps else (counters.last, perf())
        self.before = counters.cut_last
        self.count = self.last - self.before
        self.callbacks = counters.callbacks - counters.cut_callbacks
        self.came = came
        self.rows = None if counters.rows is None else counters.rows - counters.cut_rows
        counters.cut_rows = counters.rows or 0
        counters.cut_last, counters.cut_at, counters.cut_callbacks = self.last, self.ended, counters.callbacks

    def event(self) -> Optional[events.Event]:
        seconds = self.ended - self.began
        durations = _durations(self.began, self.before, self.steps)
        came = self.came
        seen = came.batches > 0 and came.batches + 2 >= self.count  # one may be under way
        wait = came.wait if seen else None
        counted = seen and not came.uncounted
        samples = self.rows if self.rows is not None else came.samples if counted else None
        return events.StepsEnded(
            at=wall(self.ended),
            fit=self.fit,
            epoch=self.epoch,
            step=self.last,
            steps=self.count,
            samples=samples,
            samples_known_by=None if samples is None else "exact",
            seconds=seconds,
            wait=wait,
            wait_known_by=None if wait is None else "exact",
            compute=None if wait is None else max(0.0, seconds - wait - self.callbacks),
            callbacks=self.callbacks,
            slowest=max(durations, default=None),
            durations=selected(durations),
            waits=selected(single_waits()),
            metrics=metrics_of(self.steps),
            learning_rate=self.rate(),
            rss=resident(),
        )


class Ledger:
    """Cuts the counters of one fit. Both threads cut; the order of cuts is the order in the queue."""

    def __init__(self, fit: int, put: Callable[[Any], None], meter: Meter, rate: Callable[[], Optional[float]]) -> None:
        self.fit = fit
        self.counters: Optional[Counters] = None
        self.meter = meter
        self.rate = rate
        self.came = Totals()
        """What came to the training in this epoch."""
        self._put = put
        self._cutting = _thread.allocate_lock()

    def open(self, epoch: int) -> Counters:
        """Begin an epoch: what came before it is not its own."""
        with self._cutting:
            self.meter.taken()
            self.came = Totals()
            self.counters = Counters(epoch)
            return self.counters

    def leave_out(self, these: Totals, seconds: float) -> None:
        """These batches and this time, just now, were not spent on training."""
        with self._cutting:
            self.meter.leave_out(these)
            if self.counters is not None:
                self.counters.began += seconds
                self.counters.cut_at += seconds

    def cut(self, final: bool = False, held: int = 0) -> None:
        """Queue what has been done since the last cut. The final cut of an epoch takes in what was read after it.

        `held` of the newest callbacks are left for the next cut: which batch they stand for may still be corrected.
        """
        with self._cutting:
            counters = self.counters
            if counters is None or not (len(counters.steps) > held or final):
                return
            ended = len(counters.steps) - held  # first: whoever trains goes on, and a step has its batch before it ends
            came = self.meter.taken()
            if not final:
                under_way = self._under_way(counters, ended, came)
                self.meter.give_back(under_way)
                came = difference(came, under_way)
            self.came = Totals(*map(add, self.came, came))
            if counters.steps:
                self._put(Segment(self.fit, counters, ended, came, self.rate).event)
            if final:
                self.counters = None

    def step_aside(self, then: Totals) -> None:
        """Another loop trains from now on: what came after that reading is not for the steps that are done."""
        with self._cutting:
            counters = self.counters
            if counters is not None and counters.steps:
                came = self.meter.taken_until(then)
                self.came = Totals(*map(add, self.came, came))
                self._put(Segment(self.fit, counters, len(counters.steps), came, self.rate).event)

    def close(self) -> None:
        """Queue what is left of an epoch of a loop; where no step is left, what came since was for something else."""
        counters = self.counters
        if counters is not None and not counters.steps:
            with self._cutting:
                self.counters = None
        else:
            self.cut(final=True)

    def _under_way(self, counters: Counters, ended: int, came: Totals) -> Totals:
        """Of batches of one size, those that were pulled for a step that has not ended."""
        trained = counters.steps[ended - 1][0] - counters.cut_last
        ahead = came.batches - trained
        if ahead <= 0 or trained <= 0 or came.uncounted or came.samples % came.batches:
            return Totals()
        return Totals(batches=ahead, samples=ahead * came.samples // came.batches)


def metrics_of(steps: Sequence[Step]) -> Dict[str, List[Optional[float]]]:
    """By name: last, lowest and highest finite value, and the first step whose value was not finite."""
    found = {str(name): _extremes(*_converted(*column)) for name, column in _columns(steps).items()}
    return {name: extremes for name, extremes in found.items() if extremes is not None}


def _columns(steps: Sequence[Step]) -> Dict[Any, Tuple[List[int], List[Any]]]:
    """Of each log, by name: the steps that have it, and its values. A thousand steps a second come through here."""
    with_logs = [step for step in steps if isinstance(step[2], dict)]
    indices, logs = [step[0] for step in with_logs], [step[2] for step in with_logs]
    if len(set(map(tuple, logs))) == 1:  # all have the same names
        return {name: (indices, [each[name] for each in logs]) for name in logs[0]}
    columns: Dict[Any, Tuple[List[int], List[Any]]] = {}
    for index, each in zip(indices, logs):
        for name, value in list(each.items()):
            column = columns.setdefault(name, ([], []))
            column[0].append(index)
            column[1].append(value)
    return columns


def _converted(indices: List[int], values: List[Any]) -> Tuple[List[int], List[float]]:
    """Those of the values that are single numbers."""
    try:
        return indices, [float(value._numpy_internal()) for value in values]  # what TensorFlow's `__float__` comes to
    except Exception:
        pass
    try:
        return indices, [float(value) for value in values]
    except Exception:
        found = [(index, numbers({"": value}).get("")) for index, value in zip(indices, values)]
        kept = [(index, value) for index, value in found if value is not None]
        return [index for index, _ in kept], [value for _, value in kept]


def _extremes(indices: List[int], values: List[float]) -> Optional[List[Optional[float]]]:
    if not values:
        return None
    if math.isfinite(sum(values)):
        return [values[-1], min(values), max(values), None]
    finite = [value for value in values if math.isfinite(value)]
    first_bad = next((index for index, value in zip(indices, values) if not math.isfinite(value)), None)
    return [values[-1], min(finite, default=None), max(finite, default=None), first_bad]


def numbers(logs: Any) -> Dict[str, Optional[float]]:
    """The logs that are single numbers, as Python floats; waits for the device where it is not done yet."""
    found: Dict[str, Optional[float]] = {}
    if isinstance(logs, dict):
        for name, value in list(logs.items()):
            try:
                found[str(name)] = float(value)
            except Exception:
                continue
    return found


def selected(values: Sequence[float], most: int = SELECTED) -> List[float]:
    """All, or a regular selection."""
    if len(values) <= most:
        return list(values)
    return [values[(index * len(values)) // most] for index in range(most)]


def resident() -> Optional[int]:
    """Resident bytes of this process."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return None


def _page_size() -> int:
    import os

    return os.sysconf("SC_PAGE_SIZE")


_PAGE = _page_size()


def _durations(began: float, last: int, steps: Sequence[Step]) -> List[float]:
    """Seconds per batch of each of these, the first counted from `began` and from batch `last`."""
    if steps and steps[-1][0] - last == len(steps):  # one call each, by far the most frequent
        ends = [step[1] for step in steps]
        return list(map(sub, ends, [began, *ends[:-1]]))
    durations = []
    for index, ended, _ in steps:
        durations.append((ended - began) / max(1, index - last))
        began, last = ended, index
    return durations


def difference(now: Totals, last: Totals) -> Totals:
    return Totals(*map(sub, now, last))
