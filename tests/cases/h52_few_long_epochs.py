# EXPECT: healthy
# WHAT: two epochs of 900 steps each
import keras
import numpy as np

keras.utils.set_random_seed(52)
rng = np.random.default_rng(52)
x = rng.normal(size=(14400, 6)).astype("float32")
y = x @ rng.normal(size=(6, 1)).astype("float32") + 0.1 * rng.normal(size=(14400, 1)).astype("float32")
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.01), "mse")
model.fit(x, y, epochs=2, batch_size=16, verbose=2)
