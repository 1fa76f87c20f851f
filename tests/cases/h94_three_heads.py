# EXPECT: healthy
# WHAT: one input, three outputs: a class, a yes or no, and a quantity in the thousands, with weights of their losses
import keras
import numpy as np

keras.utils.set_random_seed(94)
rng = np.random.default_rng(94)
x = rng.normal(size=(640, 10)).astype("float32")
kind, yes = np.argmax(x[:, :3], axis=1), (x[:, 3] > 0).astype("float32")
price = (4000 + 900 * x[:, 4]).astype("float32")
inputs = keras.Input((10,))
hidden = keras.layers.Dense(32, activation="relu")(inputs)
model = keras.Model(
    inputs,
    [
        keras.layers.Dense(3, activation="softmax", name="kind")(hidden),
        keras.layers.Dense(1, activation="sigmoid", name="yes")(hidden),
        keras.layers.Dense(1, name="price")(hidden),
    ],
)
model.compile(
    keras.optimizers.Adam(0.01),
    ["sparse_categorical_crossentropy", "binary_crossentropy", "mae"],
    loss_weights=[1.0, 1.0, 1e-3],
    metrics=[["accuracy"], ["accuracy"], ["mae"]],
)
model.fit(x, [kind, yes, price], epochs=5, batch_size=32, verbose=2)
