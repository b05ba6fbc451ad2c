"""The fixtures of this folder's tests."""

from madelab import make_lab

from lettering import lettered

__all__ = ["lettered", "make_lab"]
