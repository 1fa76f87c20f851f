"""A terminal monitor for TensorFlow/Keras training. Imports nothing: foreign processes load this file."""

__version__ = "0.1.0"
