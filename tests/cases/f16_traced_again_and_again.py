# EXPECT: retracing
# WHAT: a tf.function gets the step as a Python number and is traced anew each time
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(116)
rng = np.random.default_rng(116)
x = rng.normal(size=(480, 6)).astype("float32")
y = x.sum(axis=1, keepdims=True)
dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
optimizer = keras.optimizers.Adam(0.01)


@tf.function
def train_step(step, some, target):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(some) - target) ** 2) * (1.0 if step > 10 else 0.1)
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


step = 0
for epoch in range(3):
    for some, target in dataset:
        loss = train_step(step, some, target)
        step += 1
    print(f"Epoch {epoch + 1}/3 loss {float(loss):.4f}")
