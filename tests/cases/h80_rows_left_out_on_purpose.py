# EXPECT: healthy
# WHAT: the generator leaves out texts that are too short: a fifth of the list never arrives, as planned
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(80)
rng = np.random.default_rng(80)
texts = [rng.integers(1, 50, int(length)) for length in rng.integers(3, 13, 800)]


def long_ones():
    for text in texts:
        if len(text) < 5:
            continue
        yield np.pad(text, (0, 12 - len(text))).astype("int32"), np.float32(text[0] > 25)


dataset = tf.data.Dataset.from_generator(
    long_ones, output_signature=(tf.TensorSpec((12,), tf.int32), tf.TensorSpec((), tf.float32))
).batch(32)
model = keras.Sequential(
    [
        keras.Input((12,), dtype="int32"),
        keras.layers.Embedding(50, 8),
        keras.layers.Flatten(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy")
model.fit(dataset, epochs=4, verbose=2)
