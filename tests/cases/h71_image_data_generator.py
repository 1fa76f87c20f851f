# EXPECT: healthy
# WHAT: the old ImageDataGenerator: an endless iterator with a length, training and validation subsets
import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator

tf.keras.utils.set_random_seed(71)
rng = np.random.default_rng(71)
images = rng.integers(0, 256, (480, 16, 16, 3)).astype("uint8")
labels = tf.keras.utils.to_categorical((images[:, :, :8].mean(axis=(1, 2, 3)) > images.mean(axis=(1, 2, 3))), 2)
augmented = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True, vertical_flip=True, validation_split=0.2)
train = augmented.flow(images, labels, batch_size=32, subset="training", seed=1)
held_out = augmented.flow(images, labels, batch_size=32, subset="validation", seed=1)
model = tf.keras.Sequential(
    [
        tf.keras.Input((16, 16, 3)),
        tf.keras.layers.Conv2D(8, 3, activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(2, activation="softmax"),
    ]
)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit(train, steps_per_epoch=len(train), validation_data=held_out, epochs=4, verbose=2)
