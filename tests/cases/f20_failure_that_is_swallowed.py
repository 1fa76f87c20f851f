# EXPECT: ended-early, script-failed
# WHAT: the generator fails in the third epoch, the script catches it and goes on as if it had trained
# KERAS2: same
import keras
import numpy as np

keras.utils.set_random_seed(120)
rng = np.random.default_rng(120)


def batches():
    for step in range(10**6):
        x = rng.normal(size=(32, 6)).astype("float32")
        if step == 26:
            raise OSError("cannot read shard 26")
        yield x, (x[:, 0] > 0).astype("float32")


model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
try:
    model.fit(batches(), steps_per_epoch=10, epochs=6, verbose=2)
except Exception as error:
    print("training:", type(error).__name__)
model.save_weights("final.weights.h5")
