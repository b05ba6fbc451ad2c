"""Score one trained variant on its test split: `python stages/evaluate.py <variant>`."""

import sys

sys.path.insert(0, "src")  # an experiment's copy runs its own code, not the installed one

from nnlabs import config as params
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core import runtime


def main(variant: str) -> None:
    settings = params.load()
    if variant not in settings.arms:
        raise UserError(f"variant {variant!r} is not in params.yaml; allowed: {', '.join(settings.arms)}")
    arm = settings.arms[variant]
    runtime.configure(arm.threads)
    from nnlabs.evaluation.variant import evaluate  # imports torch, which reads its thread settings then

    evaluate(variant, arm, settings.device)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python stages/evaluate.py <variant>")
    with one_line_errors():
        main(sys.argv[1])
