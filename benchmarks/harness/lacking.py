"""What a section of the benchmarks needs, and a machine may not have."""

from nnlabs.core.errors import UserError


class LackingError(UserError):
    """Raised before anything is measured: a whole run goes on without the section."""
