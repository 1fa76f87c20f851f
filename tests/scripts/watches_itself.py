"""Trainings that ask to be watched, in two ways; prints the run's id.

watches_itself.py DOOR: callback, import
"""
import sys

import numpy as np
import tensorflow as tf

import tuimon
import tuimon.keras

keras = tf.keras
x = np.random.rand(96, 4).astype("float32")
y = (x.sum(axis=1) > 2).astype("float32")


def compiled():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


if sys.argv[1] == "callback":
    model = compiled()
    model.fit(
        x,
        y,
        batch_size=8,
        epochs=2,
        verbose=0,
        validation_data=(x, y),
        callbacks=[tuimon.keras.Monitor("of itself")],  # `model.fit` has been looked up by now
    )
    try:
        bad = compiled()
        bad.build((None, 4))
        bad.fit(x[:, :3], y, batch_size=8, epochs=2, verbose=0, callbacks=[tuimon.keras.Monitor()])
    except Exception:
        pass
else:
    tuimon.watch("of itself")
compiled().fit(x, y, batch_size=8, epochs=3, verbose=0)
