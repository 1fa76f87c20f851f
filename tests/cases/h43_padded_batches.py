# EXPECT: healthy
# WHAT: padded_batch: every batch has another length, labels for every word, padding ignored by sample weights
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(43)
rng = np.random.default_rng(43)
sentences = [rng.integers(1, 30, int(length)).astype("int32") for length in rng.integers(4, 15, 480)]


def rows():
    for words in sentences:
        yield words, (words > 15).astype("int32"), np.ones(len(words), "float32")


kinds = (tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None,), tf.float32))
dataset = tf.data.Dataset.from_generator(rows, output_signature=kinds).cache().shuffle(480).padded_batch(24)
model = keras.Sequential(
    [
        keras.Input((None,), dtype="int32"),
        keras.layers.Embedding(30, 8),
        keras.layers.Bidirectional(keras.layers.LSTM(8, return_sequences=True)),
        keras.layers.Dense(2, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(dataset, epochs=4, verbose=2)
