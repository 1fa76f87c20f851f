# EXPECT: healthy
# WHAT: a small GAN by train_on_batch: the losses go up and down and that is how it should be
import keras
import numpy as np

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
real = rng.normal(2.0, 0.5, (512, 2)).astype("float32")
generator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2)])
critic = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
critic.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
noise_input = keras.Input((4,))
adversary = keras.Model(noise_input, critic(generator(noise_input)))
adversary.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
for epoch in range(3):
    order = rng.permutation(len(real))
    for start in range(0, len(real), 32):
        some = real[order[start : start + 32]]
        noise = rng.normal(size=(32, 4)).astype("float32")
        fake = generator.predict_on_batch(noise)
        critic.train_on_batch(np.concatenate([some, fake]), np.repeat([1.0, 0.0], 32).astype("float32"))
        adversary.train_on_batch(noise, np.ones(32, "float32"))
    print(f"Epoch {epoch + 1}/3")
