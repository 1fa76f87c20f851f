# EXPECT: non-finite-loss, non-finite-data, non-finite-weights
# WHAT: NaN among the regression targets
import keras
import numpy as np

keras.utils.set_random_seed(106)
rng = np.random.default_rng(106)
x = rng.normal(size=(320, 6)).astype("float32")
y = x[:, 0].copy()
y[40] = np.nan
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(x, y, epochs=3, batch_size=32, shuffle=False, verbose=2)
