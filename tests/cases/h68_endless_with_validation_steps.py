# EXPECT: healthy
# WHAT: endless generators for training and validation, both with their steps; few steps per epoch of a larger set
import keras
import numpy as np

keras.utils.set_random_seed(68)
rng = np.random.default_rng(68)
x = rng.normal(size=(960, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


def batches(rows, labels, size=32):
    while True:
        order = rng.permutation(len(rows))
        for start in range(0, len(rows), size):
            some = order[start : start + size]
            yield rows[some], labels[some]


model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(
    batches(x[:800], y[:800]),
    steps_per_epoch=25,
    validation_data=batches(x[800:], y[800:]),
    validation_steps=5,
    epochs=5,
    verbose=2,
)
