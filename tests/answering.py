"""What tests ask of the words of an answer: how many sentences it has, and whether it tells of an absence."""

import re

ABSENCE = re.compile(
    r"\b(?:makes? no difference|there is no difference|no difference (?:between|in)\b|without (?:a |any )?difference|"
    r"(?:is|are|does|do) no (?:better|worse)|equally (?:good|bad|well|badly)|as (?:good|bad) as|"
    r"have the same (?:score|accuracy|result)|(?:does|do) not (?:matter|differ|help|hurt)|no (?:effect|influence)|"
    r"(?:changes?|costs?|brings?|gains?|does|do) nothing|neither (?:helps|hurts|gains|loses))\b",
    re.IGNORECASE,
)
"""Says that a difference is not there, which no interval around zero shows."""
OPEN = re.compile(
    r"cannot (?:be )?(?:told?|judged)|cannot tell|too few|no difference is found|no verdict|"
    r"not shown|does not tell|decides nothing",
)
"""Says that the numbers leave something open."""


def sentences(text: str) -> int:
    """How many sentences a text in Markdown has; a full stop within a number or after a letter alone ends none."""
    return len(re.findall(r"(?<!\b[A-Z])[.!?](?=\s+[A-Z*$\"“]|\s*$)", text.strip()))
