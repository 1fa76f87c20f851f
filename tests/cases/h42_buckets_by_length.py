# EXPECT: healthy
# WHAT: sequences of many lengths in buckets: batches of other shapes and sizes, unknown length
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(42)
rng = np.random.default_rng(42)
texts = [rng.integers(1, 60, int(length)) for length in rng.integers(3, 24, 900)]


def rows():
    for text in texts:
        yield text.astype("int32"), np.float32(text[0] > 30)


dataset = tf.data.Dataset.from_generator(
    rows, output_signature=(tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.float32))
)
dataset = dataset.shuffle(900, seed=1).bucket_by_sequence_length(
    lambda x, y: tf.shape(x)[0], bucket_boundaries=[8, 16], bucket_batch_sizes=[48, 32, 16]
)
model = keras.Sequential(
    [
        keras.Input((None,), dtype="int32"),
        keras.layers.Embedding(60, 8, mask_zero=True),
        keras.layers.GRU(8),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(dataset, epochs=4, verbose=2)
