"""Every fact that can be recorded, once.

An event is written down by whoever saw it, in the past tense, and says what was seen, not what it means. The class
name is its tag on the wire and in the journal. Every field has a default, so that a reader and a writer of different
versions understand each other: fields are only ever added. ``None`` is "not known"; it is never written as 0.

Units: times are seconds since 1970 (UTC), durations seconds, sizes bytes, ratios 0..1. Steps and epochs are counted
from 0, as Keras passes them to callbacks. The times of a run are on one steady line, whatever its machine's clock is
set to while it goes on: see `tuimon.clock`, and `ClockSet`.

Standard library only, Python 3.9: the agent loads this file inside the training process.
"""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple, Type

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(frozen):
        """The standard one without methods of each class' own, which `Event` has for all: to generate them would cost
        every training 40 ms of import."""
        made = dataclasses.dataclass(init=False, repr=False, eq=False)

        def described(kind):
            kind.__doc__ = kind.__doc__ or kind.__name__  # else it is put together from a signature that tells nothing
            return made(kind)

        return described


SCHEMA_VERSION = 1

Facts = Dict[str, Any]
"""Details with names of their own; each event says which ones it carries."""

Number = Optional[float]


def _facts() -> Any:
    return field(default_factory=dict)


def _list() -> Any:
    return field(default_factory=list)


@dataclass(frozen=True)
class Event:
    at: float = 0.0

    if not TYPE_CHECKING:

        def __init__(self, *values, **named):
            kind = type(self)
            plain, made = kind.__dict__.get("_defaults") or prepared(kind)
            own = self.__dict__
            own.update(plain)
            if values:
                named.update(zip(own, values))
            for name, make in made:
                if name not in named:
                    own[name] = make()
            if not named.keys() <= own.keys():
                raise TypeError("%s has no field %s" % (kind.__name__, sorted(named.keys() - own.keys())))
            own.update(named)

        def __setattr__(self, name, value):
            raise dataclasses.FrozenInstanceError("cannot assign to field %r" % name)

        def __delattr__(self, name):
            raise dataclasses.FrozenInstanceError("cannot delete field %r" % name)

        def __eq__(self, other):
            return self.__dict__ == other.__dict__ if type(self) is type(other) else NotImplemented

        def __hash__(self):
            return hash(tuple(self.__dict__.values()))

        def __repr__(self):
            shown = ", ".join("%s=%r" % item for item in self.__dict__.items())
            return "%s(%s)" % (type(self).__name__, shown)


def prepared(kind: Any) -> Any:
    """All fields in order with the defaults that can be shared, and what makes the others; kept with the class."""
    each = dataclasses.fields(kind)
    plain = {one.name: None if one.default is dataclasses.MISSING else one.default for one in each}
    made = [(one.name, one.default_factory) for one in each if one.default is dataclasses.MISSING]
    kind._defaults = plain, made
    return kind._defaults


@dataclass(frozen=True)
class Unknown(Event):
    """An event of a kind that this version does not know, kept as it came."""

    name: str = ""
    fields: Facts = _facts()


# --- the run, told by the supervisor ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class JournalOpened(Event):
    """The header: the first line of every journal segment."""

    schema: int = 0
    tuimon: str = ""
    run: str = ""


@dataclass(frozen=True)
class RunStarted(Event):
    run: str = ""
    name: str = ""
    command: List[str] = _list()
    cwd: str = ""
    host: str = ""
    user: str = ""
    boot: str = ""  # the kernel's boot id: a run of an earlier boot is lost
    dataset_size: Optional[int] = None  # samples, declared by --dataset-size
    source: str = "run"  # run, attach, watch, or the reader that made these events of a foreign log
    settings: Facts = _facts()  # rule settings and script comments that the run was started with
    clock: str = "utc"  # "relative": the log has no dates, times count from its beginning


@dataclass(frozen=True)
class SupervisorStarted(Event):
    pid: int = 0
    adopted: bool = False  # took over from a supervisor that died, or joined a job that it did not start
    uptime: Number = None  # `at` in seconds since this boot
    awake: Number = None  # of these, the machine did not sleep


@dataclass(frozen=True)
class SupervisorEnded(Event):
    pid: int = 0
    reason: str = ""


@dataclass(frozen=True)
class ChildStarted(Event):
    pid: int = 0
    started: float = 0.0  # the kernel's start time of the process, in clock ticks since boot
    executable: str = ""


@dataclass(frozen=True)
class ChildEnded(Event):
    pid: int = 0
    exit_code: Optional[int] = None  # None when it died of a signal, or when nobody could learn it
    signal: Optional[int] = None
    oom_killed: Optional[bool] = None  # the cgroup's oom_kill counter rose; None when it cannot be read
    core_dumped: bool = False
    last_words: List[str] = _list()  # lines at the end of standard error that tell why it died, at most 60


@dataclass(frozen=True)
class ProcessesRemained(Event):
    """Which processes of the run go on after its script, as of now: none when the last one has ended."""

    pids: List[int] = _list()
    training: List[int] = _list()  # of these, those that an agent reports from


@dataclass(frozen=True)
class ProcessEnded(Event):
    """A process that trained after the script had ended."""

    pid: int = 0
    exit_code: Optional[int] = None  # None when it died of a signal, or when nobody could learn it
    signal: Optional[int] = None


@dataclass(frozen=True)
class RunLost(Event):
    """Made by a reader, never written: neither the script nor its supervisor is alive, and no end was recorded."""

    reason: str = ""


@dataclass(frozen=True)
class OutputGrew(Event):
    """How long the script's output files were at this moment, so that replay can show them as they were."""

    stdout: int = 0
    stderr: int = 0


@dataclass(frozen=True)
class EpochLinePrinted(Event):
    """The script printed a line such as ``Epoch 3/10``."""

    epoch: int = 0  # as printed
    epochs: Optional[int] = None


@dataclass(frozen=True)
class EventsLost(Event):
    """Facts that were seen and could not be kept: a full queue, a full disk, a torn spool."""

    count: int = 0
    since: Number = None
    reason: str = ""


@dataclass(frozen=True)
class GapRecorded(Event):
    """Nothing was recorded of `what` from `since` to `until`.

    In a gap of everything the script did not run either. One of "agent" is told by a process that found afterwards that
    it had not run, and says nothing new where a supervisor was watching.
    """

    what: str = ""  # host, gpu, steps, output, everything, agent
    since: float = 0.0
    until: float = 0.0
    reason: str = ""
    asleep: Number = None  # seconds of it in which the machine slept: durations do not count them
    pid: Optional[int] = None  # of the process, where it is one of a single one


@dataclass(frozen=True)
class ProcessStopped(Event):
    """A process that trains does not run: somebody holds it."""

    pid: int = 0
    since: float = 0.0  # when it was last seen to run
    reason: str = ""


@dataclass(frozen=True)
class ProcessContinued(Event):
    """It runs again."""

    pid: int = 0


@dataclass(frozen=True)
class ClockSet(Event):
    """The machine's clock was set while the run went on. Times of the run go on as before."""

    by: float = 0.0  # seconds; below 0 it was set back
    ahead: float = 0.0  # seconds that the machine's clock shows beyond the times of the run since then


@dataclass(frozen=True)
class HostSampled(Event):
    """The machine and the run's process tree, once a second."""

    cpu_ratio: Number = None  # of all cores of the machine
    load: Number = None  # 1-minute load average
    cores: Optional[int] = None  # that this run may use (affinity and cgroup)
    memory_total: Optional[int] = None
    memory_available: Optional[int] = None
    memory_limit: Optional[int] = None  # the cgroup's, None when unlimited
    memory_in_cgroup: Optional[int] = None  # without reclaimable page cache
    oom_kills: Optional[int] = None
    swap_used: Optional[int] = None
    shm_used: Optional[int] = None
    shm_total: Optional[int] = None
    disk_free: Optional[int] = None  # where the run's working directory is
    disk_total: Optional[int] = None
    pressure: Facts = _facts()  # PSI "some"/"full" avg10 ratios: cpu, cpu_full, io, io_full, memory, memory_full
    # the process tree
    processes: Optional[int] = None
    workers: List[Facts] = _list()  # children: pid, name, rss, cpu_ratio, state
    dead_workers: Optional[int] = None  # children in state Z
    threads: Optional[int] = None
    open_files: Optional[int] = None
    rss: Optional[int] = None  # sum over the tree
    pss: Optional[int] = None
    main_rss: Optional[int] = None
    swapped: Optional[int] = None  # VmSwap over the tree
    major_faults: Optional[int] = None  # since the start, over the tree
    cpu_cores: Number = None  # cores' worth of CPU that the tree used since the last sample
    read_bytes: Optional[int] = None  # since the start, from storage
    written_bytes: Optional[int] = None
    io_waiting: Optional[bool] = None  # the main process was in uninterruptible sleep


@dataclass(frozen=True)
class WaitEstimated(Event):
    """How long a process that no agent is in waited for its data, guessed from outside; about once a second."""

    seconds: Number = None  # the while that was looked at, until `at`
    wait: Number = None  # of these
    looks: int = 0  # that the guess is made from
    batches_at_most: Optional[int] = None  # that were asked for in this while
    known_by: str = ""  # stack-pointer: where the stack of the thread was that fetches batches
    reason: str = ""  # why nothing can be told, and what right would change it


@dataclass(frozen=True)
class GpusSampled(Event):
    """NVML, once a second.

    Each GPU: index, uuid, name, memory_total, memory_used, memory_free, memory_reserved, utilization,
    memory_utilization (ratios), temperature (°C), power_watts, power_limit_watts, clock_mhz, clock_max_mhz,
    throttle (list of reasons), pcie_rx, pcie_tx (bytes/s), ecc_errors, mig (list), visible (to this run), processes
    (list of pid, memory, own), memory_own, memory_others, memory_unaccounted, and problems (what could not be read, by
    name). A figure that cannot be read is absent.
    """

    gpus: List[Facts] = _list()
    driver: str = ""
    faults: List[Facts] = _list()  # since the last sample, of GPUs that may be gone by now: uuid, xid (NVIDIA's number)


@dataclass(frozen=True)
class GpusUnreadable(Event):
    """Why there are no GPU figures: no driver, no permission, a lost device."""

    reason: str = ""
    lasting: bool = False  # will not be tried again


# --- requests: who asked the run for what, and what came of it ------------------------------------------------------


@dataclass(frozen=True)
class Request(Event):
    id: str = ""
    by: str = ""  # user@host (client)


@dataclass(frozen=True)
class SignalRequested(Request):
    signal: int = 0  # 2 interrupt, 15 terminate, 9 kill


@dataclass(frozen=True)
class EpochStopRequested(Request):
    """Let this epoch end, then stop training as `model.stop_training = True` does."""


@dataclass(frozen=True)
class StacksRequested(Request):
    """Dump the stacks of all Python threads."""


@dataclass(frozen=True)
class WeightsRequested(Request):
    """Save the weights of the model in training now."""

    path: str = ""


@dataclass(frozen=True)
class DetachRequested(Request):
    """Let go of a process that was joined: its agent goes quiet, and its supervisor ends."""


@dataclass(frozen=True)
class ScreenAttached(Event):
    by: str = ""
    readonly: bool = False


@dataclass(frozen=True)
class RequestAnswered(Event):
    request: str = ""  # its id
    accepted: bool = False
    detail: str = ""
    text: str = ""  # e.g. the stacks


# --- the training process, told by the agent --------------------------------------------------------------------------


@dataclass(frozen=True)
class AgentEvent(Event):
    pid: int = 0  # stamped when the event is queued: one run may train in several processes


@dataclass(frozen=True)
class AgentStarted(AgentEvent):
    """An agent began to report from a process that uses Keras or TensorFlow."""

    parent: int = 0
    python: str = ""
    executable: str = ""
    argv: List[str] = _list()
    door: str = "run"  # run, import, callback, inject
    rank: Optional[int] = None
    ranks: Optional[int] = None
    task: str = ""  # TF_CONFIG's type/index
    environment: Facts = _facts()  # variables that change training: KERAS_*, TF_*, CUDA_VISIBLE_DEVICES


@dataclass(frozen=True)
class FrameworkSeen(AgentEvent):
    tensorflow: Optional[str] = None
    keras: Optional[str] = None
    keras_line: Optional[int] = None  # 2 or 3: which behaviour applies (tf_keras is 2)
    backend: Optional[str] = None  # tensorflow, jax, torch
    jax: Optional[str] = None
    torch: Optional[str] = None
    numpy: Optional[str] = None


@dataclass(frozen=True)
class DevicesSeen(AgentEvent):
    """The framework's own devices. Each: name, kind (CPU, GPU, TPU), memory_growth, memory_limit, description."""

    devices: List[Facts] = _list()
    precision: str = ""  # the dtype policy, e.g. mixed_float16
    strategy: str = ""  # class of the distribution strategy in scope
    replicas: Optional[int] = None


@dataclass(frozen=True)
class AgentFailed(AgentEvent):
    """A hook raised: it is off from here on, training was not touched."""

    hook: str = ""
    error: str = ""


@dataclass(frozen=True)
class AgentEnded(AgentEvent):
    """The process is about to exit in good order."""

    seconds: Number = None


@dataclass(frozen=True)
class FitStarted(AgentEvent):
    fit: int = 0  # counts from 1 within its process
    call: str = "fit"  # fit, evaluate, predict, train_on_batch, custom-loop
    inside: Optional[int] = None  # the fit that this call was made from (a callback that predicts)
    site: str = ""  # file:line of the user's call
    comment: str = ""  # the source line's trailing comment, for `# tuimon: ignore[rule]`
    epochs: Optional[int] = None
    initial_epoch: int = 0
    steps_per_epoch: Optional[int] = None  # as given by the user
    steps: Optional[int] = None  # as Keras planned it (`params["steps"]`), None when unknown
    batch_size: Optional[int] = None
    validation: Optional[bool] = None
    validation_steps: Optional[int] = None
    validation_freq: Optional[int] = None
    validation_split: Number = None
    steps_per_execution: Optional[int] = None
    run_eagerly: Optional[bool] = None
    jit_compile: Optional[bool] = None
    class_weight: bool = False
    sample_weight: bool = False
    shuffle: Optional[bool] = None
    verbose: Optional[int] = None
    callbacks: List[str] = _list()  # class names, Keras' own last
    strategy: str = ""
    replicas: Optional[int] = None
    joined: bool = False  # the agent came in while it was running


@dataclass(frozen=True)
class SourceDescribed(AgentEvent):
    """What a fit reads, known before its first step.

    Each stage of the pipeline, in order of flow: op (e.g. batch, shuffle, map), text (as users would write it), and
    what applies of: count (elements that leave it per pass; absent when unknown), infinite, files, rows, batch_size,
    drop_remainder, buffer, buffer_bytes, parallel (int or "AUTOTUNE"), function (name, file:line), take, skip, repeat
    (None is endless), cache ("memory" or a file), deterministic, reshuffle, by_keras (added around arrays), inputs (for
    zip, concatenate, interleave: lists of stages).
    Each component: name, role (x, y, weight), shape (None for unknown dimensions), dtype, kind (dense, ragged, sparse,
    string, python).
    """

    fit: int = 0
    role: str = "train"  # train, validation
    kind: str = ""  # numpy, tensor, pandas, list, tf.data, generator, sequence, torch-dataloader, other
    size: Optional[int] = None  # samples in one pass of what the fit reads
    size_known_by: Optional[str] = None  # exact, declared, learned, estimated
    size_reason: str = ""  # how it is known, or why it is not
    batches: Optional[int] = None  # in one pass
    infinite: Optional[bool] = None
    batch_size: Optional[int] = None
    drop_remainder: Optional[bool] = None
    dropped: Optional[int] = None  # samples that drop_remainder leaves out per pass
    upstream_size: Optional[int] = None  # samples that the pipeline could read, before take/drop/shard
    upstream_known_by: Optional[str] = None
    upstream_reason: str = ""
    upstream_row_shape: Optional[List[int]] = None  # of one row of the array that an estimate comes from
    shuffled: Optional[bool] = None
    workers: Optional[int] = None
    multiprocessing: Optional[bool] = None
    element_bytes: Optional[int] = None  # of one sample, where shapes tell
    paths_checked: Optional[int] = None  # file names that were found behind a generator and looked up on disk
    paths_missing: Optional[int] = None  # of these, files that are not there
    pipeline: List[Facts] = _list()
    components: List[Facts] = _list()


@dataclass(frozen=True)
class ModelDescribed(AgentEvent):
    """The model as compiled.

    Each output: name, units (size of the last axis), shape, activation (name, or None for linear), loss (name),
    from_logits, layer. Each loss: name, from_logits, ignore_class, output, custom. Each layer (the first 200): name,
    kind, trainable, parameters, activation. `first_layers` are the kinds met first from each input.
    """

    fit: int = 0
    name: str = ""
    kind: str = ""  # Sequential, Functional, or the subclass's name
    parameters: Optional[int] = None
    trainable: Optional[int] = None
    trainable_variables: Optional[int] = None
    layers: List[Facts] = _list()
    first_layers: List[str] = _list()
    inputs: List[Facts] = _list()
    outputs: List[Facts] = _list()
    losses: List[Facts] = _list()
    metrics: List[str] = _list()
    optimizer: Optional[str] = None
    learning_rate: Number = None
    schedule: str = ""  # class of the learning rate schedule
    gradient_clipping: Optional[bool] = None
    custom_train_step: bool = False
    added_losses: bool = False  # add_loss or activity regularisers
    compiled: Optional[bool] = None


@dataclass(frozen=True)
class EpochStarted(AgentEvent):
    fit: int = 0
    epoch: int = 0
    joined: bool = False  # it was running when the agent came in: what was before that is not known


@dataclass(frozen=True)
class StepsEnded(AgentEvent):
    """All training steps of one fit and epoch that ended since the last such event: never an event per step."""

    fit: int = 0
    epoch: int = 0
    step: int = 0  # index of the last one within the epoch
    steps: int = 0  # how many: batches, not callbacks
    samples: Optional[int] = None
    samples_known_by: Optional[str] = None  # exact, estimated
    seconds: Number = None  # wall time that these steps took, from the end of the step before
    wait: Number = None  # blocked in the iterator's next
    wait_known_by: Optional[str] = None
    compute: Number = None
    callbacks: Number = None  # in the user's and Keras' batch callbacks
    slowest: Number = None  # the longest single step
    durations: List[float] = _list()  # of single steps: all, or a regular selection of at most 32
    waits: List[float] = _list()  # of the same kind, where single waits are known
    metrics: Dict[str, List[Number]] = _facts()  # name → last, lowest, highest (finite), first non-finite step or None
    learning_rate: Number = None
    rss: Optional[int] = None  # of this process


@dataclass(frozen=True)
class EpochEnded(AgentEvent):
    fit: int = 0
    epoch: int = 0
    steps: Optional[int] = None
    steps_known_by: Optional[str] = "exact"  # "printed": by a progress bar, which ends at its target whatever ran
    samples: Optional[int] = None
    samples_known_by: Optional[str] = None
    seconds: Number = None
    wait: Number = None
    wait_known_by: Optional[str] = None
    compute: Number = None
    callbacks: Number = None  # batch and epoch callbacks, validation left out
    validation: Number = None  # seconds
    first_step: Number = None  # seconds of the first step: tracing, buffer fill
    first_wait: Number = None  # of these, seconds until the first batch came
    callback_seconds: Dict[str, float] = _facts()  # by class, where callbacks are timed singly
    epoch_callback_seconds: Dict[str, float] = _facts()  # the same, of epoch begin and end only
    metrics: Dict[str, Number] = _facts()
    learning_rate: Number = None
    stop_training: bool = False
    source_ended: Optional[bool] = None  # the source was exhausted in this epoch
    source_closed: Optional[bool] = None  # it was closed before it was exhausted
    shorter: str = ""  # why fewer steps than planned, where it is known
    rss: Optional[int] = None
    backfilled: bool = False  # told by Keras' History: the agent did not see it, and `at` is when it was told


@dataclass(frozen=True)
class ValidationStarted(AgentEvent):
    fit: int = 0
    epoch: int = 0
    steps: Optional[int] = None  # planned


@dataclass(frozen=True)
class ValidationStepsEnded(AgentEvent):
    """Progress within a validation: how many of its batches have been done so far."""

    fit: int = 0
    epoch: int = 0
    steps: int = 0


@dataclass(frozen=True)
class ValidationEnded(AgentEvent):
    fit: int = 0
    epoch: int = 0
    steps: Optional[int] = None
    samples: Optional[int] = None
    samples_known_by: Optional[str] = None
    seconds: Number = None
    wait: Number = None
    metrics: Dict[str, Number] = _facts()


@dataclass(frozen=True)
class PhaseChanged(AgentEvent):
    """What the training thread is about to be busy with, where no other event says it."""

    fit: int = 0
    phase: str = ""  # tracing, filling, training, validating, saving, callbacks, waiting
    detail: str = ""


@dataclass(frozen=True)
class FitEnded(AgentEvent):
    fit: int = 0
    seconds: Number = None
    epochs: Optional[int] = None  # done
    steps: Optional[int] = None
    exception: str = ""  # type, empty when it returned
    message: str = ""
    stop_training: bool = False
    stopped_by: str = ""  # class of the callback that set stop_training, where it is known
    metrics: Dict[str, Number] = _facts()  # what evaluate returned


@dataclass(frozen=True)
class IteratorEnded(AgentEvent):
    """An iterator over a dataset, made outside of Keras, was used up or dropped; fit 0 when no loop was running."""

    fit: int = 0
    batches: int = 0
    samples: Optional[int] = None
    exhausted: bool = False
    available: Optional[int] = None  # batches in one pass, before any last `take`, where known
    site: str = ""


@dataclass(frozen=True)
class SourceOutgrown(AgentEvent):
    """A list of the calling frame that had as many entries as the source has rows has grown since; told once a fit."""

    fit: int = 0
    epoch: int = 0
    name: str = ""
    rows: int = 0  # when the fit began
    now: int = 0


@dataclass(frozen=True)
class BatchSampled(AgentEvent):
    """A look at one batch that reached the model.

    Each component: role (x, y, weight), name, shape, dtype, and what applies of: min, max, mean, std, non_finite
    (count), integer (all values whole), distinct (number of distinct values, capped), classes (label → rows),
    distribution (one_hot, multi_hot, index, continuous), feature_mean, feature_std (per last-axis feature, at most
    64), zeros, below_zero, above_one (ratios). Figures are of the finite values.
    """

    fit: int = 0
    role: str = "train"
    epoch: int = 0
    step: Optional[int] = None  # None: not one batch, or nobody knows which; `rows` may be the whole source
    rows: Optional[int] = None
    components: List[Facts] = _list()
    fingerprint: str = ""  # of the whole sampled content
    row_fingerprints: List[str] = _list()  # of single rows (x only), at most 64


@dataclass(frozen=True)
class RowsCounted(AgentEvent):
    """Distinct rows by fingerprint, so far in this epoch and this fit, of the rows that were looked at."""

    fit: int = 0
    role: str = "train"
    epoch: int = 0
    looked_at: int = 0
    distinct: int = 0
    distinct_in_fit: int = 0
    distinct_known_by: str = "exact"  # or estimated
    complete: bool = False  # every row was looked at


@dataclass(frozen=True)
class SourceRowsSampled(AgentEvent):
    """Fingerprints of rows taken straight from the source (arrays, Sequence), for comparison with the batches seen."""

    fit: int = 0
    role: str = "train"
    looked_at: int = 0
    distinct: int = 0
    of: Optional[int] = None  # rows in the source


@dataclass(frozen=True)
class ValidationOverlapped(AgentEvent):
    """Validation rows whose fingerprint was also seen in training."""

    fit: int = 0
    looked_at: int = 0
    overlapping: int = 0
    expected: Number = None  # by chance, from duplicates within the training rows


@dataclass(frozen=True)
class WeightsScanned(AgentEvent):
    """All trainable weights at the end of an epoch."""

    fit: int = 0
    epoch: int = 0
    variables: int = 0
    non_finite: int = 0  # values
    non_finite_in: List[str] = _list()  # variables, at most 8
    unchanged: int = 0  # variables that are allclose(rtol 1e-5, atol 1e-8) to the last scan
    unchanged_in: List[str] = _list()
    compared: bool = False  # there was an earlier scan of this fit to compare with
    norm: Number = None
    largest_change: Number = None
    seconds: Number = None


@dataclass(frozen=True)
class ModelProbed(AgentEvent):
    """A rare shadow step on a cached batch: forward, and gradients; nothing is updated.

    Each layer: name, kind, activation, dead (ratio of units that are zero on ≥ 99 % of rows), saturated (ratio),
    gradient (L2 norm, where it has weights). Each output: name, std (over rows), min, max, outside (ratio outside the
    range that the loss needs).
    """

    fit: int = 0
    epoch: int = 0
    rows: int = 0
    loss: Number = None
    layers: List[Facts] = _list()
    outputs: List[Facts] = _list()
    gradient_first: Number = None  # L2 norm of the first layer with weights
    gradient_last: Number = None
    seconds: Number = None


@dataclass(frozen=True)
class FunctionTraced(AgentEvent):
    """A `tf.function` was traced again."""

    fit: int = 0
    function: str = ""
    site: str = ""
    traces: int = 0  # so far
    calls: Optional[int] = None
    recent: Optional[int] = None  # traces among the last 10 calls


@dataclass(frozen=True)
class AllocatorSampled(AgentEvent):
    """The framework's own allocator. Each device: name, in_use, peak, limit, reserved, gpu_index, gpu_uuid."""

    devices: List[Facts] = _list()


@dataclass(frozen=True)
class ExceptionRaised(AgentEvent):
    """An exception left a fit, or the script."""

    fit: Optional[int] = None
    where: str = "script"  # fit, script, thread
    type: str = ""
    message: str = ""
    traceback: str = ""  # at most 16 kB, the end of it
    site: str = ""  # file:line of the user's innermost frame
    op: str = ""  # TensorFlow op or node, where the message names it
    causes: List[str] = _list()  # types of the chained exceptions


@dataclass(frozen=True)
class WarningSeen(AgentEvent):
    """A Python warning or a Keras/TensorFlow log line that rules care about."""

    fit: Optional[int] = None
    category: str = ""
    message: str = ""


def _subclasses(kind: Type[Event]) -> List[Type[Event]]:
    return [kind] + [deeper for child in kind.__subclasses__() for deeper in _subclasses(child)]


KINDS: Dict[str, Type[Event]] = {kind.__name__: kind for kind in _subclasses(Event)}
"""Tag → class. `Unknown` is no tag: what is read under it is of an unknown kind."""
del KINDS["Unknown"], KINDS["Event"], KINDS["AgentEvent"], KINDS["Request"]


def _defaults(kind: Type[Event]) -> Dict[str, Any]:
    return {
        each.name: each.default_factory() if each.default_factory is not dataclasses.MISSING else each.default
        for each in dataclasses.fields(kind)
    }


DEFAULTS: Dict[Type[Event], Dict[str, Any]] = {kind: _defaults(kind) for kind in KINDS.values()}
"""Field → default, in the order of declaration, for each class."""

FitKey = Tuple[int, int]
"""A fit within a run: the process that runs it, and its number there."""
