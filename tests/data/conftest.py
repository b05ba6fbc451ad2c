"""The fixtures of this folder's tests."""

from imaging import small
from making import cache, colour, grey, server

__all__ = ["cache", "colour", "grey", "server", "small"]
