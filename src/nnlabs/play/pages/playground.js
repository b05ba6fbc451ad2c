// A small network that learns to tell points apart, while one watches.

import { ACTIVATIONS } from "../core/activations.js";
import { RULES } from "../core/initialisation.js";
import { DATASETS } from "../core/points.js";
import { button, checkbox, figure, group, Player, select, slider, when } from "../ui/controls.js";
import { fixed, html, onceAFrame, onTheme, say, still, tell } from "../ui/dom.js";
import { frame } from "../ui/frame.js";
import { NetworkView } from "../ui/network.js";
import { paintSigned } from "../ui/paint.js";
import { choice, flag, number, numbers, State, whole } from "../ui/state.js";
import { codeBox } from "./playground/code.js";
import { CLASSES, EDGE, newTrainer, POINTS } from "./playground/model.js";
import { boundary, boundaryPicture, fields, gradientPicture, gradients, GRID, losses, lossPicture } from "./playground/pictures.js";

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

// ---------------------------------------------------------------- words

const status = html("p", { class: "status", role: "status" });
const looking = html("p", { class: "note" });

function words() {
  status.setAttribute("aria-live", player.running ? "off" : "polite"); // not every epoch is read out
  const { trainer, held } = current, { train, held: test, epoch } = trainer.history.at(-1);
  const percent = (share) => `${fixed(100 * share, 0)} %`;
  const points = held.x.length ? `${percent(train.accuracy)} of the training points right, ${percent(test.accuracy)} of held-out ones` : `${percent(train.accuracy)} of the points right`;
  if (state.values.data === "own" && !state.values.own.length) tell(status, "Tap the picture to set points of two or more classes.");
  else if (!Number.isFinite(train.loss)) tell(status, `Epoch ${say(epoch, 5)}: the loss left all bounds. Take a smaller rate and start again.`);
  else tell(status, `Epoch ${say(epoch, 5)}: ${points}.`);
  looking.textContent = shownUnit
    ? `The picture shows what ${shownUnit.name} says: orange where it is positive, blue where it is negative.`
    : `${say(trainer.network.count(), 6)} parameters. Point at a unit, or select it, to see in large what it says; + and − change a layer.`;
}

// ---------------------------------------------------------------- all together

function update() {
  const every = fields(current);
  boundaryPicture(current, every, shownUnit);
  view.draw(current.trainer, every, paintSigned);
  lossPicture(current.trainer);
  gradientPicture(current.trainer);
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
      html("div", { class: "buttons small" }, fewer, more),
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
    codeBox(() => current),
    group("Try", html("p", { class: "note" },
      "How few units solve the circles? Which activation gives straight edges? Take four layers of sigmoids from N(0, 1): which layer "
      + "learns least? Raise the noise and give it eight units in each of four layers: when do held-out points suffer, and what helps?")),
  ],
});

state.listen(onceAFrame(update));
onTheme(update);
state.tell();
