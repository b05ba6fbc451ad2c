"""Numbers as a source prints them."""

from nnlabs.reporting.printed import agrees

__all__ = ["agrees"]
