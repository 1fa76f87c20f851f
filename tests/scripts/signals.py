"""Scenes with real models; prints what the agent's looks say of each, a line `scene<TAB>event as JSON` apiece.

Arguments: the scenes to play (all by default).
"""

import hashlib
import json
import random
import sys
import time

import numpy as np

try:
    import tensorflow as tf
    from tensorflow import keras
except ImportError:
    tf = None
    import keras

from tuimon import wire
from tuimon.agent import model as models
from tuimon.agent import probe, weights
from tuimon.agent.budget import Budget

L = keras.layers
KERAS3 = hasattr(keras, "ops")
rng = np.random.default_rng(3)
X = rng.normal(size=(256, 8)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("float32")


def tell(scene, event):
    text = json.dumps(event) if isinstance(event, dict) else wire.encode(event).decode().strip()
    print(scene, text, sep="\t", flush=True)


def plenty():
    return Budget(share=1.0, early_share=10.0, early_looks=1000)


class Look(keras.callbacks.Callback):
    """What the agent does at the end of each epoch, with a budget that never says no."""

    def __init__(self, x, y, scene=None):
        super().__init__()
        self.x, self.y, self.scene = x, y, scene

    def on_train_begin(self, logs=None):
        self.prober = probe.Prober(1, self.model, plenty())
        self.prober.take(self.x, self.y)
        self.scanner = weights.Scanner(1, self.model, plenty())
        self.looks = 0

    def on_epoch_end(self, epoch, logs=None):
        described = models.describe(1, self.model)
        for event in (self.scanner.epoch_ended(epoch, 1.0), self.prober.epoch_ended(epoch, 1.0, 256)):
            self.looks += event is not None
            if event is not None and self.scene:
                tell(self.scene, event)
        if self.scene:
            tell(self.scene, described)
            tell(self.scene, {"obstacle": self.prober.obstacle})


def fit(scene, model, x=X, y=Y, epochs=2, batch_size=32):
    look = Look(x, y, scene)
    if tf is not None and isinstance(x, tf.data.Dataset):
        model.fit(x, epochs=epochs, verbose=0, callbacks=[look])
    else:
        model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0, callbacks=[look])


def compiled(layers, loss="binary_crossentropy", optimizer="adam", shape=(8,)):
    model = keras.Sequential([keras.Input(shape), *layers])
    model.compile(optimizer, loss)
    return model


# --- descriptions


def describe():
    labels = (X[:, 0] > 0).astype("int32")
    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = keras.Sequential([keras.Input((8,)), L.Rescaling(0.5), L.Dense(6, activation="relu"), L.Dense(5), L.Softmax()])
    clipped = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.25, 10, 0.5), clipnorm=1.0)
    model.compile(clipped, logits, metrics=["accuracy"])
    tell("sequential", models.describe(1, model))

    a, b = keras.Input((8,), name="a"), keras.Input((4, 4, 3), name="b")
    merged = L.Concatenate()([L.Dense(4, activation="tanh")(a), L.Flatten()(L.Rescaling(1 / 255.0)(b))])
    first = L.Dense(1, activation=keras.activations.sigmoid, name="first")(merged)
    second = L.Dense(3, activation=lambda x: x * 2, name="second")(merged)
    model = keras.Model([a, b], [first, second])
    model.compile("sgd", {"first": "bce", "second": lambda y, p: (y - p) ** 2})
    tell("functional", models.describe(1, model))

    model = keras.Model(a, {"p": L.Dense(2)(a), "q": L.Reshape((2, 1))(L.Dense(2, activation="softmax")(a))})
    model.compile("sgd", {"p": "mse", "q": "mae"})
    tell("named-outputs", models.describe(1, model))

    inner = keras.Sequential([keras.Input((8,)), L.Dense(4, activation="relu"), L.Dense(3, activation="softmax")])
    model = keras.Model(a, L.Dropout(0.5)(inner(L.BatchNormalization()(a))))
    model.compile("adam", "categorical_crossentropy")
    tell("nested", models.describe(1, model))

    model = keras.Sequential([L.Flatten(), L.Dense(3, activation="softmax")])
    model.compile("sgd", "mse")
    tell("unbuilt", models.describe(1, model))
    model.fit(X, np.eye(3, dtype="float32")[labels], epochs=1, verbose=0)
    tell("unbuilt", models.describe(1, model))

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.head = L.Dense(3)

        def call(self, x):
            self.add_loss(0.0)
            return self.head(x)

        def train_step(self, *data):
            return super().train_step(*data)

    model = Own()
    model.compile("adam", "mae")
    tell("subclass", models.describe(1, model))


# --- weights


def scans():
    dirty = X.copy()
    dirty[100, 2] = np.nan
    if KERAS3 and keras.backend.backend() == "torch":
        # There NaN is no value that the loss accepts.
        fit("nan", compiled([L.Dense(16, activation="relu"), L.Dense(1)], "mse"), dirty)
    else:
        fit("nan", compiled([L.Dense(16, activation="relu"), L.Dense(1, activation="sigmoid")]), dirty)
    fit("still", compiled([L.Dense(4), L.Dense(1, activation="sigmoid")], optimizer=keras.optimizers.SGD(0.0)))
    frozen = compiled([L.Dense(4), L.Dense(1, activation="sigmoid")])
    frozen.trainable = False
    frozen.compile("adam", "binary_crossentropy")
    scanner = weights.Scanner(1, frozen, plenty())
    tell("frozen", scanner.epoch_ended(0, 1.0))
    half = compiled([L.Dense(4, name="fixed"), L.Dense(1, activation="sigmoid", name="free")])
    half.layers[0].trainable = False
    half.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    fit("half-frozen", half)
    large = compiled([L.Dense(800), L.Dense(800), L.Dense(1, activation="sigmoid")])
    fit("large", large)


# --- probes


def probes():
    small = keras.initializers.RandomNormal(stddev=0.05, seed=1)
    deep = [L.Dense(8, activation="sigmoid", kernel_initializer=small) for _ in range(12)]
    fit("vanishing", compiled([*deep, L.Dense(1, activation="sigmoid")], optimizer="sgd"))
    healthy = [L.Dense(16, activation="relu"), L.Dense(16), L.ReLU(), L.Dense(1, activation="sigmoid")]
    fit("healthy", compiled(healthy))
    below = keras.initializers.Constant(-20.0)
    fit("dead", compiled([L.Dense(16, activation="relu", bias_initializer=below), L.Dense(1)], "mse"))
    fit("constant", compiled([L.Dense(4, activation="relu"), L.Dense(1, activation="softmax")]))
    fit("beside-range", compiled([L.Dense(1, bias_initializer=keras.initializers.Constant(5.0))]))
    fit("own-loss", compiled([L.Dense(4), L.Dense(1)], lambda y, p: (y - p) ** 2))
    images = rng.normal(size=(256, 8, 8, 3)).astype("float32")
    convolved = [L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(), L.MaxPooling2D(), L.Flatten(), L.Dense(5)]
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    fit("conv", compiled(convolved, sparse, shape=(8, 8, 3)), images, (Y * 3).astype("int32"))
    texts = rng.integers(0, 20, size=(256, 6)).astype("int32")
    fit("text", compiled([L.Embedding(20, 4), L.GRU(5), L.Dense(1, activation="sigmoid")], shape=(6,)), texts, Y)

    a, b = keras.Input((8,), name="a"), keras.Input((2,), name="b")
    merged = L.Concatenate()([a, b])
    model = keras.Model({"a": a, "b": b}, [L.Dense(1, name="one")(merged), L.Dense(3, name="two")(merged)])
    model.compile("adam", ["mse", "mae"])
    fit("several", model, {"a": X, "b": X[:, :2]}, [Y, X[:, :3]])

    class Double(L.Layer):
        def call(self, x):
            return x * 2

    for scene, layer in (
        ("lambda", L.Lambda(lambda x: x * 2)),
        ("own-layer", Double()),
        ("own-activation", L.Dense(4, activation=lambda x: x * 2)),
    ):
        fit(scene, compiled([layer, L.Dense(1, activation="sigmoid")]), epochs=1)
    if tf is not None:
        rows = tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(50).batch(32).prefetch(2)
        fit("dataset", compiled([L.Dense(4), L.Dense(1, activation="sigmoid")]), rows, None)
        changed = rows.map(lambda x, y: (x + 1, y))
        fit("mapped", compiled([L.Dense(4), L.Dense(1, activation="sigmoid")]), changed, None)


# --- bit identity


def dense():
    return [L.Dense(16, activation="relu"), L.Dropout(0.3), L.BatchNormalization(), L.GaussianNoise(0.1)], (8,), X


def images():
    layers = [L.RandomFlip(), L.RandomRotation(0.1), L.Conv2D(4, 3, activation="relu"), L.BatchNormalization()]
    return [*layers, L.GlobalAveragePooling2D()], (8, 8, 3), np.tile(X[:, :, None, None], (1, 1, 8, 3))


def recurrent():
    return [L.LSTM(6, dropout=0.2, return_sequences=True), L.GRU(5)], (4, 2), X.reshape(256, 4, 2)


def trained(kind, looking):
    """A digest of all that a training leaves behind: losses, weights, and every generator of random numbers."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(11)
    if tf is not None:
        tf.random.set_global_generator(tf.random.Generator.from_seed(5))
    layers, shape, x = kind()
    model = compiled([*layers, L.Dense(1, activation="sigmoid")], shape=shape)
    callbacks = []
    if looking:
        callbacks = [Look(x, Y)]
    history = model.fit(x, Y, epochs=3, batch_size=32, validation_split=0.25, verbose=0, callbacks=callbacks)
    if looking:
        assert callbacks[0].looks == 6, callbacks[0].prober.obstacle
    digest = hashlib.sha256(repr(history.history).encode())
    for each in [*model.get_weights(), *map(np.asarray, seeds(model)), np.asarray(model.predict(x, verbose=0))]:
        digest.update(np.ascontiguousarray(each).tobytes())
    for values in model.optimizer.variables() if callable(model.optimizer.variables) else model.optimizer.variables:
        digest.update(values.numpy().tobytes())
    digest.update(repr((random.getstate(), np.random.get_state())).encode())
    if tf is not None:
        digest.update(tf.random.get_global_generator().state.numpy().tobytes())
        digest.update(tf.random.uniform((4,)).numpy().tobytes())
    digest.update(repr([len(model.losses), sorted(layer.name for layer in model.layers)]).encode())
    return digest.hexdigest()


def seeds(model):
    return [each.numpy() for each in model.non_trainable_variables] if KERAS3 else []


def identity():
    for kind in (dense, images, recurrent):
        tell("identity", {"kind": kind.__name__, "digests": [trained(kind, looking) for looking in (False, False, True)]})


# --- traces


def traces():
    from tensorflow.python.eager.polymorphic_function import polymorphic_function

    from tuimon.agent import traces as watch

    told = []
    running = [None]
    watch.install(polymorphic_function, lambda: running[0], told.append)
    running[0] = 1

    @tf.function
    def scaled(x, by):
        return x * by

    for by in range(6):
        scaled(tf.constant(1.0), float(by))
    for _ in range(20):
        scaled(tf.constant(1.0), 1.0)
    scaled(tf.constant(1.0), 99.0)
    for event in told:
        tell("retraced", event)
    told.clear()
    for number in (2, 3):
        running[0] = number
        model = compiled([L.Dense(4), L.Dense(1, activation="sigmoid")])
        model.fit(X[:90], Y[:90], epochs=2, batch_size=32, validation_split=0.1, verbose=0)
        model.fit(X, Y, epochs=1, batch_size=32, verbose=0)
    for event in told:
        tell("fits", event)
    running[0] = None
    for by in range(6):
        scaled(tf.constant(1.0), 200.0 + by)
    tell("fits", {"told": len(told)})


if __name__ == "__main__":
    began = time.time()
    for scene in sys.argv[1:] or ("describe", "scans", "probes", "identity", "traces"):
        globals()[scene]()
    tell("end", {"seconds": time.time() - began})
