# EXPECT: healthy
# WHAT: a variational autoencoder with an own train_step and add_loss-like metrics
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(17)
rng = np.random.default_rng(17)
x = rng.random((480, 12)).astype("float32")


class Vae(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([keras.Input((12,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(4)])
        self.decoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(12)])
        self.total = keras.metrics.Mean(name="loss")

    @property
    def metrics(self):
        return [self.total]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, spread = tf.split(self.encoder(data), 2, axis=1)
            latent = mean + tf.exp(spread / 2) * tf.random.normal(tf.shape(mean))
            error = tf.reduce_mean(tf.reduce_sum((data - self.decoder(latent)) ** 2, axis=1))
            divergence = -0.5 * tf.reduce_mean(tf.reduce_sum(1 + spread - mean**2 - tf.exp(spread), axis=1))
            loss = error + 0.01 * divergence
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        self.total.update_state(loss)
        return {"loss": self.total.result()}


model = Vae()
model.compile(keras.optimizers.Adam(0.005))
model.fit(x, epochs=5, batch_size=32, verbose=2)
