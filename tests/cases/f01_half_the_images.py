# EXPECT: low-coverage
# WHAT: steps_per_epoch from a batch size that is not the one in use: 60 % of the images per epoch, ever
import keras
import numpy as np

keras.utils.set_random_seed(101)
rng = np.random.default_rng(101)
BASE = keras.utils.PyDataset if hasattr(keras.utils, "PyDataset") else keras.utils.Sequence
images = rng.random((500, 8, 8, 1)).astype("float32")
labels = (images.mean(axis=(1, 2, 3)) > 0.5).astype("float32")


class Images(BASE):
    def __len__(self):
        return 6

    def __init__(self):
        super().__init__()
        self.images = images

    def __getitem__(self, index):
        part = slice(index * 50, index * 50 + 50)
        return self.images[part], labels[part]


model = keras.Sequential(
    [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(Images(), epochs=5, verbose=2)
