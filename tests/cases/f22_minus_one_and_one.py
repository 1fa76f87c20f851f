# EXPECT: labels-out-of-range, negative-loss
# WHAT: labels -1 and 1 under binary cross-entropy: the loss falls below 0 and on and on
import keras
import numpy as np

keras.utils.set_random_seed(122)
rng = np.random.default_rng(122)
x = rng.normal(size=(640, 6)).astype("float32")
y = np.where(x[:, 0] > 0, 1.0, -1.0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=32, verbose=2)
