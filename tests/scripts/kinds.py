"""Trainings of further kinds, each with a known truth; prints it as one JSON object a line.

The truth of a fit: its first epoch, steps and samples of each epoch and of its validations, size of the source.
"""

import hashlib
import json
import os
import tempfile
import warnings

import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow import keras

warnings.simplefilter("ignore")
KERAS3 = hasattr(keras, "ops")
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
rng = np.random.default_rng(5)
x = rng.normal(size=(100, 4)).astype("float32")
y = (x.sum(axis=1) > 0).astype("float32")
rows = tf.data.Dataset.from_tensor_slices((x, y))
fits = [0]
base = keras.utils.PyDataset if hasattr(keras.utils, "PyDataset") else keras.utils.Sequence


class Batches(base):
    """100 rows in batches of 16, the last of 4."""

    def __init__(self, **options):
        if KERAS3:
            super().__init__(**options)
        self.data, self.labels = x, y

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return self.data[index * 16 :][:16], self.labels[index * 16 :][:16]


def endless():
    while True:
        for start in range(0, 100, 16):
            yield x[start : start + 16], y[start : start + 16]


def make(**options):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    model.compile("sgd", "mse", **options)
    return model


def weights(model):
    return hashlib.sha256(b"".join(np.asarray(each).tobytes() for each in model.get_weights())).hexdigest()[:16]


def tell(name, call, epochs, **truth):
    fits[0] += 1
    history = call()
    values = {key: [repr(float(value)) for value in each] for key, each in history.history.items()}
    told = {"fit": fits[0], "name": name, "epochs": epochs, **truth}
    print(json.dumps({**told, "weights": weights(history.model), "history": values}), flush=True)


def train(name, source, epochs, *labels, options=None, size=100, first=0, validations=None, model=None, **given):
    keras.utils.set_random_seed(11)
    model = model or make(**(options or {}))
    given.update(epochs=first + len(epochs), verbose=0)
    if first:
        given["initial_epoch"] = first
    tell(
        name,
        lambda: model.fit(source, *labels, **given),
        epochs,
        size=size,
        first=first,
        validations=[validations] * len(epochs) if validations else [],
    )
    return model


def frames():
    table, labels = pd.DataFrame(x, columns=list("abcd")), pd.Series(y)
    train("frame", table, [[7, 100]] * 2, labels, batch_size=16)
    split = {"batch_size": 16, "validation_split": 0.2, "shuffle": False}
    train("split frame", table, [[5, 80]] * 2, labels, size=80, validations=[2, 20], **split)
    try:
        train("lists", x[:, 0].tolist(), [[4, 100]] * 2, y.tolist(), batch_size=30, model=narrow())
    except ValueError as error:
        print(json.dumps({"fit": fits[0], "name": "lists", "error": str(error)[:40]}), flush=True)


def narrow():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def workers():
    for name, options in (
        ("threads", {"workers": 3, "use_multiprocessing": False}),
        ("processes", {"workers": 2, "use_multiprocessing": True}),
    ):
        told = {"shuffle": False, "validation_data": (x[:40], y[:40]), "validations": [2, 40]}
        if KERAS3:
            train(name, Batches(**options), [[7, 100]] * 3, size=None, **told)
        else:
            train(name, Batches(), [[7, 100]] * 3, size=None, **told, **options)


def replicas():
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = make()
    odd = rows.take(97).batch(16)
    train("mirrored", odd, [[7, 97]] * 2, size=97, model=model, validation_data=rows.batch(32), validations=[4, 100])


def several():
    for fold in range(3):
        held = np.arange(100) % 3 == fold
        left = int(held.sum())
        train(
            "fold %d" % fold,
            x[~held],
            [[-(-(100 - left) // 16), 100 - left]] * 2,
            y[~held],
            batch_size=16,
            size=100 - left,
            validation_data=(x[held], y[held]),
            validation_batch_size=10,
            validations=[-(-left // 10), left],
        )
    model = train("pre-train", x, [[4, 100]] * 2, y, batch_size=32)
    model.layers[0].trainable = False
    model.compile(keras.optimizers.SGD(1e-4), "mse")
    train("fine-tune", x[:50], [[5, 50]] * 3, y[:50], batch_size=10, size=50, first=2, model=model)
    path = os.path.join(tempfile.mkdtemp(), "model.keras")
    model.save(path)
    train("loaded", x, [[2, 100]], y, batch_size=64, first=7, model=keras.models.load_model(path))


def executions():
    some = {"steps_per_execution": 4}
    train("executions, arrays", x, [[7, 100]] * 2, y, batch_size=16, options=some, validations=[3, 40],
          validation_data=(x[:40], y[:40]), validation_batch_size=16)  # fmt: skip
    train("executions, dataset", rows.batch(16), [[7, 100]] * 2, options=some)
    # Keras 3 finishes the call that it has begun: it trains 8 batches where 5 or 7 are asked for.
    more = [[8, 116], [8, 116]] if KERAS3 else None
    train("executions, endless", endless(), more or [[7, 100], [7, 100]], options=some, size=None, steps_per_epoch=7)
    train("executions, repeated", rows.batch(16).repeat(), more or [[5, 80], [5, 68]], options=some, steps_per_epoch=5)


def outputs():
    given = keras.Input((4,), name="given")
    hidden = keras.layers.Dense(4)(given)
    model = keras.Model(given, [keras.layers.Dense(1, name="one")(hidden), keras.layers.Dense(2, name="two")(hidden)])
    model.compile("sgd", {"one": "mse", "two": "mae"})
    labels = {"one": y[:, None], "two": np.stack([y, y], 1)}
    train("outputs", {"given": x}, [[7, 100]] * 2, labels, batch_size=16, model=model)
    train("weighted", x, [[7, 100]] * 2, y, batch_size=16, sample_weight=np.linspace(0, 1, 100))


if __name__ == "__main__":
    frames()
    workers()
    replicas()
    several()
    executions()
    outputs()
