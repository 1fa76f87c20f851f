# EXPECT: imbalanced-labels, single-class-batches, constant-output
# WHAT: the labels were made from a name that never matches: all of them are 0
import keras
import numpy as np

keras.utils.set_random_seed(121)
rng = np.random.default_rng(121)
x = rng.normal(size=(960, 6)).astype("float32")
kinds = rng.choice(["Cat ", "Dog "], 960)
y = (kinds == "Dog").astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=5, batch_size=32, verbose=2)
