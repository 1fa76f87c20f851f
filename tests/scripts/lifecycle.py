"""Calls of fit, evaluate and predict whose numbers are known; the last line is all results as JSON."""
import hashlib
import json
import sys
import time
import traceback

import numpy as np
import tensorflow as tf

try:
    import keras
except ImportError:
    import tf_keras as keras

keras.utils.set_random_seed(7)
x = np.random.rand(100, 4).astype("float32")
y = (x.sum(axis=1) > 2).astype("float32")
results = {}
SPLIT = dict(validation_split=0.2, shuffle=True)


def make(**options):
    model = keras.Sequential([
        keras.layers.Input((4,)) if hasattr(keras.layers, "Input") else keras.layers.InputLayer((4,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"], **options)
    return model


class Slow(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.02)

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(0.05)


class Stopper(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            self.model.stop_training = True


class Looking(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.predict(x[:10], verbose=0)


class Failing(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise KeyError("from a callback")


# 1: arrays and a validation split
model = make()
results["arrays"] = model.fit(x, y, epochs=3, batch_size=32, verbose=0, **SPLIT).history  # tuimon: ignore[tiny-epochs]
# 2, 3: by themselves
results["evaluate"] = [float(value) for value in model.evaluate(x, y, batch_size=10, verbose=0)]
results["predict"] = float(model.predict(x, batch_size=50, verbose=0).sum())
# 4: eight batches in one execution, the last execution not full; the last batch not full
pipeline = tf.data.Dataset.from_tensor_slices((x, y)).batch(5).prefetch(2)
model = make(steps_per_execution=8)
results["executions"] = model.fit(pipeline, epochs=2, verbose=0, validation_data=pipeline.take(3)).history
# 5: callbacks that take their time and stop; 6, 7: predict inside of them
model = make()
kept = model.fit(x, y, epochs=9, batch_size=25, verbose=0, initial_epoch=0, callbacks=[Slow(), Stopper(), Looking()])
results["callbacks"] = kept.history
# 8: a callback fails
try:
    make().fit(x, y, epochs=2, batch_size=25, verbose=0, callbacks=[Failing()])
except KeyError:
    results["failing callback"] = traceback.format_exc()


# 9: the data fail
def broken():
    for row in range(30):
        yield x[row : row + 1], y[row : row + 1]
    raise RuntimeError("the source is broken")


spec = (tf.TensorSpec((1, 4)), tf.TensorSpec((1,)))
try:
    make().fit(tf.data.Dataset.from_generator(broken, output_signature=spec), epochs=2, verbose=0)
except Exception as error:
    results["failing data"] = type(error).__name__


# 10: a length that nobody knows
def rows():
    for row in range(0, 100, 30):
        yield x[row : row + 30], y[row : row + 30]


spec = (tf.TensorSpec((None, 4)), tf.TensorSpec((None,)))
source = tf.data.Dataset.from_generator(rows, output_signature=spec)
results["unknown length"] = make().fit(source, epochs=2, verbose=0).history
# 11: more steps than there are
results["ran short"] = make().fit(pipeline, epochs=2, steps_per_epoch=30, verbose=0).history
# 12: part of the source in each epoch, the iterator running on
results["part"] = make().fit(pipeline.repeat(), epochs=3, steps_per_epoch=7, verbose=0).history
# 13: a loss that is not finite in the second epoch
bad = y.copy()
model = make()


class Poison(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 1 and batch == 2:
            self.model.layers[-1].kernel.assign(np.full((8, 1), np.nan, "float32"))

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch


results["not finite"] = repr(model.fit(x, y, epochs=2, batch_size=25, verbose=0, callbacks=[Poison()]).history)
# 14: a list that grows behind what was read of it
samples = [list(row) for row in x[:20]]


class Growing(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        samples.append([0.0] * 4)


model = make()
grown = model.fit(np.array(samples, "float32"), y[:20], epochs=2, batch_size=5, verbose=0, callbacks=[Growing()])
results["growing"] = grown.history
# 15: eagerly
model = make(run_eagerly=True)
results["eagerly"] = model.fit(pipeline.take(4), epochs=1, verbose=0).history

weights = hashlib.sha256(b"".join(value.tobytes() for value in model.get_weights())).hexdigest()
states = [hashlib.sha256(np.random.get_state()[1].tobytes()).hexdigest(), float(tf.random.uniform(()).numpy())]
print(json.dumps([results, weights, states]))
