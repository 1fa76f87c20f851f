# EXPECT: healthy
# WHAT: TensorBoard with histograms, a progress bar of its own, a history that is written after each epoch
import json
import tempfile

import keras
import numpy as np

keras.utils.set_random_seed(93)
rng = np.random.default_rng(93)
x = rng.normal(size=(640, 8)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
folder = tempfile.mkdtemp()


class Bar(keras.callbacks.Callback):
    seen = []

    def on_train_batch_end(self, batch, logs=None):
        if batch % 5 == 0:
            print("." * (batch // 5), end="\r")

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append({name: float(value) for name, value in logs.items()})
        with open(folder + "/history.json", "w") as file:
            json.dump(self.seen, file)


model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(
    x,
    y,
    epochs=5,
    batch_size=32,
    validation_split=0.2,
    verbose=0,
    callbacks=[Bar(), keras.callbacks.TensorBoard(folder, histogram_freq=1)],
)
