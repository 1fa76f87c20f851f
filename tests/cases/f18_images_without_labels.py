# EXPECT: missing-targets, script-failed, ended-early, nothing-trained
# WHAT: the dataset yields images alone, and the loss needs labels
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(118)
images = np.random.default_rng(118).random((320, 8, 8, 1)).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices(images).batch(32)
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(dataset, epochs=3, verbose=2)
