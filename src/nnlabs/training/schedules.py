"""What the base learning rate is multiplied by, as a function of progress from 0 to 1."""

from math import cos, pi


def constant(progress: float, warmup: float) -> float:
    return 1.0


def cosine(progress: float, warmup: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov and Hutter 2017)."""
    return (1 + cos(pi * progress)) / 2


def one_cycle(progress: float, warmup: float) -> float:
    """A straight line up from 0 to 1 in the warmup, then one down to 0 (after Smith and Topin 2018)."""
    if progress < warmup:
        return progress / warmup
    return (1 - progress) / (1 - warmup)


SCHEDULES = {"constant": constant, "cosine": cosine, "one_cycle": one_cycle}
