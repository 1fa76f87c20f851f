"""The pictures that the README shows can still be taken, from recordings of real training."""

from __future__ import annotations

import re

import pytest

from screenshots.take import HERE, PICTURES, Picture, take

SAYS = {
    "healthy": "all of it",
    "half-unseen": "left unseen (58%)",
    "starved": "maps one element at a time",
    "not-finite": "NaN since epoch",
    "out-of-memory": "memory",
    "replay": "on purpose",
    "compared": "split",
    "finding": "what to do",
    "epochs": "val_accuracy",
    "model": "Sequential",
    "help": "the training goes on",
    "two-gpus": "2 × NVIDIA GeForce RTX 4090",
    "eight-gpus": "driver 550.54",
}
"""What must be readable in a picture; in the others, the name of the run."""


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_can_be_taken(picture: Picture) -> None:
    _, strips, svg = await take(picture)
    text = "\n".join(strip.text for strip in strips)

    assert len(strips) == picture.size[1]
    assert SAYS.get(picture.name, picture.run) in text
    assert svg.startswith("<svg")
    assert (HERE / f"{picture.name}.svg").exists(), "python -m screenshots.take"


def test_the_readme_shows_pictures_that_are_there() -> None:
    text = (HERE.parent / "README.md").read_text()
    shown = re.findall(r"\(screenshots/([\w-]+\.png)\)", text)
    assert len(shown) >= 6
    assert [name for name in shown if not (HERE / name).is_file()] == []
