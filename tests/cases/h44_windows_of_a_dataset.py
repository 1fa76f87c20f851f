# EXPECT: healthy
# WHAT: window(), flat_map and batch: batched twice by design, unknown length
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(44)
series = np.cumsum(np.random.default_rng(44).normal(size=1500)).astype("float32")
series = (series - series.mean()) / series.std()
dataset = tf.data.Dataset.from_tensor_slices(series).window(17, shift=1, drop_remainder=True)
dataset = dataset.flat_map(lambda window: window.batch(17)).map(lambda window: (window[:-1, None], window[-1]))
dataset = dataset.shuffle(500).batch(32).prefetch(1)
model = keras.Sequential(
    [
        keras.Input((16, 1)),
        keras.layers.Conv1D(8, 3, padding="causal", activation="relu"),
        keras.layers.GRU(8),
        keras.layers.Dense(1),
    ]
)
model.compile("adam", keras.losses.Huber(), metrics=["mae"])
model.fit(dataset, epochs=4, verbose=2)
