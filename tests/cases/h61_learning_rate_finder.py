# EXPECT: healthy
# WHAT: the rate is raised a hundred-thousandfold within an epoch until the loss explodes, then a training at a good one
import keras
import numpy as np

keras.utils.set_random_seed(61)
rng = np.random.default_rng(61)
x = rng.normal(size=(1600, 8)).astype("float32")
y = x @ rng.normal(size=(8, 1)).astype("float32")


class Finder(keras.callbacks.Callback):
    best = float("inf")

    def on_train_batch_end(self, batch, logs=None):
        loss = logs["loss"]
        self.best = min(self.best, loss)
        optimizer = self.model.optimizer
        rate = float(np.asarray(optimizer.learning_rate)) * 1.3
        if hasattr(optimizer.learning_rate, "assign"):
            optimizer.learning_rate.assign(rate)
        if not np.isfinite(loss) or loss > 20 * self.best:
            print("found", rate / 30)
            self.model.stop_training = True


model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
start = model.get_weights()
model.compile(keras.optimizers.SGD(1e-5), "mse")
model.fit(x, y, epochs=2, batch_size=16, callbacks=[Finder()], verbose=0)
model.set_weights(start)
model.compile(keras.optimizers.SGD(0.02), "mse")
model.fit(x, y, epochs=4, batch_size=16, verbose=2)
