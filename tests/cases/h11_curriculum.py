# EXPECT: healthy
# WHAT: three fits on growing subsets: low coverage of the whole is the plan
import keras
import numpy as np

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
x = rng.normal(size=(900, 6)).astype("float32")
y = (x.sum(axis=1) > 0).astype("float32")
easiest_first = np.argsort(-np.abs(x.sum(axis=1)))
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(12, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
for share in (300, 600, 900):
    chosen = easiest_first[:share]
    model.fit(x[chosen], y[chosen], epochs=3, batch_size=30, verbose=2)
