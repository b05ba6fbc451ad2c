"""What `dvc plots` draws is declared once, by templates that are there, each chart with a title of its own."""

import json
from pathlib import Path
from typing import Any

import yaml

OWN = Path(".dvc/plots")
PLOTS: dict[str, dict[str, Any]] = {
    path: properties
    for each in yaml.safe_load(Path("dvc.yaml").read_text())["plots"]
    for path, properties in each.items()
}


def test_there_are_few_charts_each_with_a_title() -> None:
    assert len(PLOTS) <= 25
    titles = [each["title"] for each in PLOTS.values()]
    assert len(set(titles)) == len(titles)


def test_every_template_is_ours_or_dvcs() -> None:
    ours = {path.stem for path in OWN.glob("*.json")}
    used = {each["template"] for each in PLOTS.values()}
    assert used == ours | {"confusion"}
    for path in OWN.glob("*.json"):
        assert json.loads(path.read_text())["encoding"]["color"]["field"] == "series"


def test_axes_are_columns_that_the_pages_write() -> None:
    columns = {
        "validation": ("epoch", "validation"),
        "rates": ("rate", "validation"),
        "confusion": ("predicted", "true"),
        "curve": ("x", "y"),
    }
    assert {(Path(path).stem, each["x"], each["y"]) for path, each in PLOTS.items()} == {
        (name, *axes) for name, axes in columns.items()
    }
