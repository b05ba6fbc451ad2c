"""What a page answers: the sentences at its top, and the one figure that shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """An answer in plain words."""

    sentences: tuple[str, ...]
    """Two to five, in Markdown: what was found, with a number, then why, then what limits it."""
    figure: str = ""
    """Name of the file among the page's figures; none where there is nothing to draw."""
    message: str = ""
    """What the figure shows, for those who do not see it: 'The CNN passes 90 % after 200 s, the MLP stays at 61'."""
    why: str = ""
    """Of the sentences the one with the reason, where neither of the first two has it."""

    @property
    def row(self) -> str:
        """For the report's index: what was found, why, and what limits it."""
        shown = {*self.sentences[:2], self.why, *self.sentences[-1:]}
        return " ".join(each for each in dict.fromkeys(self.sentences) if each in shown)
