# EXPECT: healthy
# WHAT: a dataset whose only batch holds all rows, by tensors and repeated per epoch by Keras
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(99)
rng = np.random.default_rng(99)
x = rng.normal(size=(300, 6)).astype("float32")
y = x @ rng.normal(size=(6, 1)).astype("float32")
dataset = tf.data.Dataset.from_tensors((x, y))
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.05), "mse")
model.fit(dataset, epochs=30, verbose=0)
model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(512), epochs=10, verbose=2)
