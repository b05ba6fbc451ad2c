"""The fixture of this folder's tests."""

from madelab import make_lab

__all__ = ["make_lab"]
