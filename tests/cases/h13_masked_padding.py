# EXPECT: healthy
# WHAT: sequences padded with -1 behind a Masking layer
import keras
import numpy as np

keras.utils.set_random_seed(13)
rng = np.random.default_rng(13)
x = np.full((320, 12, 3), -1.0, "float32")
for row, length in enumerate(rng.integers(3, 13, 320)):
    x[row, :length] = rng.normal(size=(length, 3))
y = np.where(x[:, 0, 0] > 0, 1.0, 0.0).astype("float32")
model = keras.Sequential(
    [
        keras.Input((12, 3)),
        keras.layers.Masking(-1.0),
        keras.layers.GRU(8, use_cudnn=False) if keras.__version__[0] == "3" else keras.layers.GRU(8),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=4, batch_size=32, verbose=2)
