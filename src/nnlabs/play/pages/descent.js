// Gradient descent and its relatives: where do their steps go, and at which rates do they diverge?

import { LECTURE, method, minimise, quadratic, ROSENBROCK } from "../core/descent.js";
import { compile, FormulaError, LONGEST } from "../core/formula.js";
import { button, figure, group, Player, select, slider, textField, when } from "../ui/controls.js";
import { colour, fixed, html, mixed, onceAFrame, onTheme, say, still, svg } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { Plot } from "../ui/plot.js";
import { choice, number, State, text, whole } from "../ui/state.js";

const KNOBS = DATA.knobs;
const METHODS = {
  sgd: "gradient descent", momentum: "momentum", nesterov: "Nesterov's momentum", adam: "Adam", adamax: "AdaMax",
  newton: "Newton's method",
};
const BUILT_IN = {
  lecture: {
    f: { ...LECTURE, dimensions: 1 }, name: "a curve", formula: "L = 3x² − sin x + eˣ − 5", lowest: -4, bottom: [0],
    window: { x: [-2, 2] }, start: [KNOBS.start, 0],
  },
  bowl: {
    f: { ...quadratic(KNOBS.quadratic.condition), dimensions: 2 }, name: "a long bowl",
    formula: `L = (x² + ${KNOBS.quadratic.condition} y²) / 2`, lowest: 0, bottom: [0, 0],
    window: { x: [-10, 10], y: [-4, 4] }, start: KNOBS.quadratic.start,
  },
  rosenbrock: {
    f: { ...ROSENBROCK, dimensions: 2 }, name: "Rosenbrock’s valley",
    formula: "L = (1 − x)² + 100 (y − x²)²", lowest: 0, bottom: [1, 1],
    window: { x: [-2, 2], y: [-1, 3] }, start: KNOBS.rosenbrock.start,
  },
};
const MOST = 1000;
const CLOSE = 1e-6; // L - L* at which the sweep over rates says "there"
const [SLOWEST, FASTEST] = [1e-4, 3];
const COLOURS = ["var(--orange)", "var(--green)", "var(--pink)", "var(--amber)", "var(--sky)"];

const state = new State({
  f: choice("lecture", ["lecture", "bowl", "rosenbrock", "own"]),
  own: text("x^4 - 3x^2 + x", LONGEST),
  span: number(3, 0.1, 100),
  method: choice("sgd", Object.keys(METHODS)),
  rate: number(bestRate(BUILT_IN.lecture, { method: "sgd", mu: KNOBS.momentum, x: KNOBS.start, y: 0 }) ?? KNOBS.rates.highest, SLOWEST, FASTEST),
  mu: number(KNOBS.momentum, 0, 0.99),
  x: number(KNOBS.start, -1000, 1000),
  y: number(0, -1000, 1000),
  steps: whole(40, 0, MOST),
  kept: text("", 400),
});

// ---------------------------------------------------------------- what is walked on

let remembered = { text: null };

// The chosen function with its window and lowest value; of a typed one that cannot be read, the one before and why.
function scene({ f, own, span }) {
  if (f !== "own") return { ...BUILT_IN[f], error: "" };
  if (remembered.text !== own) {
    try {
      remembered = { text: own, f: compile(own), error: "" };
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      remembered = { ...remembered, text: own, error: `${error.message}.` };
    }
    remembered.f ??= compile("x^2");
  }
  const found = remembered.f, around = [-span, span];
  const window = found.dimensions === 1 ? { x: around } : { x: around, y: around };
  return { f: found, name: own, window, error: remembered.error, ...lowestIn(found, window) };
}

// The lowest value on a grid over the window, made exact by Newton's method where that helps.
function lowestIn(f, { x: [left, right], y = [0, 0] }) {
  let best = [NaN, Infinity];
  const n = f.dimensions === 1 ? 800 : 60;
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= (f.dimensions === 1 ? 0 : n); j++) {
      const at = [left + ((right - left) * i) / n, y[0] + ((y[1] - y[0]) * j) / n].slice(0, f.dimensions);
      const value = f.value(at);
      if (value < best[1]) best = [at, value];
    }
  }
  if (!Number.isFinite(best[1])) return { lowest: NaN, bottom: null };
  const { path, values } = minimise(f, best[0], method("newton", f), 1e-15, 100);
  const at = values.indexOf(Math.min(...values));
  return { lowest: values[at], bottom: path[at] };
}

function startOf(values, f) {
  return [values.x, values.y].slice(0, f.dimensions);
}

function walk(f, { method: name, rate, mu, x, y }, steps) {
  const start = startOf({ x, y }, f);
  if (!Number.isFinite(f.value(start))) return { path: [start], values: [NaN], ended: "nowhere" };
  return minimise(f, start, method(name, f, rate, mu), 0, steps);
}

// How many steps each rate takes to come close; null where it does not within MOST, "diverged" where it runs away.
function sweep(scene, values) {
  const found = [];
  if (values.method === "newton" || !Number.isFinite(scene.lowest)) return found;
  for (let i = 0; i <= 80; i++) {
    const rate = SLOWEST * (FASTEST / SLOWEST) ** (i / 80);
    const { values: heights, ended } = walk(scene.f, { ...values, rate }, MOST);
    const steps = heights.findIndex((height) => height - scene.lowest < CLOSE);
    found.push({ rate, steps: steps >= 0 ? steps : null, diverged: ended === "diverged" && steps < 0 });
  }
  return found;
}

// Of the lab's grid of rates the one at which a method gets there in the fewest steps; null where none does.
function bestRate(scene, values) {
  if (values.method === "newton" || !Number.isFinite(scene.lowest)) return null;
  const { lowest, highest, number: n } = KNOBS.rates;
  let best = { rate: null, steps: Infinity };
  for (let i = 0; i < n; i++) {
    const rate = Number((lowest * (highest / lowest) ** (i / Math.max(n - 1, 1))).toPrecision(2));
    const steps = walk(scene.f, { ...values, rate }, MOST).values.findIndex((height) => height - scene.lowest < CLOSE);
    if (steps >= 0 && steps < best.steps) best = { rate, steps };
  }
  return best.rate;
}

// The rate from which a method cannot settle at the minimum: 2 / λ for plain descent, λ being the largest curvature there.
function limit({ f, bottom }, { method: name, mu }) {
  if (!bottom || !["sgd", "momentum", "nesterov"].includes(name)) return null;
  const h = f.hessian(bottom);
  const curvature = h.length === 1 ? h[0][0] : (h[0][0] + h[1][1]) / 2 + Math.hypot((h[0][0] - h[1][1]) / 2, h[0][1]);
  if (!(curvature > 1e-9) || !Number.isFinite(curvature)) return null;
  const factor = { sgd: 2, momentum: 2 * (1 + mu), nesterov: (2 * (1 + mu)) / (1 + 2 * mu) }[name];
  return factor / curvature;
}

// ---------------------------------------------------------------- pictures

const curve = new Plot({ label: "The function and the steps on it", x: { label: "x" }, y: { label: "L(x)" }, ratio: 0.6 });
const map = new Plot({
  label: "The function from above and the steps on it", x: { label: "x" }, y: { label: "y" }, ratio: 0.7, touch: "none",
});
const heights = new Plot({
  label: "Height above the minimum, step by step", x: { label: "step" }, y: { label: "L − L*", log: true }, height: 240,
});
const rates = new Plot({
  label: "Steps that each learning rate needs", x: { label: "learning rate", log: true }, y: { label: "steps", log: true },
  height: 240,
});

function curvePicture({ f, window }, walks) {
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

function mapPicture(scene, walks) {
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

function heightsPicture({ lowest }, walks) {
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

function ratesPicture(found, settling, values) {
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

// ---------------------------------------------------------------- kept paths: method:rate:momentum:x:y, a semicolon between

function kept() {
  return state.values.kept.split(";").flatMap((each) => {
    const [name, ...rest] = each.split(":"), given = rest.map(Number);
    return Object.hasOwn(METHODS, name) && given.length === 4 && given.every(Number.isFinite)
      ? [{ method: name, rate: given[0], mu: given[1], x: given[2], y: given[3] }]
      : [];
  }).slice(-4);
}

function keep() {
  const { method: name, rate, mu, x, y } = state.values;
  const one = [name, rate, mu, ...[x, y].map((each) => Number(each.toPrecision(4)))].join(":");
  state.set({ kept: [...state.values.kept.split(";").filter(Boolean).slice(-3), one].join(";") });
}

function named({ method: name, rate, mu }) {
  if (name === "newton") return METHODS.newton;
  return `${METHODS[name]}, rate ${say(rate)}${["momentum", "nesterov"].includes(name) ? `, μ = ${say(mu)}` : ""}`;
}

// ---------------------------------------------------------------- words

function verdict(scene, values, { values: found, path, ended }) {
  if (ended === "nowhere") return "The function has no value at the start: move it.";
  const name = METHODS[values.method], first = name[0].toUpperCase() + name.slice(1);
  const steps = `${say(path.length - 1, 4)} ${path.length === 2 ? "step" : "steps"}`;
  if (ended === "diverged") return `${first} diverges: after ${steps} the next one would leave all bounds.`;
  const above = found.at(-1) - scene.lowest;
  if (!Number.isFinite(above)) return `After ${steps}: L = ${say(found.at(-1))}.`;
  const there = found.findIndex((value) => value - scene.lowest < CLOSE);
  if (there >= 0) return `${first} comes within ${say(CLOSE)} of the lowest point at step ${say(there, 4)}.`;
  return `After ${steps}, ${name} is ${say(above)} above the lowest point.`;
}

// ---------------------------------------------------------------- all together

const status = html("p", { class: "status", role: "status" });
const formulaError = html("p", { class: "error", role: "alert" });
const slopes = html("p", { class: "note" });
const key = html("ul", { class: "key" });
const limitNote = html("p", { class: "note" });

function update() {
  const values = state.values, here = scene(values);
  const now = { ...walk(here.f, values, values.steps), colour: "var(--blue)", name: named(values) };
  const before = kept().map((each, i) => ({ ...walk(here.f, each, values.steps), colour: COLOURS[i], name: named(each), faint: true }));
  const walks = [...before, now], flat = here.f.dimensions === 1;
  curve.element.hidden = !flat;
  map.element.hidden = flat;
  (flat ? curvePicture : mapPicture)(here, walks);
  heightsPicture(here, walks);
  status.textContent = verdict(here, values, now);
  formulaError.textContent = values.f === "own" ? here.error : "";
  slopes.textContent = here.formula ?? here.f.slopes.map((each, i) => `∂L/∂${"xy"[i]} = ${each}`).join(";  ");
  key.replaceChildren(...(before.length ? walks : []).map((each) => html("li", {}, html("i", { style: `border-color: ${each.colour}` }), each.name)));
  sweeps();
}

const sweeps = onceAFrame(() => {
  const values = state.values, here = scene(values), settling = limit(here, values);
  ratesFigure.hidden = values.method === "newton";
  ratesPicture(sweep(here, values), settling, values);
  limitNote.textContent = settling
    ? `Above a rate of ${say(settling)} (dashed) it cannot settle at the lowest point, where the curvature is too large for its steps.`
    : "";
});

function choose(changes) {
  const values = { ...state.values, ...changes }, here = scene(values);
  const start = changes.f && here.start ? { x: here.start[0], y: here.start[1] } : {};
  const rate = bestRate(here, { ...values, ...start });
  return { ...start, ...(rate ? { rate } : {}) };
}

// A change of function or method brings the lab's own start and best rate along.
let last = { f: state.values.f, method: state.values.method };
state.listen((values) => {
  if (values.f === last.f && values.method === last.method) return;
  const changes = values.f === last.f ? { method: values.method } : { f: values.f };
  last = { f: values.f, method: values.method };
  if (state.written === location.hash) Object.assign(state.values, choose(changes), changes.f ? { kept: "" } : {});
});

const player = new Player(() => {
  if (still.matches) state.set({ steps: goal });
  else if (state.values.steps < goal) state.set({ steps: state.values.steps + Math.max(1, Math.round(goal / 150)) });
  return state.values.steps < goal;
});
let goal = 40;
player.button.addEventListener("click", () => {
  if (!player.running) return;
  goal = Math.max(state.values.steps, 40);
  state.set({ steps: 0 });
});

const move = (x, y) => state.set(scene(state.values).f.dimensions === 1 ? { x } : { x, y });
curve.drag((x) => move(x));
map.drag(move);
const nudge = (right, up) => {
  const { window, f } = scene(state.values), unit = (window.x[1] - window.x[0]) / 100;
  move(state.values.x + (f.dimensions === 1 ? right + up : right) * unit, state.values.y + up * unit);
};
curve.handle("Start", () => [state.values.x, scene(state.values).f.value([state.values.x])], nudge,
  () => `x = ${fixed(state.values.x, 2)}`, false);
map.handle("Start", () => [state.values.x, state.values.y], nudge,
  () => `x = ${fixed(state.values.x, 2)}, y = ${fixed(state.values.y, 2)}`);
rates.drag((rate) => state.set({ rate: Number(rate.toPrecision(3)) }));

const functions = { ...Object.fromEntries(Object.entries(BUILT_IN).map(([name, each]) => [name, each.name])), own: "one that you type" };
const ratesFigure = figure("Which rates work?", rates.element,
  html("p", { class: "note" }, `Steps until L is within ${say(CLOSE)} of the lowest point, from this start; shaded: it diverges; no dot: not there after ${say(MOST, 4)} steps. Drag to set the rate.`),
  limitNote);

frame({
  lead: "A method walks downhill by looking at the slope under its feet. Drag the start, turn the rate, and watch where the steps go.",
  first: [status, figure("The steps", html("div", {}, curve.element, map.element), key)],
  rest: [html("div", { class: "pair" }, figure("How fast it gets there", heights.element), ratesFigure)],
  controls: [
    select(state, "f", "Function L", functions),
    ...when(state, ({ f }) => f === "own", textField(state, "own", "L, of x or of x and y", LONGEST), formulaError),
    slopes,
    ...when(state, ({ f }) => f === "own",
      slider(state, "span", "Window from −s to s, s =", { least: 0.1, most: 100, log: true, step: 0.02 })),
    select(state, "method", "Method", METHODS),
    ...when(state, ({ method: name }) => name !== "newton",
      slider(state, "rate", "Learning rate η", { least: SLOWEST, most: FASTEST, log: true, step: 0.01 })),
    ...when(state, ({ method: name }) => ["momentum", "nesterov"].includes(name),
      slider(state, "mu", "Momentum μ", { least: 0, most: 0.99 })),
    slider(state, "steps", "Steps", { least: 0, most: MOST, step: 1, format: (value) => say(value, 4) }),
    html("div", { class: "buttons" }, player.button,
      button("Step", () => state.set({ steps: Math.min(state.values.steps + 1, MOST) })),
      button("Keep path", keep), button("Clear kept", () => state.set({ kept: "" }))),
    group("Try", html("p", { class: "note" },
      "Find the largest rate that still arrives. On the bowl, why does plain descent zigzag, and what does momentum do about it? "
      + "Type x^4 − 3x^2 + x and find starts that end in either valley.")),
  ],
});

state.listen(onceAFrame(update));
onTheme(update);
update();
