"""Loops of the user's own, of which each says what it did; the last line is all results as JSON."""
import hashlib
import json
import time

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(7)
x = np.random.rand(100, 4).astype("float32")
y = (x.sum(axis=1) > 2).astype("float32")
batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(100).batch(32)
loss_of = keras.losses.BinaryCrossentropy()
results = []


def make():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.build((None, 4))
    return model


def keep(model):
    results.append(hashlib.sha256(b"".join(value.tobytes() for value in model.get_weights())).hexdigest())


def apply(model, optimizer, some, labels):
    with tf.GradientTape() as tape:
        loss = loss_of(labels[:, None], model(some, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


# 1: train_on_batch over arrays: 8 steps, 200 samples, and two batches of 50 evaluated after each 4 steps
model = make()
for epoch in range(2):
    for start in range(0, 100, 32):
        model.train_on_batch(x[start : start + 32], y[start : start + 32])
    for start in (0, 50):
        model.test_on_batch(x[start : start + 50], y[start : start + 50])
keep(model)


# 2: eagerly over a dataset, two passes of 4 steps, an evaluation after each
def eager():
    model, optimizer = make(), keras.optimizers.SGD(0.01)
    for epoch in range(2):
        for some, labels in batches:
            apply(model, optimizer, some, labels)
        for some, labels in batches.take(2):
            model(some)
    keep(model)


eager()


# 3: a function for each step, three passes of 4 steps
def traced():
    model, optimizer = make(), keras.optimizers.SGD(0.01)

    @tf.function
    def step(some, labels):
        return apply(model, optimizer, some, labels)

    for epoch in range(3):
        for some, labels in batches:
            step(some, labels)
    keep(model)


traced()


# 4: the loop inside of the function: 12 steps in three calls
def inside():
    model, optimizer = make(), keras.optimizers.SGD(0.01)

    @tf.function
    def run(source):
        last = 0.0
        for some, labels in source:
            last = apply(model, optimizer, some, labels)
        return last

    for epoch in range(3):
        run(batches)
    keep(model)


inside()


# 5: the iterator inside of the function, jit-compiled steps: 4 steps
def pulling():
    model, optimizer = make(), keras.optimizers.SGD(0.01)

    @tf.function(jit_compile=True)
    def compiled(some, labels):
        return apply(model, optimizer, some, labels)

    @tf.function
    def step(iterator):
        some, labels = next(iterator)
        return compiled(some, labels)

    iterator = iter(batches.repeat())
    for _ in range(4):
        step(iterator)
    keep(model)


try:
    pulling()
except Exception as error:
    results.append(type(error).__name__)

# 6 and 7: two models, both kept, one after the other; neither iterator is used up; a batch takes 10 ms
slowly = batches.take(3).map(lambda *each: (tf.py_function(lambda: time.sleep(0.01), [], []), each)[1]).repeat()
models = [make(), make()]
for model in models:
    iterator = iter(slowly)
    for _ in range(6):
        model.train_on_batch(*next(iterator))
    keep(model)

# one batch, of a dataset of four
next(iter(batches))

print(json.dumps([results, float(tf.random.uniform(()).numpy())]))
