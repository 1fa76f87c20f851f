# EXPECT: healthy
# WHAT: dictionaries for inputs and outputs, two losses with weights
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(32)
rng = np.random.default_rng(32)
wide = rng.normal(size=(480, 4)).astype("float32")
code = rng.integers(0, 20, (480, 3))
inputs = {"wide": keras.Input((4,), name="wide"), "code": keras.Input((3,), dtype="int32", name="code")}
embedded = keras.layers.Flatten()(keras.layers.Embedding(20, 4)(inputs["code"]))
hidden = keras.layers.Dense(16, activation="relu")(keras.layers.Concatenate()([inputs["wide"], embedded]))
outputs = {
    "price": keras.layers.Dense(1, name="price")(hidden),
    "kind": keras.layers.Dense(3, activation="softmax", name="kind")(hidden),
}
model = keras.Model(inputs, outputs)
model.compile(
    "adam", {"price": "mae", "kind": "sparse_categorical_crossentropy"}, loss_weights={"price": 0.5, "kind": 1.0}
)
targets = {"price": wide[:, :1] * 3, "kind": code[:, 0] % 3}
dataset = tf.data.Dataset.from_tensor_slices(({"wide": wide, "code": code}, targets)).shuffle(480).batch(32)
model.fit(dataset, epochs=5, verbose=2)
