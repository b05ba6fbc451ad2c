"""Every page in a browser: opened from a file, used by mouse, finger and keyboard, wide and narrow, light and dark."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from play import madepages
from play.javascript import browser

DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light"},
    "phone": {
        "viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "has_touch": True, "is_mobile": True,
        "device_scale_factor": 2, "reduced_motion": "reduce",
    },
}  # fmt: skip
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return madepages.write(tmp_path_factory.mktemp("play"))


@pytest.fixture
def opened(chromium: Any, made: dict[str, Path]) -> Iterator[Open]:
    """Open a page; afterwards nothing may have been asked for, and nothing complained of."""
    contexts, asked, complaints = [], [], []

    def open_page(key: str, fragment: str = "", device: str = "desktop", before: str = "") -> Any:
        contexts.append(context := chromium.new_context(**DEVICES[device]))
        page = context.new_page()
        page.add_init_script(before)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{made[key].as_uri()}{fragment}")
        page.wait_for_selector("h1")
        settled(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)


def settled(page: Any) -> None:
    """Wait until what was changed is drawn and in the address."""
    page.evaluate(
        "new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 200))"
    )


def until(page: Any, condition: str) -> None:
    """Wait until a condition holds. (Playwright's own wait compiles text to code, which the pages forbid.)"""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def centre(page: Any, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("key", madepages.EVERY)
def test_a_page_fits_and_everything_has_a_name(opened: Open, key: str, device: str) -> None:
    page = opened(key, device=device)
    assert page.evaluate("document.documentElement.scrollWidth") <= DEVICES[device]["viewport"]["width"]
    nameless = """[...document.querySelectorAll("input, select, textarea, button, [tabindex], svg[role]")]
      .filter((each) => !each.getAttribute("aria-label") && !each.labels?.length && !each.textContent.trim())
      .map((each) => each.outerHTML)"""
    assert page.evaluate(nameless) == []
    small = """[...document.querySelectorAll("svg text, p, label, button, td, th, option")].filter((each) =>
      each.checkVisibility() && parseFloat(getComputedStyle(each).fontSize) < 12).map((each) => each.outerHTML)"""
    assert page.evaluate(small) == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (DEVICES[device]["color_scheme"] == "light")


@pytest.mark.parametrize("key", madepages.EVERY)
def test_an_address_that_says_nonsense_opens_the_usual_page(opened: Open, key: str) -> None:
    nonsense = "f=zzz&rate=abc&x=1e99&steps=-5&a=none&data=none&hidden=9,9,9,9,9,9&example=none&at=1e9&given=1,2"
    page = opened(key, f"#{nonsense}&kept=a:b;;::::&own=%28")
    assert page.locator("h1").inner_text() == madepages.EVERY[key].title


# ---------------------------------------------------------------- descent


def test_descent_by_mouse_finger_and_keyboard(opened: Open) -> None:
    page = opened("descent")
    assert "comes within 10⁻⁶ of the lowest point at step" in page.locator(".status").inner_text()
    x, y = centre(page, ".plot svg")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 150, y, steps=4)
    page.mouse.up()
    settled(page)
    assert "x=-0." in page.url
    handle = page.locator(".handle").first
    handle.focus()
    before = handle.get_attribute("aria-valuetext")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    settled(page)
    assert handle.get_attribute("aria-valuetext") != before
    assert page.evaluate("document.activeElement.classList.contains('handle')")

    phone = opened("descent", device="phone")
    box = phone.locator(".plot svg").first.bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] / 3, box["y"] + 40)
    settled(phone)
    assert "x=-" in phone.url


def test_descent_diverges_where_it_should(opened: Open) -> None:
    page = opened("descent", "#rate=0.5")
    assert "diverges" in page.locator(".status").inner_text()
    assert "0.286" in page.locator("main").inner_text()  # 2 / 7


def test_descent_walks_down_what_is_typed(opened: Open) -> None:
    page = opened("descent", "#f=own")
    field = page.get_by_label("L, of x or of x and y")
    field.fill("(x-1)^2 + 3 (y+0.5)^2")
    settled(page)
    assert "∂L/∂y" in page.locator("main").inner_text()
    assert page.locator("svg image").count() == 1  # from above
    field.fill("sin(")
    settled(page)
    assert "missing" in page.locator("[role=alert]").inner_text()
    copy = opened("descent", page.url[page.url.index("#") :])
    assert copy.get_by_label("L, of x or of x and y").input_value() == "sin("


def test_descent_plays_and_keeps_a_path(opened: Open) -> None:
    page = opened("descent", "#f=bowl&x=-9&y=1.5&rate=0.035", device="phone")
    page.get_by_role("button", name="Keep path").tap()
    page.get_by_label("Method").select_option("momentum")
    settled(page)
    assert "gradient descent, rate 0.035" in page.locator(".key").inner_text()
    page.get_by_role("button", name="Play").tap()  # who asked for less motion sees the end at once
    until(page, "document.querySelector('button.main').textContent === 'Play'")
    assert page.get_by_label("Steps", exact=True).input_value() == "40"


def test_an_address_changed_in_place_is_taken_as_it_is(opened: Open) -> None:
    page = opened("descent")
    page.evaluate("location.hash = '#f=bowl&x=3&y=1&rate=0.03'")
    settled(page)
    handle = page.locator(".handle:visible")
    assert handle.get_attribute("aria-valuetext") == "x = 3.00, y = 1.00"
    page.evaluate("location.hash = '#f=rosenbrock'")  # a function alone: from where the lab starts
    settled(page)
    assert handle.get_attribute("aria-valuetext") == "x = −1.20, y = 1.00"
    assert float(handle.get_attribute("aria-valuemin")) <= -1.2 <= float(handle.get_attribute("aria-valuemax"))
    worked = opened("backprop")
    other = worked.evaluate("[...document.querySelectorAll('option')].find((each) => !each.selected).value")
    worked.evaluate(f"location.hash = '#example={other}&at=2'")
    settled(worked)
    assert worked.locator(".steps .done").count() == 1


# ---------------------------------------------------------------- activations


def test_activations_side_by_side(opened: Open) -> None:
    page = opened("activations", "#a=tanh&b=elu&z=-1")
    assert "−0.7616" in page.locator("table").inner_text()
    page.get_by_label("ELU’s α").fill("2")
    page.get_by_label("ELU’s α").press("ArrowLeft")
    settled(page)
    assert "above −1.99" in page.locator("table").inner_text()
    page.get_by_label("z", exact=True).focus()
    page.keyboard.press("Home")
    settled(page)
    assert "z=-6" in page.url


def test_a_relu_dies_and_a_leaky_one_does_not(opened: Open) -> None:
    page = opened("activations", "#a=relu&b=leaky_relu&bias=-6")
    told = page.locator(".status").inner_text()
    assert "ReLU: its derivative is 0 for all 40 inputs" in told
    assert told.count("dead") == 1
    page.get_by_label("Bias at the start").fill("0")
    settled(page)
    assert "dead" not in page.locator(".status").inner_text()


# ---------------------------------------------------------------- playground


def test_the_playground_learns(opened: Open) -> None:
    page = opened("playground", "#data=xor&lr=0.5&hidden=4")
    page.get_by_role("button", name="One epoch").click()
    settled(page)
    assert page.locator(".status").inner_text().startswith("Epoch 1:")
    page.get_by_role("button", name="Play").click()
    until(page, "parseInt(document.querySelector('.status').textContent.slice(6)) >= 12")
    page.get_by_role("button", name="Pause").click()
    settled(page)
    assert "100 % of the training points" in page.locator(".status").inner_text()
    page.get_by_role("button", name="Reset").click()
    settled(page)
    assert page.locator(".status").inner_text().startswith("Epoch 0:")


def test_the_playground_changes_layers_and_shows_units(opened: Open) -> None:
    page = opened("playground", device="phone")
    page.get_by_role("button", name="More layers").tap()
    page.get_by_role("button", name="One more unit in hidden layer 1").tap()
    settled(page)
    assert page.locator(".unit").count() == 2 + 5 + 2 + 2 + 1
    assert "hidden=5%2C2%2C2" in page.url
    page.get_by_role("button", name="Show unit 3 of hidden layer 1").focus()
    settled(page)
    assert "unit 3 of hidden layer 1" in page.locator("main").inner_text()


def test_own_points_by_finger_and_by_keyboard(opened: Open) -> None:
    page = opened("playground", "#data=own", device="phone")
    x, y = centre(page, ".plot svg")
    page.touchscreen.tap(x - 60, y)
    page.get_by_label("Class to set").select_option("2")
    page.touchscreen.tap(x + 60, y)
    settled(page)
    assert page.url.count("%2C") == 5
    page.locator(".handle").first.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    settled(page)
    assert page.url.count("%2C") == 8
    page.keyboard.press("Enter")  # a second time takes it away
    settled(page)
    assert page.url.count("%2C") == 5


def test_the_code_is_written_when_asked_for(opened: Open) -> None:
    page = opened("playground", "#data=classes")
    page.get_by_text("This network as NumPy code").click()
    until(page, "document.querySelector('textarea').value.includes('network.set_state(state)')")


# ---------------------------------------------------------------- backprop


def test_backprop_by_click_key_and_tap(opened: Open) -> None:
    page = opened("backprop")
    page.get_by_role("button", name="Next").click()
    settled(page)
    assert "0.17" in page.locator(".sum").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    settled(page)
    assert "0.5424" in page.locator(".sum").inner_text()
    page.get_by_role("button", name="To the loss").click()
    settled(page)
    assert "0.00823" in page.locator(".sum").inner_text()
    phone = opened("backprop", device="phone")
    phone.get_by_role("button", name="To the end").tap()
    phone.get_by_role("button", name="Take the step and begin again").tap()
    phone.get_by_role("button", name="To the loss").tap()
    settled(phone)
    assert "0.0080" in phone.locator(".sum").inner_text()  # less than 0.00823


def test_backprop_with_other_numbers(opened: Open) -> None:
    page = opened("backprop", "#at=1")
    page.get_by_text("Change the numbers").click()
    page.get_by_label("w₁₁⁽¹⁾").fill("1.1")
    settled(page)
    assert "0.27" in page.locator(".sum").inner_text()
    copy = opened("backprop", page.url[page.url.index("#") :])
    assert "0.27" in copy.locator(".sum").inner_text()
    page.get_by_role("button", name="As they were").click()
    settled(page)
    assert "0.17" in page.locator(".sum").inner_text()


# ---------------------------------------------------------------- convolution


def test_convolution_of_a_ramp(opened: Open) -> None:
    page = opened("convolution")
    assert "12 × 10 becomes 10 × 8" in page.locator("main").inner_text()
    assert "0.784" in page.locator(".sum").inner_text()  # (1 + 2 + 1) · 50 / 255 everywhere
    page.get_by_label("What the kernel makes of it").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    settled(page)
    assert "Row 8, column 7" in page.locator(".sum").inner_text()
    page.get_by_role("button", name="Learned filter 1").click()
    settled(page)
    assert page.get_by_label("Kernel, row 3, column 3").input_value() == "2"
    page.get_by_label("Kernel, row 1, column 2").fill("7")
    page.get_by_label("Stride").fill("2")
    settled(page)
    assert "kernel=0.5%2C7%2C0" in page.url
    assert "becomes 5 × 4" in page.locator("main").inner_text()


def test_a_picture_of_ones_own(opened: Open, tmp_path: Path) -> None:
    page = opened("convolution", device="phone")
    Image.fromarray(np.full((30, 90, 3), 128, np.uint8)).save(tmp_path / "grey.png")
    page.get_by_label("or one of your own").set_input_files(tmp_path / "grey.png")
    until(page, "document.body.textContent.includes('21 × 64 becomes 19 × 62')")
    (tmp_path / "no.png").write_bytes(b"no picture")
    page.get_by_label("or one of your own").set_input_files(tmp_path / "no.png")
    until(page, "document.body.textContent.includes('no picture that the browser can read')")
    canvas = page.get_by_label("What the kernel makes of it").bounding_box()
    page.touchscreen.tap(canvas["x"] + canvas["width"] - 1, canvas["y"] + 1)
    settled(page)
    assert "Row 1, column 62" in page.locator(".sum").inner_text()


# ---------------------------------------------------------------- digits


def test_a_digit_by_mouse(opened: Open) -> None:
    page = opened("digits")
    until(page, "document.querySelector('.status').textContent.startsWith('The pad is empty')")
    box = page.locator("canvas.pad").bounding_box()
    x, y = box["x"] + box["width"] * 0.8, box["y"] + 20  # off the centre
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 100, steps=8)
    page.mouse.up()
    settled(page)
    assert page.locator(".status").inner_text() == "First: 1, Second: 0."
    assert "ink=" in page.url
    until(
        page, "document.querySelectorAll('.map').length === 3 && document.querySelectorAll('.near canvas').length === 2"
    )
    page.get_by_role("button", name="Channel 2: show its kernels").focus()
    settled(page)
    assert page.locator(".kernels canvas").count() == 1
    copy = opened("digits", page.url[page.url.index("#") :])
    until(copy, "document.querySelector('.status').textContent === 'First: 1, Second: 0.'")
    page.get_by_role("button", name="Undo").click()
    settled(page)
    assert page.locator(".status").inner_text().startswith("The pad is empty")


def test_a_browser_that_cannot_unpack_the_networks_is_told_which_can(opened: Open) -> None:
    page = opened("digits", before="delete globalThis.DecompressionStream;")
    assert "Firefox 113, Safari 16.4" in page.locator(".status").inner_text()


def test_a_digit_by_keyboard(opened: Open) -> None:
    page = opened("digits")
    page.locator("canvas.pad").focus()
    for key in (" ", *["ArrowDown"] * 10, " "):
        page.keyboard.press(key)
    settled(page)
    assert page.locator(".status").inner_text() == "First: 1, Second: 0."
    page.keyboard.press("Delete")
    settled(page)
    assert page.locator(".status").inner_text().startswith("The pad is empty")


def test_a_finger_draws_and_does_not_scroll(opened: Open) -> None:
    page = opened("digits", device="phone")
    settled(page)
    x, y = centre(page, "canvas.pad")
    session = page.context.new_cdp_session(page)
    for kind, at in [("touchStart", 0), *[("touchMove", 10 * i) for i in range(1, 7)], ("touchEnd", None)]:
        points = [] if at is None else [{"x": x, "y": y + 40 - at}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    settled(page)
    assert page.evaluate("scrollY") == 0
    assert page.locator(".status").inner_text() == "First: 1, Second: 0."


def test_a_second_finger_draws_nothing(opened: Open) -> None:
    page = opened("digits", device="phone")
    settled(page)
    x, y = centre(page, "canvas.pad")
    session = page.context.new_cdp_session(page)
    one, other = {"x": x, "y": y, "id": 1}, {"x": x + 60, "y": y, "id": 2}
    for kind, points in [("touchStart", [one]), ("touchStart", [one, other]), ("touchEnd", [])]:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    settled(page)
    assert page.url.count("%3B") == page.url.count("%2C") == 0


def test_a_pen_that_trembles_does_not_fill_the_pad_and_a_full_pad_says_so(opened: Open) -> None:
    page = opened("digits")
    settled(page)
    x, y = centre(page, "canvas.pad")
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(10):
        page.mouse.move(x + i % 2, y)
    page.mouse.up()
    settled(page)
    assert "ink=" in page.url
    assert page.url.count("%2C") == 0
    full = opened("digits", f"#ink={','.join(['100.100'] * 749)}")
    until(full, "document.querySelector('.status').textContent.includes('The pad is full')")
