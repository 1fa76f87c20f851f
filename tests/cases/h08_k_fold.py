# EXPECT: healthy
# WHAT: five folds, a new model each: several fits, memory and traces grow a little
import keras
import numpy as np

rng = np.random.default_rng(8)
x = rng.normal(size=(500, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
folds = np.array_split(rng.permutation(500), 5)
for fold in range(5):
    keras.utils.set_random_seed(fold)
    held_out = folds[fold]
    kept = np.concatenate([each for index, each in enumerate(folds) if index != fold])
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x[kept], y[kept], epochs=3, batch_size=25, verbose=0)
    print(fold, model.evaluate(x[held_out], y[held_out], verbose=0))
