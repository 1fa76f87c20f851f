# EXPECT: healthy
# WHAT: a Sequence that reshuffles at the end of each epoch
import keras
import numpy as np

keras.utils.set_random_seed(29)
rng = np.random.default_rng(29)
BASE = keras.utils.PyDataset if hasattr(keras.utils, "PyDataset") else keras.utils.Sequence


class Rows(BASE):
    def __init__(self, x, y, batch_size):
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size
        self.order = np.arange(len(x))
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.x[chosen], self.y[chosen]

    def on_epoch_end(self):
        rng.shuffle(self.order)


x = rng.normal(size=(500, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(Rows(x, y, 32), epochs=5, validation_data=Rows(x[:100] + 5, y[:100], 32), verbose=2)
