"""Forks, spawns and starts processes around a training, and ends in an exception that nobody catches."""
import multiprocessing
import os
import subprocess
import sys
import threading


def square(number):
    return number * number


def main():
    import numpy as np
    import tensorflow as tf

    try:
        import keras
    except ImportError:
        import tf_keras as keras

    x = np.random.rand(40, 4).astype("float32")
    y = (x.sum(axis=1) > 2).astype("float32")
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy")

    class Forking(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)

    model.fit(x, y, epochs=2, batch_size=10, verbose=0, callbacks=[Forking()])
    child = os.fork()
    if child == 0:  # a child that ends as programs do, exit handlers included
        sys.exit(0)
    os.waitpid(child, 0)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(square, [1, 2, 3]))
    print(subprocess.run([sys.executable, "-c", "print('child')"], capture_output=True, text=True).stdout.strip())
    model.fit(x, y, epochs=1, batch_size=10, verbose=0)

    def dies():
        raise OSError("in a thread")

    thread = threading.Thread(target=dies)
    thread.start()
    thread.join()
    try:
        int("no number")
    except ValueError as error:
        raise RuntimeError("at the end") from error


if __name__ == "__main__":
    main()
