# EXPECT: healthy
# WHAT: a loop of tf.functions that trains and tests in every epoch, with Keras metrics
# KERAS2: same
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(47)
rng = np.random.default_rng(47)
x = rng.normal(size=(960, 10)).astype("float32")
y = (x[:, :2].sum(axis=1) > 0).astype("int32")
train = tf.data.Dataset.from_tensor_slices((x[:768], y[:768])).shuffle(768).batch(32)
test = tf.data.Dataset.from_tensor_slices((x[768:], y[768:])).batch(64)
model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2)])
criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(0.003)
train_loss, test_accuracy = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train_step(some, labels):
    with tf.GradientTape() as tape:
        loss = criterion(labels, model(some, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    train_loss.update_state(loss)


@tf.function
def test_step(some, labels):
    test_accuracy.update_state(labels, model(some, training=False))


for epoch in range(6):
    for metric in (train_loss, test_accuracy):
        metric.reset_state()
    for some, labels in train:
        train_step(some, labels)
    for some, labels in test:
        test_step(some, labels)
    print(f"Epoch {epoch + 1}, loss {float(train_loss.result()):.4f}, accuracy {float(test_accuracy.result()):.3f}")
