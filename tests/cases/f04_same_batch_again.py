# EXPECT: repeated-batch, tiny-epochs
# WHAT: next(iter(dataset)) in the loop: every step trains the same first batch
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(104)
rng = np.random.default_rng(104)
x = rng.normal(size=(640, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile("adam", "binary_crossentropy")
for epoch in range(2):
    for step in range(20):
        a, b = next(iter(dataset))
        loss = model.train_on_batch(a, b)
