# EXPECT: capped-source
# WHAT: a from_generator source that finds more rows in every pass: Keras holds epochs to the length of the first
# KERAS2: same
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(113)
rng = np.random.default_rng(113)
passes = [0]


def rows():
    passes[0] += 1
    for _ in range(320 * passes[0]):
        x = rng.normal(size=4).astype("float32")
        yield x, np.float32(x[0] > 0)


dataset = tf.data.Dataset.from_generator(
    rows, output_signature=(tf.TensorSpec((4,), tf.float32), tf.TensorSpec((), tf.float32))
).batch(32)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(dataset, epochs=4, verbose=2)
