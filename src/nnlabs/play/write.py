"""The stage `play`: one page to play with."""

from nnlabs.core import paths
from nnlabs.core.files import aside
from nnlabs.core.settings import StageSettings
from nnlabs.play import bundle, pages


def write(settings: StageSettings) -> None:
    """Write `reports/play/<page>.html`; the settings' parameters are the numbers that it begins with."""
    text = bundle.page(pages.entry(settings.key), settings.parameters["title"], settings.parameters)
    with aside(paths.REPORTS / "play" / f"{settings.key}.html") as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
