# EXPECT: healthy
# WHAT: sample_from_datasets until the first of two is used up: without a seed, epochs of other lengths each time
import keras
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(82)
parts = [
    tf.data.Dataset.from_tensor_slices(
        (rng.normal(2.0 * label, 1.0, (400, 6)).astype("float32"), np.full(400, label, "float32"))
    ).shuffle(400)
    for label in (0, 1)
]
dataset = tf.data.Dataset.sample_from_datasets(parts, [0.5, 0.5], stop_on_empty_dataset=True)
dataset = dataset.filter(lambda x, y: tf.random.uniform([]) < 0.9).batch(8)
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(dataset, epochs=6, verbose=2)
