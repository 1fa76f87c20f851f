# EXPECT: endless-epoch
# WHAT: an endless generator and no steps_per_epoch: the first epoch does not end, and somebody presses Ctrl-C
import keras
import numpy as np

keras.utils.set_random_seed(124)
rng = np.random.default_rng(124)
x = rng.normal(size=(320, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


def batches():
    while True:
        for start in range(0, 320, 32):
            yield x[start : start + 32], y[start : start + 32]


class Impatient(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1200:
            raise KeyboardInterrupt


model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
try:
    model.fit(batches(), epochs=3, verbose=2, callbacks=[Impatient()])
except KeyboardInterrupt:
    print("stopped by hand")
