"""One fit: the ledger of its epochs, what it reads, the model it trains, and where its time goes."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast, get_args

from tuimon import events
from tuimon.series import Series

Phase = Literal[
    "starting", "tracing", "filling", "training", "validating", "saving", "callbacks", "waiting", "between", "ended"
]

E = TypeVar("E", bound=events.Event)

PAUSE = 5.0
"""Seconds without progress from which a pause is kept, for the rules that judge it."""

KEPT = 64
"""How many of the newest samples, scans and pauses are kept, beside the first as many; and of epochs, single steps."""

KEPT_EPOCHS = 1024
"""How many of the newest epochs are kept, beside the first as many."""

MOST_METRICS = 256
"""Names of metrics that are kept, the first ones: a program may put the number of a step into a name."""

ALWAYS = ("loss", "val_loss")
"""Metrics that are kept however many there are."""

LONGEST_NAME = 200

MOST_CALLBACKS = 64
"""Classes of callbacks that an epoch's times are kept of, those that took longest."""

MOST_ROLES = 8


@dataclass(eq=False)
class Source:
    """What a fit reads; see `events.SourceDescribed` for the members of `pipeline` and `components`."""

    described: events.SourceDescribed
    learned_size: int | None = None  # samples of an earlier full pass
    learned_batches: int | None = None

    @property
    def size(self) -> int | None:
        return self.described.size if self.described.size is not None else self.learned_size

    @property
    def size_known_by(self) -> str | None:
        if self.described.size is not None:
            return self.described.size_known_by
        return "learned" if self.learned_size is not None else None

    @property
    def batches(self) -> int | None:
        return self.described.batches if self.described.batches is not None else self.learned_batches

    @property
    def chain(self) -> list[str]:
        """The pipeline as readable stages, in order of flow."""
        return [str(stage.get("text") or stage.get("op") or "?") for stage in self.described.pipeline]


@dataclass(eq=False)
class Validation:
    started_at: float
    ended_at: float | None = None
    planned: int | None = None
    steps: int | None = None
    samples: int | None = None
    samples_known_by: str | None = None
    seconds: float | None = None
    wait: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)


class Epoch:
    """One epoch's line of the ledger. Steps, samples and times grow while it runs and are final once it has ended."""

    ended_at: float | None = None
    steps: int = 0
    steps_known_by: str | None = "exact"
    samples: int | None = 0
    samples_known_by: str | None = "exact"
    seconds: float | None = None
    wait: float | None = None
    wait_known_by: str | None = None
    compute: float | None = None
    callbacks: float | None = None
    first_step: float | None = None
    first_wait: float | None = None
    learning_rate: float | None = None
    lowest_learning_rate: float | None = None
    highest_learning_rate: float | None = None
    validation: Validation | None = None
    stop_training: bool = False
    source_ended: bool | None = None
    source_closed: bool | None = None
    shorter: str = ""
    rss: int | None = None
    backfilled: bool = False  # not seen at all, but told afterwards: its times are not known
    counted: bool = False  # its steps were reported: without that, 0 of them means that they are not known
    slowest: float | None = None  # seconds of a single step
    held: float = 0.0  # seconds between its beginning and its end in which its process could not run
    stopped: float = 0.0  # of these, the ones that a clock counts which does not count sleep
    longest_stop: float = 0.0

    def __init__(self, index: int, started_at: float, complete: bool = True) -> None:
        self.index = index
        self.started_at = started_at
        self.complete = complete  # seen from its first step on
        self.callback_seconds: dict[str, float] = {}
        self.epoch_callback_seconds: dict[str, float] = {}
        self.metrics: dict[str, float] = {}
        self.durations: list[float] = []  # of single steps, a selection, the newest at the end
        self.waits: list[float] = []

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    @property
    def lasted(self) -> float | None:
        """Seconds from its beginning to its end, as long as its process could run."""
        return None if self.ended_at is None else max(0.0, self.ended_at - self.started_at - self.held)


class Pause(NamedTuple):
    """Nothing was heard of the training for a while."""

    since: float
    until: float
    phase: str
    epoch: int | None
    step: int | None
    over: bool = True


@dataclass(eq=False)
class Memory:
    """Resident bytes of the training process as the agent saw them, at the end of each epoch and over steps."""

    by_epoch: list[tuple[int, int]] = field(default_factory=list)  # epoch, bytes
    by_step: Series = field(default_factory=Series)  # x: global step


class Kept(list[E], Generic[E]):
    """The first `KEPT` and the newest `KEPT` of a kind of event; `total` tells how many there were."""

    total = 0

    def add(self, event: E) -> None:
        self.total += 1
        if len(self) >= 2 * KEPT:
            del self[KEPT]
        self.append(event)


@dataclass(eq=False)
class SummedEpochs:
    """Of a fit's epochs that are not kept one by one. Seconds are None as soon as those of one are unknown."""

    epochs: int = 0
    steps: int = 0
    seconds: float | None = 0.0
    wait: float | None = 0.0

    def add(self, epoch: Epoch) -> None:
        self.epochs += 1
        self.steps += epoch.steps
        self.seconds, self.wait = _sum(self.seconds, epoch.seconds), _sum(self.wait, epoch.wait)


class Fit:
    """One call that trains (fit, or a loop of the user's own), or one evaluate or predict.

    `metrics` and `epoch_metrics` hold series over the global step and over the epoch; a validation metric is named
    ``val_…`` in both, as Keras names it.
    """

    def __init__(self, key: events.FitKey, index: int, started: events.FitStarted, program: int = 0) -> None:
        self.key = key
        self.program = program  # which of those that used the process id; see `Run.process_of`
        self.index = index
        self.started = started
        self.trains = started.call in ("fit", "train_on_batch", "custom-loop")
        self.ended: events.FitEnded | None = None
        self.started_at = started.at
        self.phase: Phase = "starting"
        self.progress_at = started.at  # the last time anything moved: a step, a validation batch, an epoch, a phase
        self.epochs: list[Epoch] = []  # the first and the newest ones
        self.summed = SummedEpochs()  # those between them
        self.epochs_done = 0
        self.highest_epoch = -1
        self.wait_measured = False  # input wait is known of any of it
        self.sources: dict[str, Source] = {}  # by role: train, validation
        self.model: events.ModelDescribed | None = None
        self.metrics: dict[str, Series] = {}
        self.epoch_metrics: dict[str, Series] = {}
        self.step_seconds = Series()  # x: global step; mean of the steps of one report, extremes of single ones
        self.wait_share = Series()  # x: global step
        self.learning_rate = Series()
        self.non_finite: dict[str, tuple[int, int]] = {}  # metric → epoch and step where it was first not finite
        self.steps_done = 0
        self.samples_done: int | None = 0
        self.validation_running: Validation | None = None
        self.memory = Memory()
        self.pauses: list[Pause] = []
        self.batches: Kept[events.BatchSampled] = Kept()
        self.validation_batches: Kept[events.BatchSampled] = Kept()
        self.scans: Kept[events.WeightsScanned] = Kept()
        self.probes: Kept[events.ModelProbed] = Kept()
        self.rows: dict[str, events.RowsCounted] = {}  # newest by role
        self.source_rows: dict[str, events.SourceRowsSampled] = {}
        self.overlap: events.ValidationOverlapped | None = None
        self.outgrown: events.SourceOutgrown | None = None
        self.iterators: Kept[events.IteratorEnded] = Kept()
        self.traces: Kept[events.FunctionTraced] = Kept()
        self.warnings: Kept[events.WarningSeen] = Kept()
        self.values_left_out = 0  # of metrics whose names are too many
        self.calls_until = started.at  # the last time that a call made from it moved, of those that are not kept
        self.calls_in_pauses: dict[float, float] = {}  # begin of a pause → seconds in which such calls worked

    # --- what is asked most often

    @property
    def call(self) -> str:
        return self.started.call

    @property
    def source(self) -> Source | None:
        return self.sources.get("train")

    @property
    def epoch(self) -> Epoch | None:
        """The epoch that is running or ended last."""
        return self.epochs[-1] if self.epochs else None

    @property
    def epochs_begun(self) -> int:
        return self.summed.epochs + len(self.epochs)

    @property
    def ended_epochs(self) -> list[Epoch]:
        return [epoch for epoch in self.epochs if epoch.ended]

    @property
    def ended_sums(self) -> SummedEpochs:
        """Of all epochs that have ended."""
        sums = replace(self.summed)
        for epoch in self.ended_epochs:
            sums.add(epoch)
        return sums

    @property
    def planned_steps(self) -> int | None:
        """Steps of one epoch: as Keras planned, else as the data allows."""
        if self.started.steps is not None:
            return self.started.steps
        if self.started.steps_per_epoch is not None:
            return self.started.steps_per_epoch
        return self.source.batches if self.source else None

    @property
    def step(self) -> int:
        """Steps done in the running epoch."""
        return self.epochs[-1].steps if self.epochs else 0

    # --- the fold

    def apply(self, event: events.AgentEvent) -> None:
        """Take in one event of this fit. An event of another kind changes nothing."""
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def hold(self, since: float, until: float, asleep: float) -> None:
        """The process could not run from `since` to `until`, which has just passed; the machine slept for a part."""
        awake = max(0.0, 1.0 - asleep / (until - since)) if until > since else 0.0
        for epoch in self.epochs[-2:]:
            end = until if epoch.ended_at is None else min(until, epoch.ended_at)
            held = max(0.0, end - max(since, epoch.started_at))
            epoch.held += held
            epoch.stopped += held * awake
            epoch.longest_stop = max(epoch.longest_stop, held * awake)

    def _source_described(self, event: events.SourceDescribed) -> None:
        earlier = self.sources.get(event.role)
        if earlier is None and len(self.sources) >= MOST_ROLES:
            return
        self.sources[event.role] = Source(event)
        if earlier is not None:
            self.sources[event.role].learned_size = earlier.learned_size
            self.sources[event.role].learned_batches = earlier.learned_batches

    def _model_described(self, event: events.ModelDescribed) -> None:
        self.model = event

    def _epoch_started(self, event: events.EpochStarted) -> None:
        self._progress(event.at, "training")
        epoch = self._epoch_of(event.epoch, event.at)
        epoch.complete = epoch.complete and not event.joined

    def _steps_ended(self, event: events.StepsEnded) -> None:
        self._progress(event.at, "training")
        epoch = self._epoch_of(event.epoch, event.at)
        epoch.counted = True
        epoch.steps = max(epoch.steps + event.steps, event.step + 1) if event.steps else epoch.steps
        epoch.samples = _add(epoch.samples, event.samples)
        epoch.samples_known_by = _weaker(epoch.samples_known_by, event.samples_known_by)
        self.samples_done = _add(self.samples_done, event.samples)
        self.steps_done += event.steps
        epoch.seconds = _grown(epoch.seconds, event.seconds)
        epoch.wait = _grown(epoch.wait, event.wait)
        epoch.wait_known_by = event.wait_known_by or epoch.wait_known_by
        epoch.compute = _grown(epoch.compute, event.compute)
        epoch.callbacks = _grown(epoch.callbacks, event.callbacks)
        if event.slowest is not None:
            epoch.slowest = max(epoch.slowest or 0.0, event.slowest)
        self.wait_measured = self.wait_measured or epoch.wait is not None
        if event.durations:
            epoch.durations = (epoch.durations + event.durations)[-4 * KEPT :]
        if event.waits:
            epoch.waits = (epoch.waits + event.waits)[-4 * KEPT :]
        self._times(event)
        for name, values in event.metrics.items():
            self._metric(name, values, event)
        self._rate(epoch, event.learning_rate)
        if event.rss is not None:
            self.memory.by_step.append(self.steps_done, event.rss)

    def _times(self, event: events.StepsEnded) -> None:
        if not event.seconds or event.steps < 1:
            return
        self.step_seconds.append(
            self.steps_done, event.seconds / event.steps, min(event.durations, default=None), event.slowest
        )
        if event.wait is not None:
            self.wait_share.append(self.steps_done, min(1.0, event.wait / event.seconds))

    def _metric(self, name: str, values: list[float | None], event: events.StepsEnded) -> None:
        last, low, high, first_bad = (list(values) + [None] * 4)[:4]
        series = self.metrics.get(name)
        if series is None:
            name = named(name)
            series = self.metrics.get(name)
        if first_bad is not None:
            self._not_finite(name, event.epoch, int(first_bad))
        if last is None:
            return
        if series is None:
            if not self._has_room(self.metrics, name):
                return
            series = self.metrics[name] = Series()
        series.append(self.steps_done, last, low, high)

    def _has_room(self, kept: Mapping[str, object], name: str) -> bool:
        """For a metric of a name that is not among those that are kept."""
        if len(kept) < MOST_METRICS or name in ALWAYS:
            return True
        self.values_left_out += 1
        return False

    def _not_finite(self, name: str, epoch: int, step: int) -> None:
        if name not in self.non_finite and (len(self.non_finite) < MOST_METRICS or name in ALWAYS):
            self.non_finite[name] = (epoch, step)

    def _rate(self, epoch: Epoch, rate: float | None) -> None:
        if rate is None:
            return
        epoch.learning_rate = rate
        epoch.lowest_learning_rate = (
            rate if epoch.lowest_learning_rate is None else min(epoch.lowest_learning_rate, rate)
        )
        epoch.highest_learning_rate = (
            rate if epoch.highest_learning_rate is None else max(epoch.highest_learning_rate, rate)
        )
        self.learning_rate.append(self.steps_done, rate)

    def _epoch_ended(self, event: events.EpochEnded) -> None:
        self._progress(event.at, "between")
        epoch = self._epoch_of(event.epoch, event.at)
        self.epochs_done += epoch.ended_at is None
        epoch.ended_at = event.at
        if event.backfilled:
            epoch.backfilled, epoch.complete = True, False
        if event.steps is not None:
            self.steps_done += event.steps - epoch.steps if epoch.complete else 0
            epoch.steps, epoch.counted = event.steps, True
        epoch.steps_known_by = event.steps_known_by
        if event.samples is not None or event.samples_known_by is not None:
            if self.samples_done is not None and event.samples is not None:
                self.samples_done += event.samples - (epoch.samples or 0) if epoch.complete else 0
            epoch.samples, epoch.samples_known_by = event.samples, event.samples_known_by
        elif (epoch.steps or not epoch.counted) and not epoch.samples:
            epoch.samples, epoch.samples_known_by = None, None  # nobody counted them
        for name in ("seconds", "wait", "wait_known_by", "compute", "callbacks", "first_step", "first_wait", "rss"):
            value = getattr(event, name)
            if value is not None:
                setattr(epoch, name, value)
        self.wait_measured = self.wait_measured or epoch.wait is not None
        epoch.callback_seconds = _longest(event.callback_seconds)
        epoch.epoch_callback_seconds = _longest(event.epoch_callback_seconds)
        epoch.stop_training = event.stop_training
        epoch.source_ended, epoch.source_closed = event.source_ended, event.source_closed
        epoch.shorter = event.shorter
        self._rate(epoch, event.learning_rate)
        for name, value in event.metrics.items():
            self._epoch_metric(epoch, name, value)
        if event.rss is not None and len(self.memory.by_epoch) < KEPT_EPOCHS:
            self.memory.by_epoch.append((event.epoch, event.rss))
        self._learn(epoch)

    def _epoch_metric(self, epoch: Epoch, name: str, value: float | None) -> None:
        if value is None:
            return
        name = named(name)
        if not math.isfinite(value):
            self._not_finite(name, epoch.index, max(0, epoch.steps - 1))
        series = self.epoch_metrics.get(name)
        if series is None:
            if not self._has_room(self.epoch_metrics, name):
                return
            series = self.epoch_metrics[name] = Series()
        epoch.metrics[name] = value
        series.append(epoch.index, value)

    def _learn(self, epoch: Epoch) -> None:
        """A pass that ran until the source ended tells its size, where nothing else does."""
        source = self.source
        if source is None or not epoch.source_ended or not epoch.complete or not epoch.steps:
            return
        if source.described.batches is None:
            source.learned_batches = max(source.learned_batches or 0, epoch.steps)
        if source.described.size is None and epoch.samples is not None:
            source.learned_size = max(source.learned_size or 0, epoch.samples)

    def _validation_started(self, event: events.ValidationStarted) -> None:
        self._progress(event.at, "validating")
        self.validation_running = Validation(started_at=event.at, planned=event.steps)
        self._epoch_of(event.epoch, event.at).validation = self.validation_running

    def _validation_steps(self, event: events.ValidationStepsEnded) -> None:
        self._progress(event.at, "validating")
        if self.validation_running is not None:
            self.validation_running.steps = event.steps

    def _validation_ended(self, event: events.ValidationEnded) -> None:
        self._progress(event.at, "between")
        done = self.validation_running or Validation(started_at=event.at - (event.seconds or 0.0))
        self.validation_running = None
        done.ended_at = event.at
        done.steps, done.samples, done.samples_known_by = event.steps, event.samples, event.samples_known_by
        done.seconds, done.wait = event.seconds, event.wait
        done.metrics = {name: value for name, value in self._first(event.metrics).items() if value is not None}
        self._epoch_of(event.epoch, event.at).validation = done

    def _phase_changed(self, event: events.PhaseChanged) -> None:
        self._progress(event.at, event.phase if event.phase in _PHASES else "training")

    def _ended(self, event: events.FitEnded) -> None:
        self._progress(event.at, "ended")
        self.ended = replace(event, metrics=self._first(event.metrics)) if event.metrics else event

    def _first(self, metrics: dict[str, float | None]) -> dict[str, float | None]:
        """No more of them than are kept."""
        kept = {named(name): value for name, value in list(metrics.items())[:MOST_METRICS]}
        self.values_left_out += len(metrics) - len(kept)
        return kept

    def _batch_sampled(self, event: events.BatchSampled) -> None:
        (self.batches if event.role == "train" else self.validation_batches).add(event)

    def _rows_counted(self, event: events.RowsCounted) -> None:
        if event.role in self.rows or len(self.rows) < MOST_ROLES:
            self.rows[event.role] = event

    def _source_rows(self, event: events.SourceRowsSampled) -> None:
        if event.role in self.source_rows or len(self.source_rows) < MOST_ROLES:
            self.source_rows[event.role] = event

    def _overlapped(self, event: events.ValidationOverlapped) -> None:
        self.overlap = event

    def _outgrown(self, event: events.SourceOutgrown) -> None:
        self.outgrown = event

    def _scanned(self, event: events.WeightsScanned) -> None:
        self.scans.add(event)

    def _probed(self, event: events.ModelProbed) -> None:
        self.probes.add(event)

    def _iterator_ended(self, event: events.IteratorEnded) -> None:
        self.iterators.add(event)

    def _traced(self, event: events.FunctionTraced) -> None:
        self.traces.add(event)

    def _warned(self, event: events.WarningSeen) -> None:
        self.warnings.add(event)

    def _epoch_of(self, index: int, at: float) -> Epoch:
        if self.epochs and self.epochs[-1].index == index:
            return self.epochs[-1]
        if index <= self.highest_epoch:
            for epoch in reversed(self.epochs):
                if epoch.index == index:
                    return epoch
        self.highest_epoch = max(self.highest_epoch, index)
        joined_here = self.started.joined and not self.epochs
        self.epochs.append(Epoch(index=index, started_at=at, complete=not joined_here))
        if len(self.epochs) > 2 * KEPT:  # of the others only the sums are needed: there may be 100,000
            self.epochs[-KEPT].durations, self.epochs[-KEPT].waits = [], []
        if len(self.epochs) > 2 * KEPT_EPOCHS:
            self.summed.add(self.epochs.pop(KEPT_EPOCHS))
        return self.epochs[-1]

    def called(self, other: Fit, until: float) -> None:
        """Remember when a call made from this fit worked, which is not kept itself."""
        self.calls_until = max(self.calls_until, other.progress_at)
        spans = [(pause.since, pause.until) for pause in self.pauses]
        for since, end in [*spans, (self.progress_at, math.inf)]:
            worked = min(until, end) - max(other.started_at, since)
            if worked > 0:
                self.calls_in_pauses[since] = self.calls_in_pauses.get(since, 0.0) + worked
        if len(self.calls_in_pauses) > 4 * KEPT:
            kept = {since for since, _ in spans} | {self.progress_at}
            self.calls_in_pauses = {since: worked for since, worked in self.calls_in_pauses.items() if since in kept}

    def _progress(self, at: float, phase: Phase | str) -> None:
        if at - self.progress_at >= PAUSE:
            self._pause(at)
        self.progress_at = max(self.progress_at, at)
        if phase != self.phase:
            self.phase = cast(Phase, phase)

    def _pause(self, until: float) -> None:
        epoch = self.epoch
        self.pauses.append(
            Pause(
                since=self.progress_at,
                until=until,
                phase=self.phase,
                epoch=epoch.index if epoch else None,
                step=epoch.steps if epoch else None,
            )
        )
        if len(self.pauses) > 2 * KEPT:
            # The longest ones tell most.
            self.pauses.remove(min(self.pauses, key=lambda pause: pause.until - pause.since))


_PHASES = frozenset(get_args(Phase))

_HANDLERS: dict[type[events.AgentEvent], Callable[[Fit, Any], None]] = {
    events.SourceDescribed: Fit._source_described,
    events.ModelDescribed: Fit._model_described,
    events.EpochStarted: Fit._epoch_started,
    events.StepsEnded: Fit._steps_ended,
    events.EpochEnded: Fit._epoch_ended,
    events.ValidationStarted: Fit._validation_started,
    events.ValidationStepsEnded: Fit._validation_steps,
    events.ValidationEnded: Fit._validation_ended,
    events.PhaseChanged: Fit._phase_changed,
    events.FitEnded: Fit._ended,
    events.BatchSampled: Fit._batch_sampled,
    events.RowsCounted: Fit._rows_counted,
    events.SourceRowsSampled: Fit._source_rows,
    events.ValidationOverlapped: Fit._overlapped,
    events.SourceOutgrown: Fit._outgrown,
    events.WeightsScanned: Fit._scanned,
    events.ModelProbed: Fit._probed,
    events.IteratorEnded: Fit._iterator_ended,
    events.FunctionTraced: Fit._traced,
    events.WarningSeen: Fit._warned,
}


def named(name: str) -> str:
    """The name of a metric; of one that nobody could read, its beginning and what tells it from others."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME]}… ({zlib.crc32(name.encode('utf-8', 'surrogatepass')):08x})"


def _longest(seconds: dict[str, float]) -> dict[str, float]:
    if len(seconds) <= MOST_CALLBACKS:
        return dict(seconds)
    return dict(sorted(seconds.items(), key=lambda each: each[1], reverse=True)[:MOST_CALLBACKS])


def _sum(seconds: float | None, more: float | None) -> float | None:
    return None if seconds is None or more is None else seconds + more


def _grown(sum_so_far: float | None, more: float | None) -> float | None:
    """A sum in which unknown parts count as nothing; None while no part is known."""
    return sum_so_far if more is None else (sum_so_far or 0.0) + more


def _add(count: int | None, more: int | None) -> int | None:
    """A count that is unknown as soon as one part is."""
    return None if count is None or more is None else count + more


def _weaker(one: str | None, other: str | None) -> str | None:
    """How a sum is known whose parts are known so."""
    return "exact" if one == other == "exact" else None if one is None or other is None else "estimated"
