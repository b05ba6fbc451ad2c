"""What the labs' sources claim, beside what this report measured: `reports/claims.md`, and a page about seconds."""

from nnlabs.reporting.claims.page import write

__all__ = ["write"]
