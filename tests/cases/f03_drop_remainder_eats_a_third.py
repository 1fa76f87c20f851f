# EXPECT: dropped-remainder, low-coverage
# WHAT: batches of 300 with drop_remainder on 500 rows
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(103)
rng = np.random.default_rng(103)
x = rng.normal(size=(500, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(300, drop_remainder=True)
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(dataset, epochs=6, verbose=2)
