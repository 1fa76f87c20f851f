# EXPECT: healthy
# WHAT: a convolutional classifier on images scaled to 0..1, with augmentation layers
import keras
import numpy as np

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
labels = rng.integers(0, 4, 480)
images = rng.random((480, 16, 16, 3)).astype("float32") * 0.3
for index, label in enumerate(labels):
    images[index, :, label * 4 : label * 4 + 4] += 0.6

model = keras.Sequential(
    [
        keras.Input((16, 16, 3)),
        keras.layers.RandomTranslation(0.05, 0.05),
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(images, labels, batch_size=32, epochs=5, validation_split=0.2, verbose=2)
