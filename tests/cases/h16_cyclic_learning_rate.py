# EXPECT: healthy
# WHAT: a cyclic schedule down to 1e-6 and up again
import math

import keras
import numpy as np

keras.utils.set_random_seed(16)
rng = np.random.default_rng(16)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
cycle = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-6 + 0.01 * (1 + math.cos(math.pi * (epoch % 4) / 4)) / 2)
model.fit(x, y, epochs=9, batch_size=32, callbacks=[cycle], verbose=2)
