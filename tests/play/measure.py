"""What the page of digits promises, measured: `PYTHONPATH=tests python -m play.measure`, with data/mnist prepared.

- Its logits of every test image beside those of the NumPy network with the same weights.
- How many of the first 1,000 test digits are read right when they are drawn on the pad in other sizes and places, as
  enlarged ink, and as strokes of the pen along the middle of their ink (`strokes.py`).
- Milliseconds from touching the pad to probabilities on the screen, and how many of them the page's own thread was at
  work, which says more where the machine has other things to do: of the first touch after the page has opened, each
  time in a new window, and of later ones. It needs Chromium and Playwright's Python package.
"""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from nnlabs.core import runtime
from nnlabs.scratch.arrays import Array
from play import inside, strokes
from play.javascript import browser

PART = 250
"""Images that go through JavaScript at once."""
LATER = 3
"""Touches after the first one."""
PATIENCE = 120
"""Seconds that a page gets for what it has to show."""
LISTEN = """() => {
  window.milliseconds = [];
  let begun = null;
  document.querySelector("canvas.pad").addEventListener("pointerdown", (event) => (begun = event.timeStamp), true);
  const changed = () => {
    if (begun === null) return;
    const from = begun, shown = new MessageChannel();
    begun = null;
    shown.port1.onmessage = () => milliseconds.push(performance.now() - from);
    requestAnimationFrame(() => shown.port2.postMessage(0)); // answered after the frame is painted
  };
  const answers = document.querySelector(".answers");
  new MutationObserver(changed).observe(answers, { subtree: true, childList: true, attributes: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the page of digits promises.")
    parser.add_argument("--page", type=Path, default=Path("reports/play/digits.html"))
    parser.add_argument("--data", type=Path, default=Path("data/mnist"), help="where the prepared dataset is")
    parser.add_argument("--images", type=int, default=10_000, help="test images whose logits are compared")
    parser.add_argument("--digits", type=int, default=1_000, help="test digits that are drawn")
    parser.add_argument("--openings", type=int, default=30, help="windows of each kind in which a digit is begun")
    given = parser.parse_args()
    page = inside.read(given.page)
    images, labels = (np.load(given.data / f"test_{part}.npy") for part in ("images", "labels"))
    images = images[:, 0]
    machine = runtime.machine()
    size = given.page.stat().st_size
    print(f"{machine['cpu']}, {machine['cores']} cores; {given.page}: {size:,} bytes", flush=True)
    if given.images:
        numbers(page, images[: given.images], labels)
    if given.digits:
        drawn(page, images[: given.digits], labels)
    if given.openings:
        first_answers(given.page, page.names, given.openings)


def numbers(page: inside.Inside, images: Array, labels: Array) -> None:
    theirs = np.concatenate([page.logits(part) for part in parts(images)], axis=1)
    for name, network, logits in zip(page.names, page.in_numpy(), theirs, strict=True):
        ours = np.concatenate([network.forward(part[:, None].astype(float)) for part in parts(images)])
        apart, others = np.abs(ours - logits).max(), int((ours.argmax(1) != logits.argmax(1)).sum())
        right = (logits.argmax(1) == labels[: len(images)]).mean()
        print(
            f"{name}: logits of {len(images):,} images within {apart:.1e} of NumPy's, the largest of them "
            f"{np.abs(ours).max():.1f}; {others} other classes; {right:.2%} right",
            flush=True,
        )


def drawn(page: inside.Inside, images: Array, labels: Array) -> None:
    ways = {
        "as test images": lambda part, seed: page.logits(part),
        "enlarged on the pad": lambda part, seed: page.logits(inside.enlarged(part, seed), drawn=True),
        "in strokes": lambda part, seed: page.logits_of(strokes.drawn(part, seed)),
    }
    found = {
        way: np.concatenate([logits(part, seed) for seed, part in enumerate(parts(images))], axis=1)
        for way, logits in ways.items()
    }
    for i, name in enumerate(page.names):
        right = {way: (logits[i].argmax(1) == labels[: len(images)]).mean() for way, logits in found.items()}
        told = ", ".join(f"{share:.1%} {way}" for way, share in right.items())
        print(f"{name}: of {len(images):,} digits right: {told}", flush=True)


def parts(images: Array) -> Iterator[Array]:
    for start in range(0, len(images), PART):
        yield images[start : start + PART]


def first_answers(path: Path, names: list[str], openings: int) -> None:
    with browser() as chromium, tempfile.TemporaryDirectory() as folder:
        print(f"Chromium {chromium.version}", flush=True)
        for name in ("all together", *names):
            alone = Path(folder) / "digits.html"
            alone.write_text(_of(path, name), encoding="utf-8")
            told = [answers(chromium, alone) for _ in range(openings)]
            for which, found in (("first", [each[:1] for each in told]), ("later", [each[1:] for each in told])):
                waited, worked = zip(*(answer for each in found for answer in each), strict=True)
                print(
                    f"{name}, {which} answers: {_told(waited)}, of which at work {_told(worked)}; n = {len(waited)}",
                    flush=True,
                )


def _told(found: Sequence[float]) -> str:
    return f"{median(found):.0f} ms ({min(found):.0f} to {max(found):.0f})"


def _of(path: Path, name: str) -> str:
    """The page with one of its networks, or with all."""

    def chosen(match: re.Match[str]) -> str:
        data = json.loads(match[2])
        data["networks"] = [each for each in data["networks"] if name in ("all together", each["name"])]
        return match[1] + json.dumps(data).replace("<", "\\u003c") + match[3]

    text = path.read_text(encoding="utf-8")
    return re.sub(r'(id="data">)(.*?)(</script>)', chosen, text, count=1, flags=re.DOTALL)


def answers(chromium: Any, path: Path) -> list[tuple[float, float]]:
    """Of the first touches in a new window: milliseconds to the answer, and those that its thread was at work."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    until(page, "document.querySelector('.status').textContent.startsWith('The pad is empty')")
    page.wait_for_timeout(300)  # nobody draws sooner
    page.evaluate(LISTEN)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def at_work() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    box, worked = page.locator("canvas.pad").bounding_box(), []
    for touch in range(1 + LATER):
        page.mouse.move(box["x"] + 80 + 20 * touch, box["y"] + 60)
        before = at_work()
        page.mouse.down()
        until(page, f"milliseconds.length > {touch}")
        worked.append(at_work() - before)
        page.mouse.move(box["x"] + 90 + 20 * touch, box["y"] + 160)
        page.mouse.up()
        page.wait_for_timeout(600)  # the pen rests, and pictures of all layers are made
    waited = page.evaluate("milliseconds")
    context.close()
    return list(zip(waited, worked, strict=True))


def until(page: Any, condition: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition}: not within {PATIENCE} s")
        page.wait_for_timeout(10)


if __name__ == "__main__":
    main()
