# EXPECT: healthy
# WHAT: a Sequence that holds all 1,500 rows and draws, for every epoch, as many common rows as there are rare ones
import keras
import numpy as np

keras.utils.set_random_seed(88)
BASE = keras.utils.PyDataset if hasattr(keras.utils, "PyDataset") else keras.utils.Sequence


class Balanced(BASE):
    def __init__(self, x, y, size=30):
        super().__init__()
        self.x, self.y, self.size = x, y, size
        self.rare, self.common = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
        self.rng = np.random.default_rng(88)
        self.on_epoch_end()

    def on_epoch_end(self):
        chosen = self.rng.choice(self.common, len(self.rare), replace=False)
        self.order = self.rng.permutation(np.concatenate([self.rare, chosen]))

    def __len__(self):
        return len(self.order) // self.size

    def __getitem__(self, index):
        some = self.order[index * self.size : (index + 1) * self.size]
        return self.x[some], self.y[some]


rng = np.random.default_rng(88)
x = rng.normal(size=(1500, 6)).astype("float32")
y = np.zeros(1500, "float32")
y[:150] = 1.0
x[:150, 0] += 1.5
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(Balanced(x, y), epochs=6, verbose=2)
