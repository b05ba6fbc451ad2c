"""The fixtures of this folder's tests."""

from imaging import read_here, small
from making import cache, colour, grey, server

__all__ = ["cache", "colour", "grey", "read_here", "server", "small"]
