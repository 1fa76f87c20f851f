"""A training that knows nothing of tuimon. Before step 5 of epoch 2 it waits for a file; at the end it prints what it
came to: all of the history, and a digest of the weights.

plain_fit.py DIRECTORY [EPOCHS]: makes DIRECTORY/here, waits for DIRECTORY/go. While there is DIRECTORY/starve, no
batch is made.
"""
import hashlib
import os
import sys
import time

import numpy as np
import tensorflow as tf

keras = tf.keras
directory = sys.argv[1]
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
STEPS, BATCH = 12, 8

keras.utils.set_random_seed(7)
data = np.random.RandomState(3)
x = data.rand(STEPS * BATCH, 6).astype("float32")
y = (x.sum(axis=1) > 3).astype("float32")
val_x, val_y = x[:40] * 0.9, y[:40]


def batches():
    while True:
        for start in range(0, len(x), BATCH):
            time.sleep(0.002)
            while os.path.exists(os.path.join(directory, "starve")):
                time.sleep(0.01)
            yield x[start : start + BATCH], y[start : start + BATCH]


class Hold(keras.callbacks.Callback):
    epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == (2, 5):
            open(os.path.join(directory, "here"), "w").close()
            while not os.path.exists(os.path.join(directory, "go")):
                time.sleep(0.01)


model = keras.Sequential(
    [
        keras.layers.Dense(16, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)


def compiled():
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])


compiled()
first = model.fit(
    batches(),
    steps_per_epoch=STEPS,
    epochs=epochs,
    validation_data=(val_x, val_y),
    verbose=2,
    callbacks=[Hold()],
)
compiled()
second = model.fit(x, y, batch_size=BATCH, epochs=2, verbose=0)
weights = hashlib.sha256(b"".join(np.asarray(each).tobytes() for each in model.get_weights())).hexdigest()
print("RESULT", sorted(first.history.items()), sorted(second.history.items()), weights, np.random.rand())
