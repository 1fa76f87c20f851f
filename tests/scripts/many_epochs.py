"""many_epochs.py KIND EPOCHS: epochs of 20 steps; prints its resident bytes at half of them, and at the end."""
import gc
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from tensorflow import keras

KIND, EPOCHS = sys.argv[1], int(sys.argv[2])
x = np.random.default_rng(0).normal(size=(640, 512)).astype("float32")
y = (x.sum(axis=1) > 0).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(640).map(lambda a, b: (a * 2, b)).batch(32)
base = keras.utils.PyDataset if hasattr(keras.utils, "PyDataset") else keras.utils.Sequence
resident = []


class Batches(base):
    def __len__(self):
        return 20

    def __getitem__(self, index):
        return x[index * 32 :][:32], y[index * 32 :][:32]


class Resident(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 in (EPOCHS // 2, EPOCHS):
            gc.collect()
            with open("/proc/self/statm") as file:
                resident.append(int(file.read().split()[1]) * 4096)


def generator():
    while True:
        for start in range(0, 640, 32):
            yield x[start : start + 32], y[start : start + 32]


def loop(model):
    optimizer = keras.optimizers.Adam()

    @tf.function
    def step(some, labels):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(some, training=True)[:, 0] - labels) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))

    for epoch in range(EPOCHS):
        for some, labels in dataset:
            step(some, labels)
        Resident().on_epoch_end(epoch)


model = keras.Sequential([keras.Input((512,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
model.compile("adam", "mse", metrics=["mae"])
if KIND == "loop":
    loop(model)
else:
    source, validation, steps = {
        "arrays": ((x, y), (x, y), None),
        "dataset": ((dataset,), dataset, None),
        "generator": ((generator(),), dataset, 20),
        "sequence": ((Batches(),), Batches(), None),
    }[KIND]
    model.fit(
        *source, epochs=EPOCHS, steps_per_epoch=steps, validation_data=validation, callbacks=[Resident()], verbose=0
    )
print(*resident)
