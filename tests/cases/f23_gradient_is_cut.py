# EXPECT: frozen-weights, constant-output, loss-plateau
# WHAT: the output is rounded before the loss: no gradient passes, no weight moves
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(123)
rng = np.random.default_rng(123)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


def distance(true, predicted):
    return tf.reduce_mean(tf.abs(true - tf.stop_gradient(predicted)) + 0.0 * predicted, axis=-1)


model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", distance)
model.fit(x, y[:, None], epochs=6, batch_size=32, verbose=2)
