# EXPECT: healthy
# WHAT: two models, one epoch each in turn: many fits of one epoch with initial_epoch
import keras
import numpy as np

keras.utils.set_random_seed(54)
rng = np.random.default_rng(54)
x = rng.normal(size=(480, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")


def build(width):
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(width, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


one, other = build(4), build(24)
for epoch in range(5):
    for model in (one, other):
        model.fit(x, y, initial_epoch=epoch, epochs=epoch + 1, batch_size=32, verbose=2)
    print("agree:", float(np.mean((one.predict(x, verbose=0) > 0.5) == (other.predict(x, verbose=0) > 0.5))))
