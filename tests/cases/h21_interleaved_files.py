# EXPECT: healthy
# WHAT: TFRecord shards read by interleave with shuffle, unknown length
import os
import tempfile

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(21)
rng = np.random.default_rng(21)
folder = tempfile.mkdtemp()
for shard in range(4):
    with tf.io.TFRecordWriter(os.path.join(folder, f"part-{shard}.tfrecord")) as writer:
        for _ in range(96):
            values = rng.normal(size=6).astype("float32")
            feature = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=values)),
                "y": tf.train.Feature(float_list=tf.train.FloatList(value=[float(values[0] > 0)])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def parse(record):
    row = tf.io.parse_single_example(
        record, {"x": tf.io.FixedLenFeature((6,), tf.float32), "y": tf.io.FixedLenFeature((1,), tf.float32)}
    )
    return row["x"], row["y"]


dataset = (
    tf.data.Dataset.list_files(os.path.join(folder, "*.tfrecord"), seed=1)
    .interleave(tf.data.TFRecordDataset, cycle_length=2, num_parallel_calls=tf.data.AUTOTUNE)
    .map(parse, num_parallel_calls=tf.data.AUTOTUNE)
    .shuffle(384)
    .batch(32)
    .prefetch(tf.data.AUTOTUNE)
)
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(dataset, epochs=4, verbose=2)
