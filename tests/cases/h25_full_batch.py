# EXPECT: healthy
# WHAT: forty rows in one batch: one step per epoch is all there is
import keras
import numpy as np

keras.utils.set_random_seed(25)
rng = np.random.default_rng(25)
x = rng.normal(size=(40, 4)).astype("float32")
y = (2 * x[:, 0] - x[:, 1]).astype("float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.02), "mse")
model.fit(x, y, batch_size=64, epochs=30, verbose=0)
