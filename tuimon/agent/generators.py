"""What Python generators behind `Dataset.from_generator` yield, and whether they came to their end.

Keras feeds generators, Sequences and PyDatasets through `from_generator` too. The iterator that TensorFlow made of the
generator is put between C iterators that tell what passes: the user's own object stays untouched, is asked for nothing
more, and a traceback out of it has no frame of ours.
"""

from __future__ import annotations


def install() -> None:
    """Watch `from_generator`. Does nothing the second time."""
