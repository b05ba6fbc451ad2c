"""Full-batch descent as the labs do it."""

from harness.descent import SETTINGS, Descent, run


def last_loss(descent: Descent) -> float:
    from nnlabs.scratch.full_batch import fit

    options = {"iterations": descent.steps, "dtype": descent.dtype, "merge": descent.merge}
    return fit(descent.x, descent.t, descent.start, **SETTINGS[descent.problem], **options).losses[descent.steps]


if __name__ == "__main__":
    run(last_loss)
