"""Figures: what is drawn is what was measured, a variant looks the same everywhere, bytes repeat."""

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from madelab import Parameters, Told, told
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from nnlabs.core import paths
from nnlabs.reporting import charts, figures, time_charts
from nnlabs.reporting.results import Results, collect

Make = Callable[..., Parameters]


@pytest.fixture
def results(make_lab: Make) -> Callable[..., Results]:
    return lambda *arguments, **more: collect(make_lab(*arguments, **more))


def many(n: int) -> dict[str, Told]:
    return {f"shape-{i}": told(0.7 + i / 100, 0.71 + i / 100, validation=0.6 + i / 100) for i in range(n)}


def drawn(axes: Axes) -> set[str]:
    """The colours of lines that hold data."""
    return {to_hex(line.get_color()).upper() for line in axes.lines if len(line.get_xdata())}


def looks(results: Results) -> dict[str, tuple[str, str]]:
    """Colour and dashes of every variant where accuracy is set against time."""
    figure = time_charts.accuracy_against_time(
        results, {name: {seed: [1.0, 3.0, 6.0] for seed in (0, 1)} for name in results.variants}
    )
    return {
        str(line.get_label()): (to_hex(line.get_color()).upper(), line.get_linestyle()) for line in figure.axes[0].lines
    }


def test_a_variant_has_one_colour_in_every_figure(results: Callable[..., Results]) -> None:
    lab = results(many(6))
    names = list(lab.variants)
    colours = {name: colour for name, (colour, _) in looks(lab).items()}
    rows = [
        {"id": name, "name": name, "seconds_per_epoch": 1.0, "images_per_second": 1, "memory": "1 MiB"}
        for name in names
    ]
    bars = time_charts.times(lab, rows).axes[0].patches
    assert [to_hex(bar.get_facecolor()).upper() for bar in bars] == list(colours.values())
    points = charts.accuracies(lab).axes[0].containers
    assert [to_hex(point[0].get_color()).upper() for point in points] == list(colours.values())
    for name in names:  # alone, or beside another
        assert drawn(charts.curves(lab, [name]).axes[0]) == {colours[name]}
        assert drawn(charts.curves(lab, [names[0], name]).axes[1]) == {colours[names[0]], colours[name]}
    apart = [drawn(axes) for axes in charts.curves(lab, names).axes]
    assert apart == [{colours[name]} for name in names for _ in ("loss", "accuracy")]


def test_a_ninth_variant_is_told_apart_from_the_first(results: Callable[..., Results]) -> None:
    lab = results(many(12))
    assert all(one != other for one, other in combinations(looks(lab).values(), 2))
    names = list(lab.variants)
    assert looks(lab)[names[8]][0] == looks(lab)[names[0]][0]
    apart = charts.curves(lab, [names[0], names[8]]).axes  # equal colours never share a panel
    assert [axes.get_title("left") for axes in apart] == ["shape-0", "", "shape-8", ""]  # loss, accuracy of each
    # validation, the solid line, at its best epoch
    best = [max(line.get_ydata().max() for line in axes.lines if line.get_linestyle() == "-") for axes in apart[1::2]]
    assert best == pytest.approx([60, 68])


def test_the_dot_is_the_mean_and_the_bar_its_interval(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.80, 0.84, 0.82), "b": told(0.9)})
    axes = charts.accuracies(lab).axes[0]
    (a, _, (bar,)), (b, _, none) = axes.containers
    assert (a.get_xdata()[0], a.get_ydata()[0], b.get_xdata()[0], b.get_ydata()[0]) == pytest.approx((82, 0, 90, 1))
    half = 100 * lab.shown["a"].interval
    assert half > 4.96828  # which seeds alone give: 4.30265 * 0.02 / sqrt(3)
    assert bar.get_segments()[0][:, 0] == pytest.approx([82 - half, 82 + half])
    assert none == ()  # one seed: no interval
    ticks = [line.get_xdata() for line in axes.lines if line.get_marker() == "|" and line.get_markersize() == 11]
    assert [tick.tolist() for tick in ticks] == [pytest.approx([80, 84, 82]), pytest.approx([90])]
    assert [text.get_text() for text in axes.texts] == ["82.00 %", "90.00 %"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]


def test_a_bar_ends_where_there_are_no_more_percents(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.80, 0.96), "b": told(0.03, 0.05)})
    axes = charts.accuracies(lab).axes[0]
    (_, _, (high,)), (_, _, (low,)) = axes.containers
    # of two seeds the interval is 12.706 * 0.707 times their distance wide
    assert high.get_segments()[0][:, 0] == pytest.approx([0, 100])
    assert low.get_segments()[0][:, 0] == pytest.approx([0, 4 + 100 * lab.shown["b"].interval])


def test_curves_of_one_epoch_have_one_tick(results: Callable[..., Results]) -> None:
    one = {0: [(1.0, 0.5, 1.0, 0.6)]}
    for n in (1, 5):
        lab = results({f"shape-{i}": told(0.7, runs=one) for i in range(n)})
        for axes in charts.curves(lab, list(lab.variants)).axes:
            low, high = axes.get_xlim()
            assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]


def test_curves_hold_the_kept_seeds_and_their_mean(results: Callable[..., Results]) -> None:
    grid = {"lr_grid": [0.01, 0.1]}  # the rejected rate's accuracies are 0
    lab = results({"a": told(0.7, 0.8, validation=0.8, training=0.7, own=grid)})
    loss, accuracy = charts.curves(lab, ["a"]).axes
    values = [line.get_ydata().tolist() for line in accuracy.lines]
    # two seeds and the mean, for training and for validation; best at the second epoch
    assert values == [pytest.approx(each) for each in [[60, 70, 60]] * 3 + [[70, 80, 70]] * 3]
    assert {tuple(line.get_xdata()) for line in accuracy.lines} == {(1, 2, 3)}
    assert loss.lines[-1].get_ydata() == pytest.approx([1, 1 / 2, 1 / 3])


def test_one_seed_has_one_curve_and_everything_is_drawn(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.7)})
    assert [len(axes.lines) for axes in charts.curves(lab, ["a"]).axes] == [2, 2]
    figures.save(charts.accuracies(lab), Path(paths.REPORTS / "one.svg"), __name__)


def test_five_variants_get_a_row_each_with_its_name(results: Callable[..., Results]) -> None:
    lab = results({**many(4), "e": told(0.7, name="A name of a whole row")})
    titles = [each.get_title("left") for each in charts.curves(lab, list(lab.variants)).axes]
    assert titles[::2] == [*(f"shape-{i}" for i in range(4)), "A name of a whole row"]
    assert not any(titles[1::2])


LONG = "Pretrained on a million pictures, fine-tuned from the very first of its stages on"


@pytest.mark.parametrize("n", [1, 4, 9])
def test_nothing_lies_upon_anything_however_many_and_long_the_names(
    results: Callable[..., Results], tmp_path: Path, n: int
) -> None:
    lab = results(
        {f"shape-{i}": told(0.7 + i / 100, 0.71, validation=0.6, name=LONG[: 20 * (i % 5) or 9]) for i in range(n)},
        optional={"slow": told(0.9, name="Left out of this")},
    )
    ids = list(lab.shown)
    rows = [
        {"id": name, "name": lab.shown[name].name, "seconds_per_epoch": 123.4, "images_per_second": 123456.7}
        for name in ids
    ]
    ends = {name: {seed: [10.0 * (i + 1), 30.0, 60.0] for seed in (0, 1)} for i, name in enumerate(ids)}
    for figure in (
        charts.accuracies(lab),
        charts.curves(lab, ids[:n]),
        time_charts.times(lab, rows),
        time_charts.accuracy_against_time(lab, ends),
    ):
        figures.save(figure, tmp_path / "drawn.svg", __name__)  # where `lettered` looks


def test_the_best_variant_is_not_the_grey_one(results: Callable[..., Results]) -> None:
    lab = results(many(8))  # the last is the best
    assert lab.best and lab.best.id == "shape-7"
    looks = charts.styles(lab)
    assert looks["shape-7"]["color"] == figures.PALETTE[0] and looks["shape-0"]["color"] == figures.PALETTE[-1]
    assert len({each["color"] for each in looks.values()}) == 8


def test_the_confusion_is_in_percent_of_the_true_class(results: Callable[..., Results]) -> None:
    lab = results({"a": told(0.8, 0.9)})
    axes = charts.confusion(lab.variants["a"], lab.data["classes"]).axes[0]
    # of ten images of each class and seed: 8 1 1 / 0 9 1 / 0 0 10
    assert axes.images[0].get_array().tolist() == [[80, 10, 10], [0, 90, 10], [0, 0, 100]]
    said = {text.get_position(): text.get_text() for text in axes.texts}
    # (column, row); what is below 0.05 % and no hit stays empty
    assert said == {(0, 0): "80", (1, 0): "10", (2, 0): "10", (1, 1): "90", (2, 1): "10", (2, 2): "100"}
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [tick.get_text() for tick in ticks] == lab.data["classes"]


@pytest.mark.parametrize(("k", "letters"), [(3, 8), (10, 11), (20, 8), (20, 30), (20, 54), (5, 60)])
def test_the_confusion_fits_its_page_whatever_the_names(tmp_path: Path, k: int, letters: int) -> None:
    names = [f"{i:0{letters}}" for i in range(k)]
    one: Any = SimpleNamespace(confusion=np.eye(k))
    figure = charts.confusion(one, names)
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    (width, height), box = figure.get_size_inches(), figure.axes[0].get_tightbbox()
    left, low, right, high = np.array(box.extents) / figure.dpi
    assert 0 <= left < right <= width <= figures.WIDTH
    assert 0 <= low < high <= height < 9
    assert high - low > 0.85 * height  # and no empty page around it
    assert figure.axes[0].get_window_extent().width / figure.dpi > 0.13 * k
    figures.save(figure, tmp_path / "drawn.svg", __name__)  # where `lettered` looks


@pytest.mark.parametrize("channels", [1, 3])
def test_the_gallery_shows_pixels_as_they_are_and_says_right_or_wrong(channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 100, (5, channels, 4, 6), dtype=np.uint8)
    shown = [{"true": "ring", "predicted": "ring" if i else "disc", "confidence": 0.987} for i in range(5)]
    axes = charts.gallery(images, shown, ["disc", "ring"]).axes
    for each, image in zip(axes[:5], images, strict=True):
        pixels = each.images[0].get_array()
        np.testing.assert_array_equal(pixels if channels == 3 else pixels[..., None], image.transpose(1, 2, 0))
        assert each.images[0].get_clim() == (0, 255)  # a dark image stays dark
    assert all("disc" in each.get_title() and "label: ring" in each.get_title() for each in axes[:1])
    assert all(each.get_title() == "ring, 99\N{NO-BREAK SPACE}%" for each in axes[1:5])
    assert len({each.title.get_color() for each in axes[:5]}) == 2
    assert not any(each.axison for each in axes)


def test_time_is_what_the_record_says(results: Callable[..., Results]) -> None:
    row = {"id": "a", "name": "A", "seconds_per_epoch": 2.5, "images_per_second": 12345.6, "memory": "300 MiB"}
    lab = results({"a": told(0.7, 0.8, validation=0.8), "b": told(0.6, 0.7, own={"fit": "train+validation"})})
    axes = time_charts.times(lab, [row, row | {"id": "b", "name": "B", "seconds_per_epoch": 1.0}]).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [2.5, 1.0]
    assert axes.texts[0].get_text() == "2.5 s, 12,346 images/s"
    (line,) = time_charts.accuracy_against_time(lab, {"a": {0: [1, 2, 4], 1: [3, 4, 6]}}).axes[0].lines
    # time so far: 1 2 4 and 3 4 6, in the mean 2 3 5
    assert line.get_xdata().tolist() == [2, 3, 5]
    assert line.get_ydata().tolist() == pytest.approx([70, 80, 70])


@pytest.mark.parametrize(
    ("ends", "between"),
    [([11.0, 12.0, 14.0], None), ([0.9, 5.0, 11.0], {"2", "5"}), ([1.0, 12.0, 140.0], set())],
    ids=["near", "a decade", "far"],
)
def test_times_are_plain_numbers_however_near_they_are(
    results: Callable[..., Results], ends: list[float], between: set[str] | None
) -> None:
    figure = time_charts.accuracy_against_time(results({"a": told(0.7, validation=0.8)}), {"a": {0: ends}})
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    ticks = [(axes.get_xticklabels(minor=minor), axes.get_xticks(minor=minor)) for minor in (True, False)]
    minor, major = ([label.get_text() for label, x in zip(*each, strict=True) if low <= x <= high] for each in ticks)
    assert between is None or {text for text in minor if text} == between
    shown = [text for text in minor + major if text]
    assert len(shown) >= 2
    assert all(float(text) for text in shown)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_bytes_repeat_and_hold_no_date(results: Callable[..., Results], tmp_path: Path, kind: str) -> None:
    lab = results(many(3))

    def saved(name: str) -> bytes:
        path = tmp_path / "new" / f"{name}.{kind}"
        figures.save(charts.curves(lab, list(lab.variants)), path, __name__)
        return path.read_bytes()

    one = saved("one")
    assert one == saved("two")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {f"one.{kind}", f"two.{kind}"}
    if kind == "svg":
        assert b"<dc:date>" not in one and b"</svg>" in one
    else:
        with Image.open(tmp_path / "new" / "one.png") as image:
            assert not {"Software", "Creation Time"} & image.info.keys()


@pytest.mark.parametrize(("wildest", "scale"), [(2.0, "linear"), (40.0, "log")])
def test_one_wild_epoch_does_not_press_the_other_losses_onto_the_axis(wildest: float, scale: str) -> None:
    axes = Figure().add_subplot()
    axes.plot([1, 2, 3, 4], [wildest, 1.0, 0.9, 0.8])
    charts._losses_seen(axes)
    assert axes.get_yscale() == scale


def luminance(colour: str) -> float:
    """Relative, as contrasts are computed with (WCAG 2)."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#0d1117", "#171e26", "#18171d"])  # of pages, light and dark
def test_every_colour_is_seen_on_light_and_dark(ground: str) -> None:
    def shown(colour: str) -> str:
        return colour if ground == "#ffffff" else figures.DARK.get(colour.lower(), colour)

    for colour in figures.PALETTE:
        assert contrast(shown(colour), ground) >= 3, colour
    for key in ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"):
        assert contrast(shown(figures.STYLE[key]), ground) >= 7, key
    assert contrast(shown(figures.STYLE["axes.edgecolor"]), ground) >= 3
    assert 1.1 < contrast(shown(figures.STYLE["grid.color"]), ground) < 2


def test_a_chart_has_no_ground_and_follows_the_page(results: Callable[..., Results], tmp_path: Path) -> None:
    lab = results(many(7))
    figures.save(charts.curves(lab, list(lab.variants)[5:]), tmp_path / "drawn.svg", __name__)
    svg = (tmp_path / "drawn.svg").read_text(encoding="utf-8")
    style, drawn = svg.split("</style>")
    used = {colour for _, colour in re.findall(r"(fill|stroke): (#\w{6})", drawn)}
    # the rest is what every page shows as it is: colours of data
    assert used - figures.DARK.keys() - {"#ffffff"} <= {colour.lower() for colour in figures.PALETTE}
    assert "#000000" in used and f"stroke:{figures.DARK['#000000']}!important" in style
    patches = ET.fromstring(svg).iterfind(".//{*}g[@id='patch_1']/{*}path")
    assert all("fill: none" in patch.get("style", "") for patch in patches)
    # a diamond at the kept epoch hides the line under it, on whatever ground
    assert re.search("<use [^>]*fill: #ffffff; stroke: #", drawn)


def test_a_photograph_stands_on_a_white_card(tmp_path: Path) -> None:
    images = np.zeros((2, 3, 4, 4), dtype=np.uint8)
    shown = [{"true": "ring", "predicted": "ring", "confidence": 0.9}] * 2
    figures.save(charts.gallery(images, shown, ["ring"]), tmp_path / "drawn.png", __name__)
    with Image.open(tmp_path / "drawn.png") as image:
        assert image.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_paths_are_as_fine_as_one_sees() -> None:
    svg = '<path id="a0.12345" d="M 1.23456 20.999999 \nL -3.004 7 z" transform="scale(0.015625)"/>'
    assert figures.coarser(svg) == '<path id="a0.12345" d="M 1.23 21 \nL -3 7 z" transform="scale(0.015625)"/>'
    assert figures.coarser('<path d="M 1.5e-05 0.001234e2"/>') == '<path d="M 1.5e-05 0e2"/>'
