# EXPECT: healthy
# WHAT: an endless shuffled dataset with steps_per_epoch = one pass
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(23)
rng = np.random.default_rng(23)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(640).repeat().batch(32).prefetch(2)
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
model.fit(dataset, steps_per_epoch=20, epochs=5, verbose=2)
