# EXPECT: empty-epoch, ran-short, shrinking-epochs, ended-early
# WHAT: a finite generator of 12 batches asked for 12 steps in each of 4 epochs
import keras
import numpy as np

keras.utils.set_random_seed(102)
rng = np.random.default_rng(102)
x = rng.normal(size=(384, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
batches = ((x[i : i + 32], y[i : i + 32]) for i in range(0, 384, 32))
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(batches, steps_per_epoch=12, epochs=4, verbose=2)
