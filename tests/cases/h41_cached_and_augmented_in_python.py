# EXPECT: healthy
# WHAT: cache, shuffle, then a cheap random flip by numpy_function in parallel
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(41)
rng = np.random.default_rng(41)
images = rng.random((640, 12, 12, 1)).astype("float32")
labels = (images[:, :6].mean(axis=(1, 2, 3)) > images[:, 6:].mean(axis=(1, 2, 3))).astype("int32")


def flip(image):
    return image[:, ::-1] if np.random.random() < 0.5 else image


def augment(image, label):
    image = tf.numpy_function(flip, [image], tf.float32)
    return tf.ensure_shape(image, (12, 12, 1)), label


dataset = tf.data.Dataset.from_tensor_slices((images, labels)).cache().shuffle(640)
dataset = dataset.map(augment, num_parallel_calls=tf.data.AUTOTUNE).batch(32).prefetch(tf.data.AUTOTUNE)
model = keras.Sequential(
    [
        keras.Input((12, 12, 1)),
        keras.layers.Conv2D(8, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(2, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(dataset, epochs=5, verbose=2)
