# EXPECT: shape-broadcast
# WHAT: a Loss class of its own where targets of shape (batch,) meet predictions of shape (batch, 1): all pairs are compared
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(117)
rng = np.random.default_rng(117)
x = rng.normal(size=(640, 6)).astype("float32")
y = x[:, 0] * 2 + 1


class Squared(keras.losses.Loss):
    def call(self, true, predicted):
        return tf.reduce_mean((true - predicted) ** 2)


dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(640).batch(32)
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.01), Squared())
model.fit(dataset, epochs=5, verbose=2)
