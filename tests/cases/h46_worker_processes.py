# EXPECT: healthy
# WHAT: a Sequence read by two worker processes
import keras
import numpy as np

NEW = hasattr(keras.utils, "PyDataset")
WORKERS = dict(workers=2, use_multiprocessing=True, max_queue_size=4)


class Rows(keras.utils.PyDataset if NEW else keras.utils.Sequence):
    def __init__(self, x, y, **given):
        super().__init__(**given)
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x) // 32

    def __getitem__(self, index):
        part = slice(index * 32, index * 32 + 32)
        return self.x[part], self.y[part]


if __name__ == "__main__":
    keras.utils.set_random_seed(46)
    rng = np.random.default_rng(46)
    x = rng.normal(size=(640, 8)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    if NEW:
        model.fit(Rows(x, y, **WORKERS), epochs=4, verbose=2)
    else:
        model.fit(Rows(x, y), epochs=4, verbose=2, **WORKERS)
