# EXPECT: validation-scale-mismatch, unscaled-input
# WHAT: the training images are divided by 255, the validation images are not
# KERAS2: same
import keras
import numpy as np

keras.utils.set_random_seed(114)
rng = np.random.default_rng(114)
images = rng.integers(0, 256, (640, 8, 8, 1)).astype("float32")
labels = (images.mean(axis=(1, 2, 3)) > 127).astype("float32")
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(images[:480] / 255, labels[:480], validation_data=(images[480:], labels[480:]), epochs=4, verbose=2)
