# EXPECT: healthy
# WHAT: matrix factorisation: ids up to 2,000 go into embeddings, the targets are ratings 1 to 5 under mse
import keras
import numpy as np

keras.utils.set_random_seed(57)
rng = np.random.default_rng(57)
users, films = rng.integers(0, 2000, 4000), rng.integers(0, 800, 4000)
taste, quality = rng.normal(size=2000), rng.normal(size=800)
ratings = np.clip(np.round(3 + 0.7 * taste[users] + 0.7 * quality[films]), 1, 5).astype("float32")
user, film = keras.Input((1,), dtype="int32", name="user"), keras.Input((1,), dtype="int32", name="film")
vectors = [
    keras.layers.Flatten()(keras.layers.Embedding(size, 8)(ids)) for size, ids in ((2000, user), (800, film))
]
together = keras.layers.Concatenate()([*vectors, keras.layers.Dot(axes=1)(vectors)])
model = keras.Model([user, film], keras.layers.Dense(1)(together))
model.compile(keras.optimizers.Adam(0.01), "mse")
model.fit([users[:, None], films[:, None]], ratings, epochs=5, batch_size=64, validation_split=0.1, verbose=2)
