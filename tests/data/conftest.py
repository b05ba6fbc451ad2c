"""The fixtures of this folder's tests."""

from making import cache, colour, grey, server
from picturing import small

__all__ = ["cache", "colour", "grey", "server", "small"]
