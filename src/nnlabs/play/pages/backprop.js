// Backpropagation by clicking: each number with what it was computed from.

import { steps } from "../core/worked.js";
import { button, figure, select, slider } from "../ui/controls.js";
import { html, onceAFrame, say } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { choice, number, numbers, State, whole } from "../ui/state.js";
import { draw, holder } from "./backprop/picture.js";
import { high, low, say4, symbol, weight, written } from "./backprop/words.js";

const EXAMPLES = DATA.knobs.examples;
const LONGEST = 200;
const PHASES = { forward: "Forward", backward: "Backward", step: "One step of descent" };

const state = new State({
  example: choice("backward" in EXAMPLES ? "backward" : Object.keys(EXAMPLES)[0], Object.keys(EXAMPLES)),
  lr: number(DATA.knobs.lr, 1e-3, 10),
  at: whole(0, 0, LONGEST),
  given: numbers([], -1000, 1000, LONGEST, 12), // x, then y where there is one, then weights and biases, layer by layer
});

// ---------------------------------------------------------------- the network

const flat = ({ x, y, weights, biases }) =>
  [...x, ...(y === null ? [] : [y]), ...weights.flatMap((weight, l) => [...weight.flat(), ...biases[l]])];

// The example with other numbers, in the order of `flat`.
function withNumbers(example, given) {
  const rest = [...given], take = (n) => rest.splice(0, n);
  return {
    ...example,
    x: take(example.x.length),
    y: example.y === null ? null : take(1)[0],
    ...example.weights.reduce((made, weight, l) => ({
      weights: [...made.weights, weight.map((row) => take(row.length))],
      biases: [...made.biases, take(example.biases[l].length)],
    }), { weights: [], biases: [] }),
  };
}

const example = ({ example: key }) => ({ ...EXAMPLES[key], y: EXAMPLES[key].y ?? null });

function worked(values) {
  const base = example(values), usual = flat(base);
  return values.given.length === usual.length ? withNumbers(base, values.given) : base;
}

// ---------------------------------------------------------------- words and lists

const sentence = html("div", { class: "sum", role: "status" });
const list = html("div", { class: "steps" });
const inputs = html("div", { class: "numbers" });
const back = button("Back", () => go(state.values.at - 1)), next = button("Next", () => go(state.values.at + 1), { class: "main" });
const descend = button("Take the step and begin again", () => takeStep());

function go(at) {
  state.set({ at: Math.min(Math.max(at, 0), steps(worked(state.values), state.values.lr).length) });
}

function takeStep() {
  const network = worked(state.values), all = steps(network, state.values.lr).filter(({ phase }) => phase === "step");
  const weights = network.weights.map((matrix) => matrix.map((row) => [...row])), biases = network.biases.map((bias) => [...bias]);
  for (const { kind, layer, row, column, value } of all) {
    if (kind === "W") weights[layer - 1][row][column] = value;
    else biases[layer - 1][row] = value;
  }
  state.set({ given: flat({ ...network, weights, biases }), at: 0 });
}

function tell(step, depth) {
  if (!step) return [html("p", { class: "note" }, "Press Next: the first number is computed from the inputs and weights.")];
  const { rule, symbols, numbers: put, value = "" } = written(step, depth);
  return [
    html("p", { class: "rule" }, rule),
    html("p", { class: "line" }, html("strong", {}, symbol(step)), ` = ${symbols}`),
    html("p", { class: "line" }, `= ${put}${value}`),
    html("p", { class: "line" }, "= ", html("strong", {}, say(step.value, 5))),
  ];
}

function listSteps(all, at) {
  let phase = "";
  list.replaceChildren(...all.flatMap((step, i) => {
    const head = step.phase === phase ? [] : [html("h3", {}, PHASES[step.phase])];
    phase = step.phase;
    return [...head, html("button", {
      type: "button", class: i + 1 === at ? "now" : i < at ? "done" : "", "aria-current": i + 1 === at ? "step" : false, onclick: () => go(i + 1),
    }, symbol(step), i < at ? html("span", {}, say4(step.value)) : "")];
  }));
  const now = list.querySelector(".now");
  if (now) list.scrollTop = now.offsetTop - list.clientHeight / 2;
}

// Number fields, made once for an example; each knows its place in `flat`.
let fields = { key: "", all: [] };
function showInputs(values, network) {
  if (fields.key !== values.example) {
    const all = [];
    const field = (label) => {
      const box = html("input", { type: "number", step: "any", "aria-label": label, oninput: () => change(all.indexOf(box), box.value) });
      all.push(box);
      return box;
    };
    const row = (name, labels) => html("div", { class: "row" }, html("span", {}, name), labels.map(field));
    inputs.replaceChildren(
      row("x", network.x.map((_, i) => `x${low(i)}`)),
      ...(network.y === null ? [] : [row("y", ["y"])]),
      ...network.weights.flatMap((matrix, l) => [
        ...matrix.map((entries, j) => row(`w${low(j)}${high(l + 1)}`, entries.map((_, i) => weight(l + 1, j, i)))),
        row(`b${high(l + 1)}`, network.biases[l].map((_, j) => `b${low(j)}${high(l + 1)}`)),
      ]),
    );
    fields = { key: values.example, all };
  }
  flat(network).forEach((value, i) => {
    const box = fields.all[i];
    if (document.activeElement !== box && Number(box.value) !== Number(value.toPrecision(6))) box.value = Number(value.toPrecision(6));
    if (box.value === "" && document.activeElement !== box) box.value = Number(value.toPrecision(6));
  });
}

function change(place, typed) {
  const value = Number(typed);
  if (typed === "" || !Number.isFinite(value)) return;
  const given = flat(worked(state.values));
  given[place] = Math.min(Math.max(value, -1000), 1000);
  state.set({ given });
}

// ---------------------------------------------------------------- all together

let shown = state.values.example;
state.listen((values, fromAddress) => {
  if (values.example !== shown && !fromAddress) Object.assign(values, { given: [], at: 0 });
  shown = values.example;
});

function update() {
  const network = worked(state.values), all = steps(network, state.values.lr), at = Math.min(state.values.at, all.length);
  draw(network, all, at);
  sentence.replaceChildren(...tell(all[at - 1], network.weights.length));
  listSteps(all, at);
  showInputs(state.values, network);
  back.disabled = at === 0;
  next.disabled = at === all.length;
  descend.hidden = network.y === null || at < all.length;
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea");
  if (!typing && event.key === "ArrowRight") go(state.values.at + 1);
  if (!typing && event.key === "ArrowLeft") go(state.values.at - 1);
});

frame({
  lead: "Click through one forward and one backward pass: every number of a small network, and what it was computed from.",
  first: [
    html("div", { class: "buttons" }, back, next, button("To the loss", () => {
      const at = steps(worked(state.values), state.values.lr).findIndex(({ kind }) => kind === "L");
      go(at < 0 ? LONGEST : at + 1);
    }), button("To the end", () => go(LONGEST)), button("To the start", () => go(0)), descend),
    sentence,
    figure("The network", holder, html("p", { class: "note" },
      "Inside a circle: what the unit gives on; above it z, below it the bias b. On a line: the weight. ",
      html("span", { class: "backword" }, "In orange: what comes back, δ at the units and the gradients at the weights."))),
  ],
  controls: [
    select(state, "example", "Network", Object.fromEntries(Object.keys(EXAMPLES).map((key) => [key, DATA.names[key] ?? key]))),
    slider(state, "lr", "Learning rate η", { least: 1e-3, most: 10, log: true, step: 0.05 }),
    html("details", {}, html("summary", {}, "Change the numbers"), inputs,
      button("As they were", () => state.set({ given: [] }))),
    html("h2", { class: "small" }, "All numbers in order"),
    list,
  ],
});

state.listen(onceAFrame(update));
update();
