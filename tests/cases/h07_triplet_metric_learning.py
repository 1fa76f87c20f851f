# EXPECT: healthy
# WHAT: every batch holds few classes on purpose (P × K sampling), loss is the script's own
import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
centres = rng.normal(size=(10, 8)).astype("float32") * 2


def triplet(labels, embedded):
    labels = ops.reshape(labels, (-1, 1))
    same = ops.cast(ops.equal(labels, ops.transpose(labels)), "float32")
    distance = ops.sum((embedded[:, None] - embedded[None]) ** 2, axis=-1)
    furthest = ops.max(distance * same, axis=1)
    nearest = ops.min(distance + 1e3 * same, axis=1)
    return ops.maximum(furthest - nearest + 0.2, 0.0)


def batches():
    while True:
        labels = np.repeat(rng.choice(10, 4, replace=False), 8)
        yield centres[labels] + rng.normal(size=(32, 8)).astype("float32"), labels.astype("float32")


model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(4)])
model.compile(keras.optimizers.Adam(0.003), triplet)
model.fit(batches(), steps_per_epoch=20, epochs=4, verbose=2)
