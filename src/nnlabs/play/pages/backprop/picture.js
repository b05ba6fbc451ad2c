// The network as a picture: the numbers computed so far, and what the present step reads.

import { html, say, svg } from "../../ui/dom.js";
import { input, say4, symbol } from "./words.js";

const picture = svg("svg", { role: "img", "aria-label": "The network with the numbers computed so far" });
export const holder = html("div", { class: "plot graph" }, picture);
let width = 0, last = null;
new ResizeObserver(([entry]) => {
  if (Math.floor(entry.contentRect.width) === width) return;
  width = Math.floor(entry.contentRect.width);
  if (last) draw(...last);
}).observe(holder);

// What the step reads, as names of nodes and edges of the picture.
function touched({ kind, layer: l, row: j, column: i }, sizes) {
  const all = (n, f) => Array.from({ length: n }, (_, k) => f(k));
  switch (kind) {
    case "z":
      return [`n${l}.${j}`, ...all(sizes[l - 1], (k) => `e${l}.${j}.${k}`)];
    case "delta":
      return [`n${l}.${j}`, ...(l + 1 < sizes.length ? all(sizes[l + 1], (k) => `e${l + 1}.${k}.${j}`) : [])];
    case "dW":
    case "W":
      return [`e${l}.${j}.${i}`];
    default:
      return [`n${l}.${j}`];
  }
}

const RADIUS = 29;
const NARROW = 560; // layers then go from top to bottom

// Where each unit is: [layer, unit] to [x, y]; and the picture's height.
function layout(sizes) {
  const most = Math.max(...sizes), depth = sizes.length - 1;
  if (width < NARROW) {
    const across = (width - 10) / most, down = 240;
    return {
      height: depth * down + 2 * RADIUS + 90,
      place: (l, j) => [5 + across * ((most - sizes[l]) / 2 + j + 0.5), 55 + down * l],
    };
  }
  const across = (width - 160) / depth, down = 125;
  return { height: most * down + 8, place: (l, j) => [80 + across * l, down * ((most - sizes[l]) / 2 + j + 0.5)] };
}

const box = (x, y, half, high) => [x - half, y - high, x + half, y + high];
const overlap = (a, b) => Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));

// The place on a line from one unit to another where a label covers least of what is there already.
function free([x1, y1], [x2, y2], taken) {
  const [, best] = [0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8]
    .map((share) => [x1 + (x2 - x1) * share, y1 + (y2 - y1) * share])
    .map(([x, y]) => [taken.reduce((sum, each) => sum + overlap(box(x, y + 6, 34, 19), each), 0), [x, y]])
    .reduce((least, each) => (each[0] < least[0] ? each : least));
  taken.push(box(best[0], best[1] + 6, 34, 19));
  return best;
}

// The first `at` of a list of steps.
export function draw(network, list, at) {
  last = [network, list, at];
  if (width < 50) return;
  const sizes = [network.x.length, ...network.biases.map((bias) => bias.length)], { height, place } = layout(sizes);
  const done = new Map(list.slice(0, at).map((step) => [symbol(step), step.value])), current = list[at - 1];
  const lit = new Set(current ? touched(current, sizes) : []);
  const known = (kind, layer, row, column = null) => done.get(symbol({ kind, layer, row, column }));
  const units = sizes.flatMap((size, l) => Array.from({ length: size }, (_, j) => [l, j]));
  const taken = units.map(([l, j]) => box(...place(l, j), l ? 44 : RADIUS, l ? RADIUS + 32 : RADIUS));
  const edges = units.flatMap(([l, j]) => (l ? Array.from({ length: sizes[l - 1] }, (_, i) => [l, j, i]) : []));
  const lines = [], circles = [], labels = [];
  const write = (x, y, text, style) => labels.push(svg("text", { class: style, x, y, "text-anchor": "middle" }, text));
  for (const [l, j, i] of edges) {
    const from = place(l - 1, i), to = place(l, j), on = lit.has(`e${l}.${j}.${i}`), [x, y] = free(from, to, taken);
    lines.push(svg("line", {
      x1: from[0], y1: from[1], x2: to[0], y2: to[1], stroke: on ? "var(--amber)" : "var(--line)", "stroke-width": on ? 4 : 2,
    }));
    write(x, y + 4, say4(known("W", l, j, i) ?? network.weights[l - 1][j][i]), "halo");
    if (known("dW", l, j, i) !== undefined) write(x, y + 19, say(known("dW", l, j, i)), "halo back");
  }
  for (const [l, j] of units) {
    const [x, y] = place(l, j), on = lit.has(`n${l}.${j}`), value = l === 0 ? network.x[j] : known("a", l, j);
    circles.push(svg("circle", {
      cx: x, cy: y, r: RADIUS, fill: "var(--panel)", stroke: on ? "var(--amber)" : "var(--muted)", "stroke-width": on ? 4 : 1.5,
    }));
    write(x, y - 4, input(l, j), "faint");
    if (value !== undefined) write(x, y + 13, say(value), "strong");
    if (l === 0) continue;
    if (known("z", l, j) !== undefined) write(x, y - RADIUS - 6, `z = ${say4(known("z", l, j))}`, "halo");
    write(x, y + RADIUS + 15, `b = ${say4(known("b", l, j) ?? network.biases[l - 1][j])}`, "halo faint");
    if (known("delta", l, j) !== undefined) write(x, y + RADIUS + 30, `δ = ${say(known("delta", l, j))}`, "halo back");
  }
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) picture.setAttribute(name, value);
  picture.replaceChildren(...lines, ...circles, ...labels);
}
