# EXPECT: healthy
# WHAT: a Sequence of eight batches that draws its rows at random from two thousand: epochs are small on purpose
import keras
import numpy as np

keras.utils.set_random_seed(79)
BASE = keras.utils.PyDataset if hasattr(keras.utils, "PyDataset") else keras.utils.Sequence


class Drawn(BASE):
    def __init__(self, rows=2000):
        super().__init__()
        self.rng = np.random.default_rng(79)
        self.x = self.rng.normal(size=(rows, 8)).astype("float32")
        self.y = (self.x[:, 0] > 0).astype("float32")

    def __len__(self):
        return 8

    def __getitem__(self, index):
        some = self.rng.integers(0, len(self.x), 32)
        return self.x[some], self.y[some]


model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(Drawn(), epochs=10, verbose=2)
