"""What is known only from the steps, or from where TensorFlow keeps it: one training after the other.

own call, augmented, look at a batch, loop over what is at rest, functions run eagerly.
"""

import numpy as np
import tensorflow as tf

keras = tf.keras
keras.utils.set_random_seed(3)
x = np.random.default_rng(1).normal(size=(320, 8)).astype("float32")
y = np.abs(x[:, :5]).argmax(1)


class Own(keras.Model):
    def __init__(self, squash):
        super().__init__()
        self.hidden, self.last, self.squash = keras.layers.Dense(16, "relu"), keras.layers.Dense(5), squash

    def call(self, inputs):
        found = self.last(self.hidden(inputs))
        return tf.nn.softmax(found) if self.squash else found


for squash in (True, False):
    model = Own(squash)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, epochs=2, verbose=0)

images = np.random.default_rng(2).uniform(0, 255, (64, 8, 8, 3)).astype("float32")
augmentation = keras.Sequential([keras.layers.RandomFlip(), keras.layers.RandomRotation(0.1)])
inputs = keras.Input((8, 8, 3))
prepared = keras.layers.Rescaling(1 / 255)(augmentation(inputs))
model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(prepared)))
model.compile("adam", "mse")
model.fit(images, images[:, 0, 0, :1], epochs=1, verbose=0)

rows = tf.data.Dataset.from_tensor_slices((x, x[:, :1])).batch(32)
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
for batch, target in rows.take(1):
    model.fit(batch, target, epochs=3, verbose=0)

for _ in range(3):
    for _ in range(8):
        model.train_on_batch(x[:32], x[:32, :1])

tf.config.run_functions_eagerly(True)
model.fit(x, x[:, :1], epochs=1, verbose=0)
