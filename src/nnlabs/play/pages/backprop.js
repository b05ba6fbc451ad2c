// Backpropagation by clicking: each number with what it was computed from.

import { ACTIVATIONS } from "../core/activations.js";
import { steps } from "../core/worked.js";
import { button, figure, select, slider } from "../ui/controls.js";
import { html, onceAFrame, say, svg } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { choice, number, numbers, State, whole } from "../ui/state.js";

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

// ---------------------------------------------------------------- symbols and substitutions

const LOW = "₀₁₂₃₄₅₆₇₈₉";
const HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const low = (...indices) => indices.map((i) => LOW[i + 1]).join("");
const high = (layer) => `⁽${HIGH[layer]}⁾`;
const input = (layer, i) => (layer === 0 ? `x${low(i)}` : `a${low(i)}${high(layer)}`);
const weight = (layer, j, i) => `w${low(j, i)}${high(layer)}`;
const say4 = (value) => say(value, 4);
const factor = (value) => (value < 0 ? `(${say4(value)})` : say4(value));
const product = ([a, b]) => `${factor(a)}·${factor(b)}`;
const F = { sigmoid: "σ", tanh: "tanh", relu: "ReLU", leaky_relu: "leaky ReLU", elu: "ELU", identity: "id" };

function symbol({ kind, layer, row, column }) {
  switch (kind) {
    case "L":
      return "L";
    case "delta":
      return `δ${low(row)}${high(layer)}`;
    case "dW":
      return `∂L/∂${weight(layer, row, column)}`;
    case "db":
      return `∂L/∂b${low(row)}${high(layer)}`;
    case "W":
      return `new ${weight(layer, row, column)}`;
    case "b":
      return `new b${low(row)}${high(layer)}`;
    default:
      return `${kind}${low(row)}${high(layer)}`;
  }
}

// What a step is in symbols, and with its numbers put in; a rule in words.
function written(step, depth) {
  const { kind, layer: l, row: j, column: i, terms } = step;
  switch (kind) {
    case "z":
      return {
        rule: "Each input times its weight, added up, and the bias.",
        symbols: [...terms.products.map((_, k) => `${weight(l, j, k)}·${input(l - 1, k)}`), `b${low(j)}${high(l)}`].join(" + "),
        numbers: [...terms.products.map(product), factor(terms.bias)].join(" + "),
      };
    case "a":
      return { rule: `The activation, ${ACTIVATIONS[terms.activation].name}, of z.`, symbols: `${F[terms.activation]}(z${low(j)}${high(l)})`, numbers: `${F[terms.activation]}(${say4(terms.z)})` };
    case "L":
      return {
        rule: "Half of the squared error: how far the output is from the target y.",
        symbols: terms.outputs.map((_, k) => `½ (${input(l, k)} − y)²`).join(" + "),
        numbers: terms.outputs.map((each) => `½ (${say4(each)} − ${factor(terms.y)})²`).join(" + "),
      };
    case "delta": {
      const slope = `${F[terms.activation]}′(z${low(j)}${high(l)})`, put = `${F[terms.activation]}′(${say4(terms.z)})`;
      const value = `\u2003with ${put} = ${say4(terms.derivative)}`;
      if (l === depth) {
        return {
          rule: "δ is ∂L/∂z. At the output: the error times the slope of the activation.",
          symbols: `(${input(l, j)} − y)·${slope}`, numbers: `(${say4(terms.output)} − ${factor(terms.y)})·${factor(terms.derivative)}`, value,
        };
      }
      return {
        rule: "What comes back through the weights, times the slope of the activation.",
        symbols: `(${terms.products.map((_, k) => `${weight(l + 1, k, j)}·δ${low(k)}${high(l + 1)}`).join(" + ")})·${slope}`,
        numbers: `(${terms.products.map(product).join(" + ")})·${factor(terms.derivative)}`, value,
      };
    }
    case "dW":
      return { rule: "A weight’s gradient: δ at its end times the value at its beginning.", symbols: `δ${low(j)}${high(l)}·${input(l - 1, i)}`, numbers: product([terms.delta, terms.a]) };
    case "db":
      return { rule: "A bias’s gradient is δ itself.", symbols: `δ${low(j)}${high(l)}`, numbers: say4(terms.delta) };
    default: {
      const before = kind === "W" ? weight(l, j, i) : `b${low(j)}${high(l)}`;
      return { rule: "Against the gradient, by the learning rate η.", symbols: `${before} − η·∂L/∂${before}`, numbers: `${say4(terms.before)} − ${product([terms.lr, terms.gradient])}` };
    }
  }
}

// ---------------------------------------------------------------- the picture

const picture = svg("svg", { role: "img", "aria-label": "The network with the numbers computed so far" });
const holder = html("div", { class: "plot graph" }, picture);
let width = 0;
new ResizeObserver(([entry]) => {
  if (Math.floor(entry.contentRect.width) === width) return;
  width = Math.floor(entry.contentRect.width);
  update();
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

function draw(network, list, at) {
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
function update() {
  if (state.values.example !== shown) {
    shown = state.values.example;
    if (state.written === location.hash) Object.assign(state.values, { given: [], at: 0 });
  }
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
