# EXPECT: healthy
# WHAT: SimCLR-like: two noisy views of every row, few large batches, no labels at all
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(36)
rng = np.random.default_rng(36)
x = rng.normal(size=(1536, 16)).astype("float32")


def views(row):
    return row + tf.random.normal([16], stddev=0.1), row + tf.random.normal([16], stddev=0.1)


def nt_xent(_, both):
    both = tf.math.l2_normalize(both, axis=1)
    half = tf.shape(both)[0] // 2
    scores = tf.matmul(both, both, transpose_b=True) / 0.2 - 1e9 * tf.eye(2 * half)
    partner = tf.concat([tf.range(half, 2 * half), tf.range(half)], 0)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(partner, scores)


dataset = tf.data.Dataset.from_tensor_slices(x).shuffle(1536).map(views).batch(512, drop_remainder=True)
dataset = dataset.map(lambda a, b: (tf.concat([a, b], 0), tf.zeros(1024)))
model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(8)])
model.compile("adam", nt_xent)
model.fit(dataset, epochs=6, verbose=2)
