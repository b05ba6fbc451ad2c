// A small network that learns to tell points apart, while one watches.

import { ACTIVATIONS } from "../core/activations.js";
import { pythonCode } from "../core/export.js";
import { RULES } from "../core/initialisation.js";
import { Activate } from "../core/layers.js";
import { Matrix } from "../core/matrix.js";
import { DATASETS, draw } from "../core/points.js";
import { Trainer } from "../core/trainer.js";
import { button, checkbox, figure, group, Player, select, slider, when } from "../ui/controls.js";
import { colour, fixed, html, mixed, onceAFrame, onTheme, say, still, svg } from "../ui/dom.js";
import { frame } from "../ui/frame.js";
import { NetworkView } from "../ui/network.js";
import { Plot } from "../ui/plot.js";
import { choice, flag, number, numbers, State, whole } from "../ui/state.js";

const EDGE = 1.3; // the picture goes from -EDGE to EDGE
const GRID = 50; // views are computed on GRID x GRID places
const POINTS = 150;
const CLASSES = ["blue", "orange", "green", "pink"];
const MOST_LAYERS = 4, MOST_UNITS = 8, MOST_POINTS = 200;

const state = new State({
  data: choice("circles", [...DATASETS, "own"]),
  noise: number(0.1, 0, 0.5),
  seed: whole(1, 0, 9999),
  own: numbers([], -EDGE, EDGE + 3, 3 * MOST_POINTS, 3), // x, y, class for each point
  pen: whole(1, 1, CLASSES.length),
  hidden: numbers([4, 2], 1, MOST_UNITS, MOST_LAYERS),
  activation: choice("tanh", Object.keys(ACTIVATIONS)),
  init: choice("xavier", Object.keys(RULES)),
  norm: flag(false),
  dropout: number(0, 0, 0.8),
  optimizer: choice("sgd", ["sgd", "momentum", "nesterov", "adam", "adamax"]),
  lr: number(0.1, 1e-4, 10),
  l2: number(0, 0, 0.1),
  batch: whole(10, 1, POINTS),
});

// ---------------------------------------------------------------- points and network

function ownPoints({ own }) {
  const x = [], labels = [];
  for (let i = 0; i + 2 < own.length; i += 3) {
    x.push([own[i], own[i + 1]]);
    labels.push(Math.min(Math.max(Math.round(own[i + 2]), 1), CLASSES.length) - 1);
  }
  return { x, labels, classes: Math.max(2, ...labels.map((label) => label + 1)) };
}

function newTrainer(values) {
  const given = values.data === "own" ? ownPoints(values) : draw(values.data, POINTS, values.noise, 2 * values.seed);
  const held = values.data === "own" ? { x: [], labels: [], classes: 2 } : draw(values.data, POINTS, values.noise, 2 * values.seed + 1);
  const train = given.x.length ? given : { x: [[0, 0]], labels: [0], classes: 2 };
  const settings = {
    hidden: values.hidden.map(Math.round), activation: values.activation, initialisation: values.init, batchNorm: values.norm,
    dropout: values.dropout, optimizer: values.optimizer, lr: values.lr, l2: values.l2, batch: Math.max(values.batch, values.norm ? 2 : 1),
    seed: values.seed,
  };
  return { trainer: new Trainer(settings, train, held), train: given, held };
}

let current = newTrainer(state.values);
const MADE_ANEW = ["data", "noise", "seed", "own", "hidden", "activation", "init", "norm", "dropout", "optimizer"];
const signature = (values) => JSON.stringify(MADE_ANEW.map((name) => values[name]));
let made = signature(state.values);

function renew() {
  current = newTrainer(state.values);
  made = signature(state.values);
}

state.listen((values) => {
  if (signature(values) !== made) renew();
  Object.assign(current.trainer.settings, { lr: values.lr, l2: values.l2, batch: Math.max(values.batch, values.norm ? 2 : 1) });
  current.trainer.optimizer.weightDecay = values.l2;
});

const PLACES = new Matrix(GRID * GRID, 2).map((_, i) => {
  const at = i >> 1, share = ((i % 2 ? GRID - 1 - Math.floor(at / GRID) : at % GRID) + 0.5) / GRID;
  return EDGE * (2 * share - 1);
});

// ---------------------------------------------------------------- pictures

const boundary = new Plot({
  label: "The points and what the network says of every place", x: { label: "x₁" }, y: { label: "x₂" }, ratio: 1, touch: "none",
});
const boundaryCanvas = html("canvas", { width: GRID, height: GRID, class: "field", "aria-hidden": "true" });
boundary.element.prepend(boundaryCanvas);
const losses = new Plot({ label: "Loss by epoch", x: { label: "epoch" }, y: { label: "loss", log: true }, height: 230 });
const gradients = new Plot({
  label: "Norm of each layer's gradient", x: { label: "layer", whole: true }, y: { label: "‖dL/dW‖", log: true }, height: 230,
});
let shownUnit = null; // {layer, unit} under the pointer

const view = new NetworkView({
  grid: GRID,
  show: (unit) => {
    shownUnit = unit;
    update();
  },
  resize: (layer, change) => {
    const hidden = [...state.values.hidden];
    hidden[layer] = Math.min(Math.max(hidden[layer] + change, 1), MOST_UNITS);
    state.set({ hidden });
  },
});

// What every unit says of every place: for the inputs, each hidden layer and the outputs, GRID² x units.
function fields({ trainer }) {
  const every = trainer.network.outputs(PLACES);
  const hidden = every.filter((_, i) => trainer.network.layers[i] instanceof Activate);
  return [PLACES, ...hidden, every.at(-1)];
}

function paintField(context, values, theme) {
  const image = context.createImageData(GRID, GRID);
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-12);
  values.forEach((value, i) => {
    const share = value / most;
    image.data.set([...mixed(theme.paper, share > 0 ? theme.orange : theme.blue, Math.abs(share)), 255], i * 4);
  });
  context.putImageData(image, 0, 0);
}

// Each place in its class's colour, paler where the network is less sure.
function paintClasses(context, output, trainer, theme) {
  const image = context.createImageData(GRID, GRID), k = output.columns === 1 ? 2 : output.columns;
  for (let i = 0; i < output.rows; i++) {
    const probabilities = trainer.probabilities(output.row(i)), best = probabilities.indexOf(Math.max(...probabilities));
    const sure = Math.min(Math.max((probabilities[best] - 1 / k) / (1 - 1 / k), 0), 1) || 0;
    image.data.set([...mixed(theme.paper, theme.classes[best], 0.12 + 0.5 * sure), 255], i * 4);
  }
  context.putImageData(image, 0, 0);
}

function boundaryPicture(theme, every) {
  const { trainer, train, held } = current, context = boundaryCanvas.getContext("2d");
  if (shownUnit && every[shownUnit.layer]?.columns > shownUnit.unit) {
    const field = every[shownUnit.layer], { unit } = shownUnit;
    paintField(context, Float64Array.from({ length: field.rows }, (_, i) => field.at(i, unit)), theme);
  } else {
    paintClasses(context, every.at(-1), trainer, theme);
  }
  boundary.draw([-EDGE, EDGE], [-EDGE, EDGE], (plot) => [
    marks(plot, held, { radius: 3, opacity: 0.55 }),
    marks(plot, train, { radius: 4.5, stroke: "var(--paper)", "stroke-width": 1.2 }),
  ]);
}

function marks(plot, { x, labels }, { radius, ...attributes }) {
  return svg("g", attributes, CLASSES.map((name, label) =>
    plot.dots(x.filter((_, i) => labels[i] === label), radius, { fill: `var(--${name})` })));
}

function placeCanvas() {
  const { left, right, top, bottom } = boundary.inner;
  Object.assign(boundaryCanvas.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
}

const decade = (value, f) => 10 ** f(Math.log10(value));

function lossPicture() {
  const { history } = current.trainer, all = history.flatMap(({ train, held }) => [train.loss, held.loss]).filter((each) => each > 0);
  const low = decade(Math.min(...all, 0.5), Math.floor), high = decade(Math.max(...all, 1), Math.ceil);
  losses.draw([0, Math.max(10, current.trainer.epochs)], [low, high], (plot) => [
    plot.line(history.map(({ epoch, held }) => [epoch, held.loss]), { stroke: "var(--orange)", "stroke-width": 2, "stroke-dasharray": "6 3" }),
    plot.line(history.map(({ epoch, train }) => [epoch, train.loss]), { stroke: "var(--blue)", "stroke-width": 2.5 }),
  ]);
}

function gradientPicture() {
  const { norms, firstNorms } = current.trainer, series = [firstNorms ?? [], norms].map((each) => each.map((size, i) => [i + 1, Math.max(size, 1e-12)]));
  const all = series.flat().map(([, size]) => size);
  const low = decade(Math.min(...all, 0.1), Math.floor), high = decade(Math.max(...all, 1), Math.ceil);
  gradients.draw([0.5, current.trainer.linears().length + 0.5], [low, high], (plot) => [
    plot.line(series[0], { stroke: "var(--muted)", "stroke-width": 2, "stroke-dasharray": "2 4" }),
    plot.line(series[1], { stroke: "var(--blue)", "stroke-width": 2.5 }),
    plot.dots(series[1], 5, { fill: "var(--blue)" }),
  ]);
}

// ---------------------------------------------------------------- words

const status = html("p", { class: "status", role: "status" });
const looking = html("p", { class: "note" });

function words() {
  const { trainer, held } = current, { train, held: test, epoch } = trainer.history.at(-1);
  const percent = (share) => `${fixed(100 * share, 0)} %`;
  const points = held.x.length ? `${percent(train.accuracy)} of the training points right, ${percent(test.accuracy)} of held-out ones` : `${percent(train.accuracy)} of the points right`;
  if (state.values.data === "own" && !state.values.own.length) status.textContent = "Tap the picture to set points of two or more classes.";
  else if (!Number.isFinite(train.loss)) status.textContent = `Epoch ${say(epoch, 5)}: the loss left all bounds. Take a smaller rate and start again.`;
  else status.textContent = `Epoch ${say(epoch, 5)}: ${points}.`;
  looking.textContent = shownUnit
    ? `The picture shows what ${shownUnit.name} says: orange where it is positive, blue where it is negative.`
    : `${say(trainer.network.count(), 6)} parameters. Point at a unit, or select it, to see in large what it says; + and − change a layer.`;
}

// ---------------------------------------------------------------- all together

function update() {
  const theme = { paper: colour("paper"), blue: colour("blue"), orange: colour("orange"), classes: CLASSES.map(colour) };
  const every = fields(current);
  boundaryPicture(theme, every);
  view.draw(current.trainer, every, (context, values) => paintField(context, values, theme));
  lossPicture();
  gradientPicture();
  words();
}

let lastShown = 0;
const player = new Player(() => {
  const until = performance.now() + (still.matches ? 12 : 6);
  do current.trainer.epoch();
  while (performance.now() < until);
  if (!still.matches || performance.now() - lastShown > 1000) {
    lastShown = performance.now();
    update();
  }
  return Number.isFinite(current.trainer.history.at(-1).train.loss);
});

function restart(changes = {}) {
  player.pause();
  Object.assign(state.values, changes);
  renew();
  state.set({});
}

// A tap sets a point of the chosen class, or takes one away that is there.
function tap(x, y) {
  const { own, pen } = state.values, near = EDGE / 18;
  for (let i = 0; i + 2 < own.length; i += 3) {
    if (Math.hypot(own[i] - x, own[i + 1] - y) < near) return state.set({ own: own.toSpliced(i, 3) });
  }
  if (own.length < 3 * MOST_POINTS) state.set({ own: [...own, ...[x, y].map((each) => Number(each.toPrecision(3))), pen] });
}

const cursor = { x: 0, y: 0 };
boundary.svg.addEventListener("pointerdown", (event) => {
  if (state.values.data === "own" && !event.button) tap(...boundary.at(event));
});
const dot = boundary.handle("Where Enter sets or removes a point", () => [cursor.x, cursor.y], (right, up) => {
  cursor.x = Math.min(Math.max(cursor.x + right * 0.05, -EDGE), EDGE);
  cursor.y = Math.min(Math.max(cursor.y + up * 0.05, -EDGE), EDGE);
  update();
}, () => `${fixed(cursor.x, 2)}, ${fixed(cursor.y, 2)}`);
dot.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    tap(cursor.x, cursor.y);
  }
});
state.listen(({ data }) => (dot.style.display = data === "own" ? "" : "none"));
const before = boundary.placed;
boundary.placed = () => {
  placeCanvas();
  before();
};

const code = html("textarea", { rows: 12, readonly: true, "aria-label": "Python code of the network", class: "code", spellcheck: "false" });
const copied = html("span", { role: "status" });

function writeCode() {
  code.value = pythonCode(current.trainer, (current.held.x.length ? current.held : current.trainer.train).x.slice(0, 5));
  copied.textContent = "";
}

async function copy() {
  code.select();
  try {
    await navigator.clipboard.writeText(code.value);
    copied.textContent = "Copied.";
  } catch {
    copied.textContent = "Selected: copy it with the keyboard.";
  }
}

function download() {
  const url = URL.createObjectURL(new Blob([code.value], { type: "text/x-python" }));
  html("a", { href: url, download: "network.py" }).click();
  URL.revokeObjectURL(url);
}

const exported = html("details", { ontoggle: writeCode }, html("summary", {}, "This network as NumPy code"),
  html("p", { class: "note" }, "It runs with nnlabs.scratch and says of the points what this page says."), code,
  html("div", { class: "buttons" }, button("Write it anew", writeCode), button("Copy", copy), button("Download", download), copied));

const names = { sgd: "gradient descent", momentum: "momentum", nesterov: "Nesterov’s momentum", adam: "Adam", adamax: "AdaMax" };
const layersChange = (change) => () => {
  const { hidden } = state.values;
  state.set({ hidden: change > 0 ? [...hidden, hidden.at(-1) ?? 4].slice(0, MOST_LAYERS) : hidden.slice(0, -1) });
};
const fewer = button("Fewer layers", layersChange(-1)), more = button("More layers", layersChange(1));
const layerLimits = ({ hidden }) => {
  fewer.disabled = hidden.length === 0;
  more.disabled = hidden.length === MOST_LAYERS;
};
state.listen(layerLimits);

frame({
  lead: "A network with a few units learns to tell points apart. Change anything, press Play, and watch each unit find its part.",
  first: [
    status,
    html("div", { class: "buttons" }, player.button, button("One epoch", () => {
      current.trainer.epoch();
      update();
    }), button("Reset", () => restart()), button("Other points and weights", () => restart({ seed: (state.values.seed + 1) % 10000 }))),
    html("div", { class: "split" },
      figure("What it says", boundary.element),
      figure("What each unit says", view.element, looking)),
  ],
  controls: [
    group("Points",
      select(state, "data", "Which", { xor: "XOR", circles: "circles", spirals: "spirals", classes: "four classes", own: "your own" }),
      ...when(state, ({ data }) => data !== "own", slider(state, "noise", "Noise", { least: 0, most: 0.5 })),
      ...when(state, ({ data }) => data === "own", select(state, "pen", "Class to set", { 1: "1 (blue)", 2: "2 (orange)", 3: "3 (green)", 4: "4 (pink)" }),
        button("Remove all points", () => state.set({ own: [] })))),
    group("Network",
      html("div", { class: "buttons" }, fewer, more),
      select(state, "activation", "Activation", Object.fromEntries(Object.entries(ACTIVATIONS).map(([key, { name }]) => [key, name]))),
      select(state, "init", "Weights at the start", { normal: "N(0, 1)", xavier: "Xavier", he: "He", lecun: "LeCun" }),
      checkbox(state, "norm", "Batch normalisation"),
      slider(state, "dropout", "Dropout", { least: 0, most: 0.8, step: 0.05 })),
    group("Learning",
      select(state, "optimizer", "Method", names),
      slider(state, "lr", "Learning rate", { least: 1e-4, most: 10, log: true, step: 0.05 }),
      slider(state, "batch", "Batch size", { least: 1, most: POINTS, step: 1 }),
      slider(state, "l2", "L2 penalty λ", { least: 0, most: 0.1, step: 0.001 })),
  ],
  rest: [
    html("div", { class: "pair" },
      figure("Loss", losses.element, html("ul", { class: "key" },
        html("li", {}, html("i", { style: "border-color: var(--blue)" }), "training points"),
        html("li", {}, html("i", { style: "border-color: var(--orange); border-top-style: dashed" }), "held-out points"))),
      figure("Gradient of each layer", gradients.element, html("ul", { class: "key" },
        html("li", {}, html("i", { style: "border-color: var(--blue)" }), "last step"),
        html("li", {}, html("i", { style: "border-color: var(--muted); border-top-style: dotted" }), "first step")))),
    exported,
    group("Try", html("p", { class: "note" },
      "How few units solve the circles? Which activation gives straight edges? Take four layers of sigmoids from N(0, 1): which layer "
      + "learns least? Raise the noise and give it eight units in each of four layers: when do held-out points suffer, and what helps?")),
  ],
});

state.listen(onceAFrame(update));
onTheme(update);
state.tell();
