"""What programs do to Keras, their models and themselves; ends by os._exit(7)."""
import copy
import os
import pickle
import signal
import sys
import tempfile
import threading
import time
import traceback

import numpy as np
import tensorflow as tf

try:
    import keras
except ImportError:
    import tf_keras as keras

keras.utils.set_random_seed(1)
x = np.random.rand(60, 4).astype("float32")
y = (x.sum(axis=1) > 2).astype("float32")
kept = os.path.join(tempfile.mkdtemp(), "model.keras")


def make(**options):
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", **options)
    return model


class Copying(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        copy.deepcopy(self.model.history)
        self.model.save(kept)
        keras.models.load_model(kept).predict(x[:5], verbose=0)


class Interrupting(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        raise KeyboardInterrupt


# 1 (and 2, 3 inside): copied, pickled, saved and loaded in mid-run
model = make()
history = model.fit(x, y, epochs=2, verbose=0, callbacks=[Copying()])
print(len(pickle.loads(pickle.dumps(history.history))["loss"]), type(copy.deepcopy(model)).__name__)
# 4: a callback list of the program's own, used by hand and handed to fit
hooks = keras.callbacks.CallbackList([keras.callbacks.Callback()], add_history=True, model=model, epochs=1, steps=2)
hooks.on_train_begin()
hooks.on_epoch_begin(0)
hooks.on_train_batch_begin(0)
hooks.on_train_batch_end(0, {"loss": 1.0})
hooks.on_epoch_end(0, {"loss": 1.0})
hooks.on_train_end()
model.fit(x, y, epochs=1, verbose=0, callbacks=hooks)
# 5: fit replaced by the program
original = keras.Model.fit


def patched(self, *args, **named):
    print("patched")
    return original(self, *args, **named)


keras.Model.fit = patched
make().fit(x, y, verbose=0)
keras.Model.fit = original


# 6: a train step and a fit of the program's own, logs that are no numbers
class Mine(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=None):
        return self.dense(inputs)

    def train_step(self, data):
        some, labels = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(some, training=True) - labels[:, None]) ** 2)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {"loss": loss, "shape": tf.shape(some)}

    def fit(self, *args, **named):
        return super().fit(*args, **named)


mine = Mine()
mine.compile(keras.optimizers.SGD(0.1))
print(sorted(mine.fit(x, y, epochs=2, verbose=0).history))


# 7, 8: two threads, one after the other
def train():
    make().fit(x, y, verbose=0)


for _ in range(2):
    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
# 9: inputs and outputs by name
one, two = keras.Input((2,), name="one"), keras.Input((2,), name="two")
joined = keras.layers.Concatenate()([one, two])
outputs = [keras.layers.Dense(1, name="first")(joined), keras.layers.Dense(1, name="second")(one)]
named = keras.Model([one, two], outputs)
named.compile("adam", {"first": "mse", "second": "mae"})
print(sorted(named.fit({"one": x[:, :2], "two": x[:, 2:]}, {"first": y, "second": y}, verbose=0).history))
# 10: an interrupt
try:
    make().fit(x, y, verbose=0, callbacks=[Interrupting()])
except KeyboardInterrupt:
    print(traceback.format_exc())
# 11: over two replicas; 12: compiled
tf.config.set_soft_device_placement(True)
strategy = tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"]) if len(tf.config.list_logical_devices("CPU")) > 1 else tf.distribute.get_strategy()
with strategy.scope():
    spread = make()
print(len(spread.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(16), verbose=0).history["loss"]))
print(make(jit_compile=True).fit(x, y, verbose=0).history)

signals = []
signal.signal(signal.SIGUSR1, lambda *_: signals.append(1))
os.kill(os.getpid(), signal.SIGUSR1)
print(signals, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
print(sorted(thread.name for thread in threading.enumerate()))
sys.stdout.flush()
time.sleep(3)  # nobody promises that what is said last comes through when a process ends like this
os._exit(7)
