# EXPECT: healthy
# WHAT: one patient per batch: every batch has one label, patients come in random order
import keras
import numpy as np

keras.utils.set_random_seed(89)
rng = np.random.default_rng(89)
labels = rng.integers(0, 2, 40)
patients = [rng.normal(0.8 * label, 1.0, (24, 6)).astype("float32") for label in labels]


def bags():
    while True:
        for index in rng.permutation(40):
            yield patients[index], np.full((24, 1), labels[index], "float32")


model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(bags(), steps_per_epoch=40, epochs=4, verbose=2)
