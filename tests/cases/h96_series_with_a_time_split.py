# EXPECT: healthy
# WHAT: a series with a trend: validation rows are later, and so larger, than the training rows
import keras
import numpy as np

keras.utils.set_random_seed(96)
rng = np.random.default_rng(96)
series = (np.arange(1200) / 240 + np.sin(np.arange(1200) / 20) + 0.1 * rng.normal(size=1200)).astype("float32")
windows = np.stack([series[start : start + 20] for start in range(1180)])[..., None]
targets = series[20:]
model = keras.Sequential([keras.Input((20, 1)), keras.layers.GRU(12), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.01), "mse")
model.fit(windows[:900], targets[:900], validation_data=(windows[940:], targets[940:]), epochs=4, verbose=2)
