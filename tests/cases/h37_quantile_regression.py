# EXPECT: healthy
# WHAT: three quantiles by an own pinball loss, negative targets, a linear output
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(37)
rng = np.random.default_rng(37)
x = rng.normal(size=(960, 5)).astype("float32")
y = (x[:, :1] * 2 - 4 + rng.normal(size=(960, 1))).astype("float32")
quantiles = tf.constant([0.1, 0.5, 0.9])


def pinball(true, predicted):
    error = true - predicted
    return tf.reduce_mean(tf.maximum(quantiles * error, (quantiles - 1) * error), axis=-1)


model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])
model.compile(keras.optimizers.Adam(0.01), pinball)
model.fit(x, y, epochs=6, batch_size=32, validation_split=0.2, verbose=2)
