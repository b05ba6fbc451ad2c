// Gradient descent and its relatives: where do their steps go, and at which rates do they diverge?

import { LONGEST } from "../core/formula.js";
import { button, figure, group, Player, select, slider, textField, when } from "../ui/controls.js";
import { fixed, html, onceAFrame, onTheme, say, still, tell } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { choice, number, State, text, whole } from "../ui/state.js";
import { curve, curvePicture, heights, heightsPicture, map, mapPicture, rates, ratesPicture } from "./descent/pictures.js";
import { bestRate, BUILT_IN, CLOSE, FASTEST, limit, METHODS, MOST, scene, SLOWEST, sweep, walk } from "./descent/scenes.js";

const KNOBS = DATA.knobs;
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
  status.setAttribute("aria-live", player.running ? "off" : "polite"); // not every step is read out
  tell(status, verdict(here, values, now));
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

// A change of function or method brings the lab's own start and best rate along; so does an address of a function alone.
let last = { f: "lecture", method: "sgd" };
function follow(values, fromAddress) {
  const { f, method } = values, changes = f !== last.f ? { f } : method !== last.method ? { method } : null;
  last = { f, method };
  if (!changes) return;
  if (!fromAddress) Object.assign(values, choose(changes), changes.f ? { kept: "" } : {});
  else if (f in BUILT_IN && !["x", "y", "rate"].some((name) => state.given.includes(name))) Object.assign(values, choose({ f }));
}
follow(state.values, true);
state.listen(follow);

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
