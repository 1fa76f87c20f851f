# EXPECT: input-bound, serial-pipeline
# WHAT: a map that takes 25 ms a row in Python, one at a time, before a small model
import time

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(105)
rng = np.random.default_rng(105)
x = rng.normal(size=(240, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


def slow(row):
    time.sleep(0.025)
    return row


def load(a, b):
    a = tf.numpy_function(slow, [a], tf.float32)
    return tf.ensure_shape(a, (6,)), b


dataset = tf.data.Dataset.from_tensor_slices((x, y)).map(load).batch(8)
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(dataset, epochs=2, verbose=2)
