# EXPECT: healthy
# WHAT: class-incremental: each stage brings two new classes, the head keeps its six units, some old rows are replayed
import keras
import numpy as np

keras.utils.set_random_seed(40)
rng = np.random.default_rng(40)
centres = rng.normal(size=(6, 10)).astype("float32") * 2
labels = np.repeat(np.arange(6), 120)
x = centres[labels] + rng.normal(size=(720, 10)).astype("float32")
model = keras.Sequential(
    [keras.Input((10,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(6, activation="softmax")]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
for stage in range(3):
    new = np.flatnonzero((labels == 2 * stage) | (labels == 2 * stage + 1))
    old = np.flatnonzero(labels < 2 * stage)
    chosen = np.concatenate([new, rng.choice(old, 60 * stage, replace=False) if stage else old])
    model.fit(x[chosen], labels[chosen], epochs=4, batch_size=24, verbose=2)
    seen = labels < 2 * stage + 2
    print(model.evaluate(x[seen], labels[seen], verbose=0))
