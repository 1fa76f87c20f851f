# EXPECT: healthy
# WHAT: regression on prices in the hundred thousands: the loss starts at 1e10 and falls
import keras
import numpy as np

keras.utils.set_random_seed(15)
rng = np.random.default_rng(15)
x = rng.normal(size=(600, 5)).astype("float32")
y = (250_000 + 40_000 * x[:, 0] + 5_000 * rng.normal(size=600)).astype("float32")
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(1.0), "mse", metrics=["mae"])
model.fit(x, y, epochs=8, batch_size=32, verbose=2)
