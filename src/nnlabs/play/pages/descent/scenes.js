// What is walked on, by which method, and which learning rates get there.

import { LECTURE, method, minimise, quadratic, ROSENBROCK } from "../../core/descent.js";
import { compile, FormulaError } from "../../core/formula.js";
import { DATA } from "../../ui/frame.js";

const KNOBS = DATA.knobs;
export const METHODS = {
  sgd: "gradient descent", momentum: "momentum", nesterov: "Nesterov's momentum", adam: "Adam", adamax: "AdaMax",
  newton: "Newton's method",
};
export const BUILT_IN = {
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
export const MOST = 1000;
export const CLOSE = 1e-6; // L - L* at which the sweep over rates says "there"
export const SLOWEST = 1e-4;
export const FASTEST = 3;

let remembered = { text: null };

// The chosen function with its window and lowest value; of a typed one that cannot be read, the one before and why.
export function scene({ f, own, span }) {
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

export function walk(f, { method: name, rate, mu, x, y }, steps) {
  const start = startOf({ x, y }, f);
  if (!Number.isFinite(f.value(start))) return { path: [start], values: [NaN], ended: "nowhere" };
  return minimise(f, start, method(name, f, rate, mu), 0, steps);
}

// How many steps each rate takes to come close; null where it does not within MOST, "diverged" where it runs away.
export function sweep(scene, values) {
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
export function bestRate(scene, values) {
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
export function limit({ f, bottom }, { method: name, mu }) {
  if (!bottom || !["sgd", "momentum", "nesterov"].includes(name)) return null;
  const h = f.hessian(bottom);
  const curvature = h.length === 1 ? h[0][0] : (h[0][0] + h[1][1]) / 2 + Math.hypot((h[0][0] - h[1][1]) / 2, h[0][1]);
  if (!(curvature > 1e-9) || !Number.isFinite(curvature)) return null;
  const factor = { sgd: 2, momentum: 2 * (1 + mu), nesterov: (2 * (1 + mu)) / (1 + 2 * mu) }[name];
  return factor / curvature;
}
