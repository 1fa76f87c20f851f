# EXPECT: diverging-loss, oscillating-loss, non-finite-loss, non-finite-weights, unscaled-input
# WHAT: a plain SGD with a rate a little above what the data allows: the loss doubles from epoch to epoch
import keras
import numpy as np

keras.utils.set_random_seed(119)
rng = np.random.default_rng(119)
x = rng.normal(size=(320, 8)).astype("float32")
y = x @ rng.normal(size=(8, 1)).astype("float32")
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(1.02), "mse")
model.fit(x, y, epochs=12, batch_size=320, verbose=2)
