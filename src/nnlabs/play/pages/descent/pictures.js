// The pictures: the walks on the curve or from above, how high they are, and which rates work.

import { colour, html, mixed, svg } from "../../ui/dom.js";
import { Plot } from "../../ui/plot.js";
import { FASTEST, MOST, SLOWEST } from "./scenes.js";

export const curve = new Plot({ label: "The function and the steps on it", x: { label: "x" }, y: { label: "L(x)" }, ratio: 0.6 });
export const map = new Plot({
  label: "The function from above and the steps on it", x: { label: "x" }, y: { label: "y" }, ratio: 0.7, touch: "none",
});
export const heights = new Plot({
  label: "Height above the minimum, step by step", x: { label: "step" }, y: { label: "L − L*", log: true }, height: 240,
});
export const rates = new Plot({
  label: "Steps that each learning rate needs", x: { label: "learning rate", log: true }, y: { label: "steps", log: true },
  height: 240,
});

export function curvePicture({ f, window }, walks) {
  const [left, right] = window.x;
  const xs = Array.from({ length: 401 }, (_, i) => left + ((right - left) * i) / 400);
  const ys = xs.map((x) => f.value([x])).filter(Number.isFinite);
  const low = Math.min(...ys), high = quantile(ys, 0.97), room = (high - low || 1) * 0.08;
  curve.draw(window.x, [low - room, high + room], (plot) => [
    plot.line(xs.map((x) => [x, f.value([x])]), { stroke: "var(--muted)", "stroke-width": 2 }),
    ...walks.map((each) => steps(plot, each.path.map(([x], i) => [x, each.values[i]]), each)),
  ]);
}

function steps(plot, points, { colour: stroke, faint }) {
  return svg(
    "g", { opacity: faint ? 0.75 : 1 },
    plot.line(points, { stroke, "stroke-width": faint ? 1.5 : 2, "stroke-linejoin": "round" }),
    points.length < 250 ? plot.dots(points, faint ? 2 : 3.5, { fill: stroke }) : "",
  );
}

export function mapPicture(scene, walks) {
  const { window, bottom } = scene;
  map.draw(
    window.x, window.y,
    (plot) => [
      ...walks.map((each) => steps(plot, each.path, each)),
      bottom && svg("path", {
        d: `M${plot.px(bottom[0]) - 6} ${plot.py(bottom[1])}h12m-6 -6v12`, stroke: "var(--ink)", "stroke-width": 2,
      }),
    ].filter(Boolean),
    (plot) => contours(plot, scene),
  );
}

// Bands of equal height, each ten steps to a factor of a thousand; drawn once for a window and kept.
let drawn = { key: "" };
function contours(plot, { f, name, window, lowest }) {
  const { left, right, top, bottom } = plot.inner, width = right - left, height = bottom - top;
  const key = [name, window.x, window.y, width, height, colour("paper")].join();
  if (drawn.key !== key) {
    const canvas = html("canvas", { width, height }), context = canvas.getContext("2d");
    const image = context.createImageData(width, height), band = new Float64Array(width * height);
    const [paper, blue] = [colour("paper"), colour("blue")];
    for (let row = 0; row < height; row++) {
      const y = window.y[1] - ((window.y[1] - window.y[0]) * (row + 0.5)) / height;
      for (let column = 0; column < width; column++) {
        const x = window.x[0] + ((window.x[1] - window.x[0]) * (column + 0.5)) / width;
        band[row * width + column] = 3.3 * Math.log10(Math.max(f.value([x, y]) - lowest, 0) + 1e-3);
      }
    }
    const finite = band.filter(Number.isFinite), low = -10, high = finite.reduce((a, b) => Math.max(a, b), -9);
    for (let i = 0; i < band.length; i++) {
      const here = Math.floor(band[i]);
      const edge = here !== Math.floor(band[i + 1] ?? band[i]) || here !== Math.floor(band[i + width] ?? band[i]);
      const depth = Number.isFinite(band[i]) ? 0.08 + 0.5 * (1 - (here - low) / (high - low)) : 0;
      image.data.set([...mixed(paper, blue, edge ? Math.min(depth + 0.16, 1) : depth), 255], i * 4);
    }
    context.putImageData(image, 0, 0);
    drawn = { key, url: canvas.toDataURL() };
  }
  return svg("image", { href: drawn.url, x: left, y: top, width, height });
}

export function heightsPicture({ lowest }, walks) {
  const lines = walks.map((each) => ({ ...each, points: each.values.map((value, k) => [k, Math.max(value - lowest, 1e-16)]) }));
  const all = lines.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  const low = 10 ** Math.floor(Math.log10(Math.min(...all, 1)) - 0.01), high = 10 ** Math.ceil(Math.log10(Math.max(...all, low * 10)));
  const longest = Math.max(...lines.map(({ points }) => points.length - 1), 5);
  heights.draw([0, longest], [low, high], (plot) =>
    lines.map(({ points, colour: stroke, faint }) =>
      svg("g", {}, plot.line(points, { stroke, "stroke-width": 2 }), points.length < 120 && plot.dots(points, faint ? 2 : 3, { fill: stroke })),
    ),
  );
}

export function ratesPicture(found, settling, values) {
  rates.draw([SLOWEST, FASTEST], [0.9, MOST * 2], (plot) => {
    const { top, bottom } = plot.inner;
    const step = (plot.px(FASTEST) - plot.px(SLOWEST)) / (found.length - 1);
    const bars = runs(found.map(({ diverged }) => diverged)).map(([first, last]) => svg("rect", {
      x: plot.px(found[first].rate) - step / 2, width: (last - first + 1) * step, y: top, height: bottom - top,
      fill: "var(--orange)", opacity: 0.22,
    }));
    const there = found.map(({ rate, steps }) => [rate, steps === null ? NaN : Math.max(steps, 1)]);
    return [
      ...bars,
      settling && svg("line", {
        x1: plot.px(settling), x2: plot.px(settling), y1: top, y2: bottom, stroke: "var(--orange)", "stroke-dasharray": "5 4", "stroke-width": 2,
      }),
      plot.line(there, { stroke: "var(--blue)", "stroke-width": 2 }),
      plot.dots(there.filter(([, steps]) => Number.isFinite(steps)), 2.2, { fill: "var(--blue)" }),
      svg("line", { x1: plot.px(values.rate), x2: plot.px(values.rate), y1: top, y2: bottom, stroke: "var(--ink)", "stroke-width": 1.5 }),
    ].filter(Boolean);
  });
}

// [first, last] of each run of true values.
function runs(flags) {
  const found = [];
  flags.forEach((each, i) => {
    if (each && flags[i - 1]) found.at(-1)[1] = i;
    else if (each) found.push([i, i]);
  });
  return found;
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
