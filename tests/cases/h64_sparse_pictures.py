# EXPECT: healthy
# WHAT: an autoencoder of pictures that are black but for a stroke, binary cross-entropy, convolutions with stride
import keras
import numpy as np

keras.utils.set_random_seed(64)
rng = np.random.default_rng(64)
pictures = np.zeros((400, 16, 16, 1), "float32")
for picture, (row, column, length) in zip(pictures, rng.integers(2, 12, (400, 3))):
    picture[row, column : column + length // 2 + 1] = 1.0
model = keras.Sequential(
    [
        keras.Input((16, 16, 1)),
        keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy")
model.fit(pictures, pictures, epochs=8, batch_size=20, verbose=2)
