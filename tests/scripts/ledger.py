"""Training from sources of many kinds, each with a known truth; prints it as one JSON object a line."""
import hashlib
import json
import sys
import warnings

import numpy as np
import tensorflow as tf
from tensorflow import keras

warnings.simplefilter("ignore")
KERAS3 = hasattr(keras, "ops")
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
rng = np.random.default_rng(7)
x = rng.normal(size=(100, 8)).astype("float32")
y = (np.arange(100) >= 50).astype("float32")
Dataset = tf.data.Dataset
rows = Dataset.from_tensor_slices((x, y))
count = [0]


def make(inputs=1, **options):
    given = [keras.Input((8,), name="in%d" % index) for index in range(inputs)]
    joined = keras.layers.Concatenate()(given) if inputs > 1 else given[0]
    hidden = keras.layers.Dropout(0.5)(keras.layers.Dense(4, activation="relu")(joined))
    model = keras.Model(given if inputs > 1 else given[0], keras.layers.Dense(1)(hidden))
    model.compile(optimizer="sgd", loss="mse", **options)
    return model


def weights(model):
    return hashlib.sha256(b"".join(np.asarray(each).tobytes() for each in model.get_weights())).hexdigest()[:16]


def tell(name, epochs=None, **more):
    count[0] += 1
    print(json.dumps({"fit": count[0], "name": name, "epochs": epochs, **more}), flush=True)


def train(name, source, true, *data, options=None, inputs=1, epochs=None, **named):
    keras.utils.set_random_seed(11)
    model = make(inputs, **(options or {}))
    history = model.fit(source, *data, epochs=epochs or len(true), verbose=0, **named)
    tell(name, true, weights=weights(model), loss=[repr(value) for value in history.history["loss"]])


class Batches(keras.utils.Sequence):
    def __init__(self, length, size, same=False):
        if KERAS3:
            super().__init__()
        self.data, self.labels, self.length, self.size, self.same = x, y, length, size, same

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        start = 0 if self.same else index * self.size
        return self.data[start : start + self.size], self.labels[start : start + self.size]


def endless():
    while True:
        for start in range(0, 100, 10):
            yield x[start : start + 10], y[start : start + 10]


grown = iter([10, 25, 5, 10])


def growing():
    for index in range(next(grown)):
        yield x[index : index + 4], y[index : index + 4]


def failing():
    yield x[:10], y[:10]
    yield x[10:20], y[10:20]
    yield x[20:30], y[20:30]
    raise KeyError("midway")


spoilt = x.copy()
spoilt[77, 3] = np.nan
kept = int((x[:, 0] > 0).sum())
kept_batches = -(-kept // 16)
signature = (tf.TensorSpec((None, 8), tf.float32), tf.TensorSpec((None,), tf.float32))

train("arrays", spoilt, [[4, 100]] * 2, y, batch_size=32)
train("sorted", rows.map(lambda a, b: (a, b)).batch(8), [[13, 100]] * 2)
train("filter", rows.filter(lambda a, b: a[0] > 0).shuffle(9).batch(16), [[kept_batches, kept]] * 2)
train("some steps", rows.batch(16).repeat(), [[5, 80], [5, 68], [5, 68]], steps_per_epoch=5)
train("sequence", Batches(4, 25), [[4, 100]] * 2)
train("too long", Batches(6, 25), [[6, 100]] * 2, shuffle=False)
train("same batch", Batches(8, 12, same=True), [[8, 96]] * 2)
train("endless", endless(), [[5, 50], [5, 50]], steps_per_epoch=5)
if KERAS3:
    train("growing", Dataset.from_generator(growing, output_signature=signature).prefetch(4), [[10, 40], [11, 44], [5, 20]])
else:
    train("growing", Dataset.from_generator(growing, output_signature=signature).prefetch(4), [[10, 40], [10, 40], [5, 20]])
named = Dataset.from_tensor_slices(({"in0": x, "in1": x * 255}, y)).shuffle(10).batch(16)
train("dict", named, [[7, 100]] * 2, inputs=2, validation_data=named.take(2))
train("compiled", rows.batch(16), [[7, 100]] * 2, options={"jit_compile": True})
train("eager", rows.batch(16), [[7, 100]] * 2, options={"run_eagerly": True})
if KERAS3:
    train("executions", rows.filter(lambda a, b: True).batch(16), [[7, 100]] * 2, options={"steps_per_execution": 3})
else:
    train("executions", rows.batch(16), [[7, 100]] * 2, options={"steps_per_execution": 3})
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = make()
model.fit(rows.batch(16), epochs=2, verbose=0)
tell("mirrored", [[7, 100]] * 2)

try:
    make().fit(failing(), epochs=2, verbose=0)
except Exception as error:
    tell("failing", None, error=type(error).__name__, midway="midway" in str(error), ours="tuimon" in str(error))

tf.config.experimental.enable_op_determinism()
train("determinism", rows.shuffle(50, seed=1).batch(16), [[7, 100]] * 2)
