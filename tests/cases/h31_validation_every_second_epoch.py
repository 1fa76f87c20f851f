# EXPECT: healthy
# WHAT: validation_freq=2: epochs without validation metrics are planned
import keras
import numpy as np

keras.utils.set_random_seed(31)
rng = np.random.default_rng(31)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(x[:512], y[:512], validation_data=(x[512:], y[512:]), validation_freq=2, epochs=6, batch_size=32, verbose=2)
