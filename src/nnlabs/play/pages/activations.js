// Any two activation functions beside each other, and a neuron that learns with each of them, or dies.

import { ACTIVATIONS } from "../core/activations.js";
import { Activate, Linear } from "../core/layers.js";
import { squaredError } from "../core/losses.js";
import { Matrix } from "../core/matrix.js";
import { Network } from "../core/network.js";
import { SGD } from "../core/optimizers.js";
import { Random } from "../core/random.js";
import { button, figure, select, slider, when } from "../ui/controls.js";
import { fixed, html, onceAFrame, say, svg } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { Plot } from "../ui/plot.js";
import { choice, number, State, whole } from "../ui/state.js";

const LIMIT = DATA.knobs.limit;
const NAMES = Object.keys(ACTIVATIONS);
const SHAPES = { leaky_relu: "slope", elu: "alpha" };
const SIDES = { a: "var(--blue)", b: "var(--orange)" };
const INPUTS = 40;
const STEPS = 200;

const state = new State({
  a: choice("sigmoid", NAMES),
  b: choice("relu", NAMES),
  slope: number(DATA.knobs.slope, 0, 1),
  alpha: number(1, 0.1, 2),
  z: number(1, -LIMIT, LIMIT),
  layers: whole(10, 1, 30),
  bias: number(-4, -8, 4),
  rate: number(0.3, 0.01, 1),
});

// The chosen function of a side with its shape settled: {f, derivative, name}.
function chosen(side, values = state.values) {
  const { f, derivative, name } = ACTIVATIONS[values[side]], shape = values[SHAPES[values[side]]];
  if (shape === undefined) return { f, derivative, name };
  return { name, f: (z) => f(z, shape), derivative: (z) => derivative(z, shape) };
}

function range(side, values) {
  return {
    identity: "all numbers", sigmoid: "0 to 1", tanh: "−1 to 1", relu: "0 and above",
    leaky_relu: values.slope ? "all numbers" : "0 and above", elu: `above −${say(values.alpha)}`,
  }[values[side]];
}

// ---------------------------------------------------------------- the functions

const functions = new Plot({ label: "Both functions", x: { label: "z" }, y: { label: "f(z)" }, height: 280 });
const slopes = new Plot({ label: "Their derivatives", x: { label: "z" }, y: { label: "f′(z)" }, height: 280 });

function functionPictures(values) {
  const zs = Array.from({ length: 481 }, (_, i) => LIMIT * (i / 240 - 1));
  const pictures = [[functions, "f", [-1.6, 3.2]], [slopes, "derivative", [-0.1, Math.max(1.2, values.alpha + 0.2)]]];
  for (const [plot, what, window] of pictures) {
    const sides = ["a", "b"].map((side) => [SIDES[side], chosen(side, values)[what]]);
    plot.draw([-LIMIT, LIMIT], window, () => [
      svg("line", { x1: plot.px(values.z), x2: plot.px(values.z), y1: plot.inner.top, y2: plot.inner.bottom, stroke: "var(--ink)" }),
      ...sides.map(([stroke, f], i) =>
        plot.line(zs.map((z) => [z, f(z)]), { stroke, "stroke-width": 3, "stroke-dasharray": i ? "8 4" : "none" })),
      ...sides.map(([fill, f]) => plot.dots([[values.z, f(values.z)]], 5, { fill })),
    ]);
  }
}

const table = html("div", { class: "scroll" });

function valueTable(values) {
  const sides = ["a", "b"].map((side) => [side, chosen(side, values)]);
  const row = (name, said) => html("tr", {}, html("th", { scope: "row" }, name), sides.map((each) => html("td", {}, said(...each))));
  table.replaceChildren(html(
    "table", {},
    html("thead", {}, html("tr", {}, html("th", {}, `at z = ${fixed(values.z, 2)}`),
      sides.map(([side, { name }]) => html("th", { scope: "col", style: `color: ${SIDES[side]}` }, name)))),
    html("tbody", {},
      row("f(z)", (_, { f }) => say(f(values.z), 4)),
      row("f′(z)", (_, { derivative }) => say(derivative(values.z), 4)),
      row("range of f", (side) => range(side, values)),
      row(`f′(z) to the power of ${values.layers}`, (_, { derivative }) => say(derivative(values.z) ** values.layers)),
    ),
  ));
}

// ---------------------------------------------------------------- one neuron

// A neuron f(w x + b) from w = 1 and a bias, on inputs whose targets a neuron f(x + 1/2) gave: all can learn theirs.
function learn(side, { bias, rate }, activation = chosen(side)) {
  const random = new Random(1), x = new Matrix(INPUTS, 1).map(() => random.normal());
  const target = x.map((each) => activation.f(each + 0.5));
  const linear = new Linear(1, 1, random), neuron = new Network([linear, new Activate(activation)]), optimizer = new SGD(rate);
  linear.parameters.weight.data[0] = 1;
  linear.parameters.bias.data[0] = bias;
  const start = x.map((each) => each + bias).data, losses = [];
  let first = 0;
  for (let step = 0; step <= STEPS; step++) {
    const [loss, dy] = squaredError(neuron.forward(x), target);
    losses.push(loss);
    neuron.backward(dy);
    const { weight, bias: b } = linear.gradients;
    if (step === 0) first = Math.hypot(weight.data[0], b.data[0]);
    optimizer.step(neuron.parameters, neuron.gradients);
  }
  return { activation, start, losses, first, silent: start.filter((z) => activation.derivative(z) === 0).length };
}

const losses = new Plot({
  label: "Loss of both neurons while they learn", x: { label: "step" }, y: { label: "loss", log: true }, height: 260,
});
const inputs = new Plot({ label: "Where the inputs fall", x: { label: "z = w x + b at the start" }, y: { label: "f(z)" }, height: 260 });
const told = html("p", { class: "status", role: "status" });

function neuronPictures(values) {
  const both = ["a", "b"].map((side) => ({ side, ...learn(side, values) }));
  inputs.draw([-12, 7], [-1.6, 3.2], (plot) => both.flatMap(({ side, start, activation }) => [
    plot.line(Array.from({ length: 200 }, (_, i) => -12 + (19 * i) / 199).map((z) => [z, activation.f(z)]), {
      stroke: SIDES[side], "stroke-width": 1.5, opacity: 0.6,
    }),
    plot.dots([...start].map((z) => [z, activation.f(z)]), 4, { fill: SIDES[side], opacity: 0.7 }),
  ]));
  const all = both.flatMap((each) => each.losses).filter((loss) => loss > 1e-12);
  const low = 10 ** Math.floor(Math.log10(Math.min(...all, 0.1))), high = 10 ** Math.ceil(Math.log10(Math.max(...all, low * 10)));
  losses.draw([0, STEPS], [low, high], (plot) => both.map(({ side, losses: found }, i) =>
    plot.line(found.map((loss, step) => [step, Math.max(loss, low / 10)]), {
      stroke: SIDES[side], "stroke-width": 3, "stroke-dasharray": i ? "8 4" : "none",
    })));
  told.replaceChildren(...both.slice(0, values.a === values.b ? 1 : 2).map(sentence));
}

function sentence({ side, activation, silent, first, losses: found }) {
  const name = html("strong", { style: `color: ${SIDES[side]}` }, activation.name);
  const fall = `the loss goes from ${say(found[0])} to ${say(found.at(-1))}. `;
  if (first === 0) return html("span", {}, name, `: its derivative is 0 for all ${INPUTS} inputs, so no step will ever move it: it is dead. `);
  if (silent) return html("span", {}, name, `: its derivative is 0 for ${silent} of ${INPUTS} inputs, the others teach it; ${fall}`);
  return html("span", {}, name, `: the first gradient has size ${say(first)}; ${fall}`);
}

// ---------------------------------------------------------------- all together

function update() {
  functionPictures(state.values);
  valueTable(state.values);
  neuronPictures(state.values);
}

const nudge = (right, up) => state.set({ z: Math.min(Math.max(state.values.z + (right + up) * 0.05, -LIMIT), LIMIT) });
for (const [plot, what] of [[functions, "f"], [slopes, "derivative"]]) {
  plot.drag((z) => state.set({ z: Math.round(z * 100) / 100 }));
  plot.handle("z on the curve", () => [state.values.z, chosen("a")[what](state.values.z)], nudge, () => `z = ${fixed(state.values.z, 2)}`, false);
}

const names = Object.fromEntries(NAMES.map((name) => [name, ACTIVATIONS[name].name]));
const has = (name) => ({ a, b }) => a === name || b === name;
frame({
  lead: "What comes out of a neuron, and how much of the slope it passes back when it learns.",
  first: [
    html("div", { class: "pair" }, figure("The function", functions.element), figure("Its derivative", slopes.element)),
    table,
  ],
  controls: [
    select(state, "a", "Solid", names),
    select(state, "b", "Dashed", names),
    ...when(state, has("leaky_relu"), slider(state, "slope", "Leaky ReLU’s slope", { least: 0, most: 1 })),
    ...when(state, has("elu"), slider(state, "alpha", "ELU’s α", { least: 0.1, most: 2 })),
    slider(state, "z", "z", { least: -LIMIT, most: LIMIT, format: (z) => fixed(z, 2) }),
    slider(state, "layers", "Layers that the slope passes", { least: 1, most: 30, step: 1 }),
    html("p", { class: "note" }, "A layer multiplies the slope that comes back by f′(z). "
      + "After ten sigmoids, what is left at best? And of ReLU, where z is positive, or negative?"),
  ],
  more: [
    html("h2", {}, "Can it still learn?"),
    html("p", {}, "A neuron f(w x + b) starts from w = 1 and the bias below and learns by gradient descent. Move the bias until all "
      + "inputs fall where ReLU is flat: its gradient is exactly 0, and it stays as it is for good. The other functions keep some "
      + "slope there, small as it may be."),
    told,
    html("div", { class: "pair" },
      slider(state, "bias", "Bias at the start", { least: -8, most: 4, step: 0.1, format: (b) => fixed(b, 1) }),
      slider(state, "rate", "Learning rate", { least: 0.01, most: 1 })),
    html("div", { class: "pair" }, figure("The inputs on the functions", inputs.element), figure("What it learns", losses.element)),
    html("p", { class: "buttons" }, button("ReLU beside leaky ReLU, dead start", () => state.set({ a: "relu", b: "leaky_relu", bias: -5 }))),
  ],
});

state.listen(onceAFrame(update));
update();
