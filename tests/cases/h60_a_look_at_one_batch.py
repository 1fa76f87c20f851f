# EXPECT: healthy
# WHAT: one batch is pulled to print its shapes, then all rows are trained as one batch, a few times
# KERAS2: same
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(60)
rng = np.random.default_rng(60)
x = rng.normal(size=(256, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(256).batch(32)
for some, labels in dataset.take(1):
    print(some.shape, labels.shape)
some, labels = next(iter(dataset))
print(float(tf.reduce_mean(some)), float(tf.reduce_mean(labels)))
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
print(model.predict(some, verbose=0).shape)
model.fit(x, y, batch_size=256, epochs=20, verbose=0)
model.fit(dataset, epochs=3, verbose=2)
