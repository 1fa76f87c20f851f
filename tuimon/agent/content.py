"""Looks at the data that reaches the model, at a sampled cost: the first batches of an epoch, then about one a second.

Arrays at rest are read in pieces apart from the training. Batches that pass through Python on their way to the model
are copied, a few rows each, while that takes less than a fixed share of the time. Nothing is ever asked for a batch.

The training thread says where it is; `work`, called by the sender's thread about once a second, computes and reports.
"""

from __future__ import annotations

import _thread
from time import monotonic, perf_counter
from typing import Any, Callable, Dict

from tuimon import events
from tuimon.agent import generators, iterators, rest, taps
from tuimon.agent.passing import INTERVAL, Passing, first_of

WORK = 0.005
"""Seconds of computing in one call of `work`, about."""

FINISH = 0.05
"""Seconds in which a fit that has ended is brought to its end, at most."""

PATIENCE = 0.05
"""Seconds for which a thread waits for another one that takes what was put aside."""


class _Source:
    """One source of the running fit."""

    def __init__(self, described: events.SourceDescribed, x: Any, y: Any, adapter: Any, by_hand: bool = False) -> None:
        self.described = described
        self.rest = rest.of(described, x, y)
        self.rest_told = self.rest is None
        self.first_told = by_hand  # a loop of the user's own takes from its data what it likes, in any order
        self.epoch = 0  # the first one that reads it
        self.began = False
        self.behind = None if self.rest is not None else rest.rows_behind(x)
        at_rest = self.rest is not None and not self.rest.done
        self.passing = None if at_rest and not by_hand else Passing(described, x, adapter)
        self.in_graph = self.passing is not None and self.passing.hidden
        self.expected = 0  # batches of this epoch that are to be put aside in the graph
        self.staged = 0  # that were
        self.wanted_at = 0.0


class Content:
    """The looks at one process' data. `report` takes the events; every method returns at once."""

    def __init__(self, report: Callable[[events.AgentEvent], None]) -> None:
        self._report = report
        self._sources: Dict[str, _Source] = {}
        self._role = "train"
        self._lock = _thread.allocate_lock()
        self._collecting = _thread.allocate_lock()
        self._compared = False
        self._turn = False

    def source(
        self,
        described: events.SourceDescribed,
        x: Any = None,
        y: Any = None,
        adapter: Any = None,
        by_hand: bool = False,
    ) -> None:
        """A fit, or a loop `by_hand`, is about to read this source, in the role that its description says."""
        if any(each.described.fit != described.fit for each in self._sources.values()):
            self._sources = {}
        self._sources[described.role] = _Source(described, x, y, adapter, by_hand)
        self._role, self._compared = "train", False
        generators.on_element = self._generated
        iterators.on_batch = self._pulled

    def epoch(self, fit: int, epoch: int) -> None:
        """An epoch begins: training batches follow."""
        self._role = "train"
        self._begin(fit, "train", epoch)

    def validation(self, fit: int, epoch: int) -> None:
        """A validation begins: validation batches follow until `training`."""
        self._role = "validation"
        self._begin(fit, "validation", epoch)

    def training(self) -> None:
        """The validation is over: training batches follow."""
        self._role = "train"
        self._trace("train")

    def offer(self, batch: Any) -> None:
        """A batch that the program hands to the model itself (`train_on_batch`, for one)."""
        source = self._sources.get(self._role)
        if source is not None and source.passing is not None:
            source.passing.batch(batch)

    def ended(self, fit: int) -> None:
        """The fit is over: report what is left, forget its sources."""
        self._work(FINISH, wait=0.1)
        self._sources = {}
        generators.on_element = iterators.on_batch = taps.tracing = None

    def work(self) -> None:
        """Compute and report what has been gathered, for some milliseconds. Called by the sender's thread."""
        self._work(WORK, wait=0.0)

    # --- where batches pass

    def _begin(self, fit: int, role: str, epoch: int) -> None:
        source = self._sources.get(role)
        if source is None or source.described.fit != fit:
            if source is not None:
                self._sources = {}
            source = self._sources[role] = _Source(events.SourceDescribed(fit=fit, role=role), None, None, None)
        if not source.began:
            source.began, source.epoch = True, epoch
        if source.passing is not None:
            self._collect()
            source.passing.epoch_began(epoch)
            # An epoch that begins while the last ones still wait to be looked at is not looked at itself.
            source.expected = first_of(epoch) if source.passing.room else 0
            source.staged, source.wanted_at = 0, monotonic()
            if source.in_graph:
                taps.want(role, source.expected)
        self._trace(role)

    def _trace(self, role: str) -> None:
        source = self._sources.get(role)
        taps.tracing = role if source is not None and source.in_graph else None

    def _generated(self, state: Any, element: Any) -> None:
        for source in self._sources.values():
            if source.passing is not None and source.passing.fed_by(state):
                source.passing.generated(state, element)
                return

    def _pulled(self, batch: Any) -> None:
        source = self._sources.get(self._role)
        if source is not None and source.passing is not None and not source.passing.generates:
            source.passing.batch(batch)

    def _collect(self) -> None:
        """Take what was put aside in graphs. One thread at a time: what another one has taken would be waited for."""
        sources = self._sources
        if not any(source.in_graph for source in sources.values()) or not self._collecting.acquire(timeout=PATIENCE):
            return
        try:
            for batch in taps.taken():
                source = sources.get(batch.role)
                if source is not None and source.passing is not None:
                    step = source.staged if source.staged < source.expected else None
                    source.passing.staged(batch.components, step)
                    source.staged += 1
        finally:
            self._collecting.release()

    def _want_more(self, source: _Source) -> None:
        """One more batch, a while after the last one."""
        now = monotonic()
        room = source.in_graph and source.passing is not None and source.passing.room
        if room and source.staged >= source.expected and now - source.wanted_at >= INTERVAL:
            source.wanted_at = now
            taps.want(source.described.role, 1)

    # --- computing

    def _work(self, seconds: float, wait: float) -> None:
        if not self._lock.acquire(timeout=wait) if wait else not self._lock.acquire(blocking=False):
            return
        try:
            until = perf_counter() + seconds
            self._collect()
            self._turn = not self._turn  # the time may be over with the first one
            for source in list(self._sources.values())[:: 1 if self._turn else -1]:
                self._tell_first(source)
                self._tell_behind(source)
                self._tell_passing(source, until)
                self._want_more(source)
                self._advance(source, until)
            self._compare()
        finally:
            self._lock.release()

    def _tell_first(self, source: _Source) -> None:
        if source.first_told or source.rest is None:
            return
        source.first_told = True
        for event in source.rest.batches(source.epoch):
            self._report(event)

    def _tell_behind(self, source: _Source) -> None:
        behind, source.behind = source.behind, None
        event = rest.distinct_rows(source.described, behind) if behind is not None else None
        if event is not None:
            self._report(event)

    def _tell_passing(self, source: _Source, until: float) -> None:
        if source.passing is not None:
            for event in source.passing.told(until):
                self._report(event)

    def _advance(self, source: _Source, until: float) -> None:
        if source.rest is None or source.rest_told:
            return
        while not source.rest.done and perf_counter() < until:
            source.rest.advance()
        if source.rest.done:
            source.rest_told = True
            for event in source.rest.whole(source.epoch):
                self._report(event)

    def _compare(self) -> None:
        train, validation = self._sources.get("train"), self._sources.get("validation")
        if self._compared or train is None or validation is None:
            return
        if train.rest is not None and validation.rest is not None and train.rest_told and validation.rest_told:
            self._compared = True
            event = rest.overlap(train.rest, validation.rest)
            if event is not None:
                self._report(event)
