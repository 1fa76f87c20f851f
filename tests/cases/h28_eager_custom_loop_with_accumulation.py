# EXPECT: healthy
# WHAT: gradients of four batches are summed before each update
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(28)
rng = np.random.default_rng(28)
x = rng.normal(size=(512, 5)).astype("float32")
y = (x[:, :1] * 2 + 1).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(512).batch(16)
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.01)
for epoch in range(4):
    total, summed = 0.0, None
    for step, (a, b) in enumerate(dataset):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(a, training=True) - b) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        summed = gradients if summed is None else [one + other for one, other in zip(summed, gradients)]
        total += float(loss)
        if step % 4 == 3:
            optimizer.apply_gradients(zip([each / 4 for each in summed], model.trainable_variables))
            summed = None
    print(f"Epoch {epoch + 1}: {total / (step + 1):.4f}")
