# EXPECT: healthy
# WHAT: next-value prediction from sliding windows of a time series: neighbouring rows overlap
import keras
import numpy as np

keras.utils.set_random_seed(2)
series = np.sin(np.arange(1200) / 12.0).astype("float32") + 0.05 * np.random.default_rng(2).normal(size=1200).astype("float32")
windows = keras.utils.timeseries_dataset_from_array(
    series[:-1, None], series[24:], sequence_length=24, batch_size=32, shuffle=True, seed=2
)
model = keras.Sequential([keras.Input((24, 1)), keras.layers.LSTM(12), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
model.fit(windows, epochs=4, verbose=2)
