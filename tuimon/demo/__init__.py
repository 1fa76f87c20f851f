"""A training that anybody can watch at once: real, small, and in need of nothing but Keras."""

from pathlib import Path

SCRIPT = Path(__file__).parent / "shapes.py"
