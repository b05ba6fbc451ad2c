"""Numbers as a source prints them."""


def agrees(value: float, printed: str) -> bool:
    """Whether a value lies within one unit of the last digit that is printed (which need not be rounded well)."""
    _, _, digits = printed.partition(".")
    return abs(value - float(printed)) <= 10.0 ** -len(digits) * (1 + 1e-9)
