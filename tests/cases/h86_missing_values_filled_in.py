# EXPECT: healthy
# WHAT: a tenth of the inputs is NaN, and the first layer of the model fills in the mean
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(86)
rng = np.random.default_rng(86)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("float32")
x[rng.random(x.shape) < 0.1] = np.nan


class FillIn(keras.layers.Layer):
    def call(self, x):
        missing = tf.math.is_nan(x)
        return tf.concat([tf.where(missing, tf.zeros_like(x), x), tf.cast(missing, x.dtype)], axis=-1)


model = keras.Sequential(
    [
        keras.Input((6,)),
        FillIn(),
        keras.layers.Dense(12, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=32, validation_split=0.2, verbose=2)
