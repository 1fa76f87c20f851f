# EXPECT: healthy
# WHAT: a look at one batch of the dataset, then gradient descent on all rows at once, a step and a line per epoch
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(97)
rng = np.random.default_rng(97)
x = rng.normal(size=(320, 5)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
some, labels = next(iter(dataset))
print(some.shape, labels.shape)
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
optimizer = keras.optimizers.SGD(0.5)
features, targets = tf.constant(x), tf.constant(y)


@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, model(features)))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


for epoch in range(20):
    print(f"Epoch {epoch + 1}/20: loss {float(step()):.4f}")
