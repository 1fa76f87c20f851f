# EXPECT: healthy
# WHAT: columns of a table by name, strings looked up and numbers normalised inside the model
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(69)
rng = np.random.default_rng(69)
table = {
    "age": rng.integers(18, 90, 640).astype("float32"),
    "income": rng.lognormal(10, 1, 640).astype("float32"),
    "city": rng.choice(["rome", "oslo", "lima"], 640),
}
target = ((table["age"] > 50) ^ (table["city"] == "oslo")).astype("float32")
normal = {name: keras.layers.Normalization(axis=None) for name in ("age", "income")}
for name, layer in normal.items():
    layer.adapt(table[name])
lookup = keras.layers.StringLookup(vocabulary=["rome", "oslo", "lima"], output_mode="one_hot")


def prepare(row, label):
    parts = [normal[name](row[name][:, None]) for name in ("age", "income")]
    return tf.concat([*parts, tf.cast(lookup(row["city"]), tf.float32)], axis=1), label


dataset = tf.data.Dataset.from_tensor_slices((table, target)).shuffle(640).batch(32).map(prepare).prefetch(1)
model = keras.Sequential(
    [keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(dataset, epochs=5, verbose=2)
