"""The fixture of this folder's tests."""

from copies import copy_project

__all__ = ["copy_project"]
