"""What the base learning rate is multiplied by, as a function of progress from 0 to 1."""

from math import cos, pi


def constant(progress: float, warm_up: float) -> float:
    return 1.0


def cosine(progress: float, warm_up: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov and Hutter 2017)."""
    return (1 + cos(pi * progress)) / 2


def one_cycle(progress: float, warm_up: float) -> float:
    """A straight line up from 0 to 1 in the warm-up, then one down to 0 (after Smith and Topin 2018)."""
    if progress < warm_up:
        return progress / warm_up
    return (1 - progress) / (1 - warm_up)


SCHEDULES = {"constant": constant, "cosine": cosine, "one_cycle": one_cycle}
