# EXPECT: healthy
# WHAT: a GAN as one model with its own train_step and two optimizers, and samples drawn after each epoch
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(67)
rng = np.random.default_rng(67)
real = rng.normal(1.0, 0.5, (640, 2)).astype("float32")


class Gan(keras.Model):
    def __init__(self):
        super().__init__()
        layers = keras.layers
        self.maker = keras.Sequential([keras.Input((4,)), layers.Dense(16, activation="relu"), layers.Dense(2)])
        self.critic = keras.Sequential([keras.Input((2,)), layers.Dense(16, activation="relu"), layers.Dense(1)])

    def compile(self, maker_optimizer, critic_optimizer):
        super().compile()
        self.maker_optimizer, self.critic_optimizer = maker_optimizer, critic_optimizer

    def call(self, noise):
        return self.maker(noise)

    def train_step(self, rows):
        count = tf.shape(rows)[0]
        cross = keras.losses.BinaryCrossentropy(from_logits=True)
        with tf.GradientTape() as tape:
            made = self.maker(tf.random.normal((count, 4)))
            judged = self.critic(tf.concat([rows, made], 0))
            critic_loss = cross(tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], 0), judged)
        own = self.critic.trainable_variables
        self.critic_optimizer.apply_gradients(zip(tape.gradient(critic_loss, own), own))
        with tf.GradientTape() as tape:
            maker_loss = cross(tf.ones((count, 1)), self.critic(self.maker(tf.random.normal((count, 4)))))
        own = self.maker.trainable_variables
        self.maker_optimizer.apply_gradients(zip(tape.gradient(maker_loss, own), own))
        return {"critic_loss": critic_loss, "maker_loss": maker_loss}


gan = Gan()
gan.compile(keras.optimizers.Adam(2e-3, beta_1=0.5), keras.optimizers.Adam(2e-3, beta_1=0.5))
gan.fit(tf.data.Dataset.from_tensor_slices(real).shuffle(640).batch(32), epochs=5, verbose=2)
