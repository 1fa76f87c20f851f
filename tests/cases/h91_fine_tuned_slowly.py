# EXPECT: healthy
# WHAT: the last touch at a rate of 1e-6: weights move by less than a millionth per step
import keras
import numpy as np

keras.utils.set_random_seed(91)
rng = np.random.default_rng(91)
x = rng.normal(size=(640, 8)).astype("float32")
y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=10, batch_size=32, verbose=2)
model.compile(keras.optimizers.Adam(1e-6), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=32, verbose=2)
