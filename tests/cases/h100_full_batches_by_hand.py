# EXPECT: healthy
# WHAT: a look at one batch of a dataset, then train_on_batch with all rows, twenty times
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(100)
rng = np.random.default_rng(100)
x = rng.normal(size=(320, 5)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
some, labels = next(iter(tf.data.Dataset.from_tensor_slices((x, y)).batch(16)))
print(some.shape, labels.shape)
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
for epoch in range(20):
    print(f"Epoch {epoch + 1}/20: loss {float(model.train_on_batch(x, y)):.4f}")
