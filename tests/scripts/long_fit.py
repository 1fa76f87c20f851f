"""A fit of about 20 ms a step that goes on for a while, to be joined at any moment; prints a digest of its results.

long_fit.py SITUATION EPOCHS: op (the time goes inside TensorFlow), generator (a slow one), epochs (short epochs with
a pause after each).
"""
import hashlib
import sys
import time

import numpy as np
import tensorflow as tf

keras = tf.keras
situation, epochs = sys.argv[1], int(sys.argv[2])
WIDTH = 700 if situation == "op" else 8
STEPS = 4 if situation == "epochs" else 40
keras.utils.set_random_seed(5)
tf.config.experimental.enable_op_determinism()
data = np.random.RandomState(1)
x = data.rand(STEPS * 32, 8).astype("float32")
y = x.sum(axis=1, keepdims=True)


def batches():
    while True:
        for start in range(0, len(x), 32):
            time.sleep(0.02)
            yield x[start : start + 32], y[start : start + 32]


class Pause(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        time.sleep(0.1)


layers = [keras.layers.Dense(WIDTH, activation="relu") for _ in range(4)]
model = keras.Sequential([*layers, keras.layers.Dropout(0.2), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
given = {"verbose": 0, "epochs": epochs, "callbacks": [Pause()] if situation == "epochs" else None}
if situation == "generator":
    history = model.fit(batches(), steps_per_epoch=STEPS, **given)
else:
    history = model.fit(x, y, batch_size=32, shuffle=True, **given)
weights = hashlib.sha256(b"".join(np.asarray(each).tobytes() for each in model.get_weights())).hexdigest()
print("RESULT", weights, history.history["loss"][-3:], np.random.rand())
