# EXPECT: healthy
# WHAT: sample_from_datasets balances a rare and a common class, both repeated, with steps_per_epoch
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(45)
rng = np.random.default_rng(45)
common = rng.normal(0.0, 1.0, (900, 6)).astype("float32")
rare = rng.normal(1.5, 1.0, (60, 6)).astype("float32")
parts = [
    tf.data.Dataset.from_tensor_slices((rows, np.full(len(rows), label, "float32"))).shuffle(900).repeat()
    for label, rows in enumerate((common, rare))
]
dataset = tf.data.Dataset.sample_from_datasets(parts, [0.5, 0.5], seed=5).batch(32)
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.AUC()])
model.fit(dataset, steps_per_epoch=30, epochs=4, verbose=2)
