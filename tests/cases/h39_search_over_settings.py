# EXPECT: healthy
# WHAT: a search: eight small models of other widths and rates, two epochs each, the best trained on
import keras
import numpy as np

rng = np.random.default_rng(39)
x = rng.normal(size=(480, 8)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("float32")
results = {}


def build(width, rate):
    keras.backend.clear_session()
    keras.utils.set_random_seed(39)
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


for width in (4, 8, 16, 32):
    for rate in (1e-3, 1e-2):
        history = build(width, rate).fit(x, y, epochs=2, batch_size=32, validation_split=0.25, verbose=0)
        results[width, rate] = history.history["val_loss"][-1]
best = min(results, key=results.get)
build(*best).fit(x, y, epochs=6, batch_size=32, verbose=2)
