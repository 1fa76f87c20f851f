"""A run on another machine, watched here: its files come over the user's own `ssh`, and the screen is drawn locally.

`sending` runs there and `link` here; `frames` is what they speak. What arrives is written into a `mirror`, a run
directory like any other, so that whoever reads runs reads this one too.
"""
