"""Trains twice and writes the same training as everything that tuimon reads: stdout, CSV, History, TensorBoard."""

import json
import sys

import keras
import numpy as np

folder = sys.argv[1]
keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
x = rng.normal(size=(320, 4)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


def model():
    made = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    made.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return made


logs = [
    keras.callbacks.CSVLogger(folder + "/log.csv"),
    keras.callbacks.TensorBoard(folder + "/board", update_freq="batch", profile_batch=0, write_graph=False),
]
first = model()
history = first.fit(x, y, validation_split=0.2, epochs=3, batch_size=32, verbose=1, callbacks=logs)
with open(folder + "/history.json", "w") as file:
    json.dump(history.history, file)
with open(folder + "/truth.json", "w") as file:
    json.dump({name: [float(value) for value in values] for name, values in history.history.items()}, file)
first.evaluate(x, y, verbose=1)
model().fit(x, y, epochs=2, batch_size=32, verbose=2, callbacks=[keras.callbacks.CSVLogger(folder + "/log.csv", append=True)])
raise ValueError("the script ends badly")
