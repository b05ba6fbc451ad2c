"""The fixture of this folder's tests.

A file's tests stay on one worker (`--dist loadfile`): what they share takes minutes to make.
"""

from copies import copy_project

__all__ = ["copy_project"]
