"""Trainings whose wait for each batch is known to the script, within bounds; prints one JSON line each, in order.

The source sleeps for each batch and notes when it began and when the batch was ready; the training notes when a step
began and when the batch had come. The wait is at least from the later of the two begins until the batch was ready, and
at most from the step's begin until the batch had come: what lies between is the machine's own delay. Where batches are
made ahead, a step asks for its own only a while after it has begun: as long after as without prefetching, where the
source begins when it is asked. Before the first step of an epoch Keras 3 makes its iterator: this is wait, too. Of two
epochs only the last counts, of a loop of the script's own both.
"""

import json
import statistics
import sys
import time

import numpy as np
import tensorflow as tf
from tensorflow import keras

KERAS3 = hasattr(keras, "ops")
STEPS, ROWS = 30, 32
X = np.random.default_rng(0).normal(size=(STEPS * ROWS, 16)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
now = time.perf_counter
delays = {}
"""By kind, seconds from a step's begin until its batch is asked for."""


class Truth(keras.callbacks.Callback):
    """When steps began, when batches were being made, and when they had come."""

    def __init__(self, sleep):
        super().__init__()
        self.sleep, self.begun, self.made, self.come = sleep, [], [], []
        self.entered, self.set_up = None, 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.entered = now()

    def on_train_batch_begin(self, batch, logs=None):
        self.begun.append(now())
        if self.entered is not None:
            self.set_up, self.entered = self.begun[-1] - self.entered, None

    def on_train_batch_end(self, batch, logs=None):
        if len(self.come) < len(self.begun):  # nothing in the step has noted it
            self.come.append(now())

    def make(self):
        began = now()
        if self.sleep:
            time.sleep(self.sleep)
        self.made.append((began, now()))

    def arrived(self):
        self.come.append(now())
        return np.float32(0)


class Noting(keras.Sequential):
    """Notes first of all in a step that its batch has come."""

    truth = None

    def train_step(self, data):
        if self.truth is not None:
            x, y = data
            with tf.control_dependencies([x, y]):
                noted = tf.numpy_function(self.truth.arrived, [], tf.float32, stateful=True)
            with tf.control_dependencies([noted]):
                data = tf.identity(x), tf.identity(y)
        return super().train_step(data)


def model(truth=None, **options):
    made = Noting([keras.Input((16,)), keras.layers.Dense(256, activation="relu"), keras.layers.Dense(1)])
    made.truth = truth
    made.compile("sgd", "mse", **options)
    return made


def dataset(truth, prefetch, size=ROWS):
    def slowly(x, y):
        done = tf.numpy_function(lambda: truth.make() or np.float32(0), [], tf.float32, stateful=True)
        with tf.control_dependencies([done]):
            return tf.identity(x), tf.identity(y)

    made = tf.data.Dataset.from_tensor_slices((X, Y)).batch(size, drop_remainder=True).map(slowly)
    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False  # which newer versions do unasked
    made = made.with_options(options)
    return made.prefetch(1) if prefetch else made


def tell(kind, truth, prefetch, made=None, steps=STEPS):
    made = truth.made[-steps:] if made is None else made
    times = list(zip(made, truth.begun[-steps:], truth.come[-steps:]))
    if not prefetch:
        delays[kind] = max(0.0, statistics.median(began - asked for (began, _), asked, _ in times))
    delay = delays.get("fit" if kind == "MirroredStrategy" else kind, 0.0)  # its iterators always make batches ahead
    least = [max(0.0, ready - max(asked + delay, began)) for (began, ready), asked, _ in times]
    most = [come - asked for _, asked, come in times]
    told = {"kind": kind, "sleep": truth.sleep, "prefetch": prefetch, "steps": len(times)}
    print(json.dumps({**told, "least": sum(least) + truth.set_up, "most": sum(most) + truth.set_up}), flush=True)


def fit(kind, truth, prefetch, **options):
    made = model(None if "jit_compile" in options else truth, **options)
    made.fit(dataset(truth, prefetch), epochs=2, verbose=0, callbacks=[truth])
    tell(kind, truth, prefetch)


def generator(truth):
    def batches():
        while True:
            for at in range(0, STEPS * ROWS, ROWS):
                truth.make()
                yield X[at : at + ROWS], Y[at : at + ROWS]

    model(truth).fit(batches(), epochs=2, steps_per_epoch=STEPS, verbose=0, callbacks=[truth])
    tell("generator", truth, True, truth.made[STEPS : 2 * STEPS])


def sequence(truth):
    base = keras.utils.PyDataset if KERAS3 else keras.utils.Sequence
    last = {}

    class Batches(base):
        def __len__(self):
            return STEPS

        def __getitem__(self, index):
            truth.make()
            last[index] = truth.made[-1]
            return X[index * ROWS :][:ROWS], Y[index * ROWS :][:ROWS]

    model(truth).fit(Batches(), epochs=2, shuffle=False, verbose=0, callbacks=[truth])
    tell("Sequence", truth, True, [last[index] for index in range(STEPS)])


def by_hand(truth, prefetch):
    made = model()
    looped(truth, prefetch, made.train_on_batch)
    tell("train_on_batch", truth, prefetch, steps=2 * STEPS)


def looped(truth, prefetch, step):
    for _ in range(2):
        batches = iter(dataset(truth, prefetch))
        for _ in range(STEPS):
            truth.begun.append(now())
            batch = next(batches)
            truth.come.append(now())
            step(*batch)


def tape(truth, prefetch, traced):
    made, optimizer = model(), keras.optimizers.SGD(0.01)

    def step(x, y):
        with tf.GradientTape() as recorded:
            loss = tf.reduce_mean(tf.square(made(x, training=True) - y))
        optimizer.apply_gradients(zip(recorded.gradient(loss, made.trainable_variables), made.trainable_variables))
        return loss

    step = tf.function(step) if traced else step
    looped(truth, prefetch, step)
    tell("tape, traced" if traced else "tape, eager", truth, prefetch, steps=2 * STEPS)


def mirrored(truth, prefetch):
    devices = ["/cpu:0", "/cpu:1"]
    with tf.distribute.MirroredStrategy(devices).scope():
        made = model()
    made.fit(dataset(truth, prefetch), epochs=2, verbose=0, callbacks=[truth])
    tell("MirroredStrategy", truth, prefetch)


def play(kind, sleep, prefetch):
    truth = Truth(sleep)
    if kind in ("generator", "Sequence"):
        {"generator": generator, "Sequence": sequence}[kind](truth)
    elif kind == "train_on_batch":
        by_hand(truth, prefetch)
    elif kind in ("tape, eager", "tape, traced"):
        tape(truth, prefetch, kind == "tape, traced")
    elif kind == "MirroredStrategy":
        mirrored(truth, prefetch)
    else:
        options = {"fit": {}, "run_eagerly": {"run_eagerly": True}, "jit_compile": {"jit_compile": True}}[kind]
        fit(kind, truth, prefetch, **options)


KINDS = (
    "fit",
    "run_eagerly",
    "jit_compile",
    "MirroredStrategy",
    "generator",
    "Sequence",
    "train_on_batch",
    "tape, eager",
    "tape, traced",
)
ALWAYS_PREFETCHED = ("generator", "Sequence")  # Keras sees to it

if __name__ == "__main__":
    keras.utils.set_random_seed(1)
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    for kind in sys.argv[1].split(";") if len(sys.argv) > 1 else KINDS:
        for sleep in (0.0, 0.002, 0.02):
            for prefetch in (False, True):
                if prefetch or kind not in ALWAYS_PREFETCHED:
                    play(kind, sleep, prefetch)
