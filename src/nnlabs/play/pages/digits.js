// A pad to draw a digit on, and what trained networks make of it while one draws.

import { run, withArrays } from "../core/cnn.js";
import { draw, prepare, SIDE } from "../core/ink.js";
import { softmax } from "../core/losses.js";
import { halves, inflate, unpack } from "../core/packed.js";
import { button, figure, select, slider } from "../ui/controls.js";
import { html, onceAFrame, onTheme, say, tell } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { paintInk } from "../ui/paint.js";
import { choice, number, State, text } from "../ui/state.js";
import { LONGEST, Pad } from "./digits/pad.js";
import { Answers, maps, nearest } from "./digits/views.js";

const NAMES = DATA.networks.map(({ name }) => name);
const REST = 250; // milliseconds after which the pen counts as at rest
const UNABLE = "This browser cannot unpack the networks. These and later ones can: Chrome and Edge 80, Firefox 113, Safari 16.4.";

const state = new State({
  ink: text("", LONGEST),
  width: number(14, 4, 30),
  network: choice(String(NAMES.length - 1), NAMES.map((_, i) => String(i))),
});
const pad = new Pad(state, () => update());
const answers = new Answers(NAMES, DATA.classes);
const seen = html("canvas", { class: "seen", width: SIDE, height: SIDE, role: "img", "aria-label": "What the networks see, 28 by 28 pixels" });
const status = html("p", { class: "status", role: "status" });
const near = html("div", { class: "near" });
const inner = html("div", { class: "maps" });
let networks = [], samples = [], waiting = null;

// Probabilities by network.
const ask = (image) => networks.map((layers) => softmax(run(layers, image, SIDE).at(-1).data));

function sentence(found) {
  if (!networks.length) return "DecompressionStream" in globalThis ? "The networks are being unpacked …" : UNABLE;
  if (!found) return "The pad is empty: draw a digit.";
  const said = found.map((probabilities) => DATA.classes[probabilities.indexOf(Math.max(...probabilities))]);
  const together = said.every((each) => each === said[0]) ? `All say ${said[0]}.` : `${NAMES.map((name, i) => `${name}: ${said[i]}`).join(", ")}.`;
  return together + (pad.full ? " The pad is full: clear it, or take a stroke back." : "");
}

function update() {
  const ink = draw(pad.strokes, state.values.width), image = prepare(ink), found = image && networks.length ? ask(image) : null;
  pad.show(ink);
  paintInk(seen, image ?? new Float64Array(SIDE * SIDE), 255);
  answers.show(found);
  tell(status, sentence(found));
  near.replaceChildren(...(image ? nearest(samples, image) : []));
  clearTimeout(waiting);
  waiting = setTimeout(() => look(image), REST); // many pictures: once the pen rests
}

function look(image) {
  const layers = networks[Number(state.values.network)];
  const note = (words) => [html("p", { class: "note" }, words)];
  if (!image || !layers) inner.replaceChildren(...note("Draw something first."));
  else if (!layers.some(({ kind }) => kind === "conv")) inner.replaceChildren(...note("This network has no convolutions: it sees the pixels in one long row."));
  else inner.replaceChildren(...note("Point at a channel, or select it, to see its kernels."), ...maps(layers, image));
}

frame({
  lead: "Draw a digit. It is made small and moved to the middle as MNIST’s were, and three networks answer while you draw.",
  first: [
    status,
    html("div", { class: "drawing" }, figure("The pad", pad.canvas), figure("They see", seen)),
    html("div", { class: "buttons" }, button("Clear", () => pad.clear(), { class: "main" }), button("Undo", () => pad.undo())),
    answers.element,
  ],
  controls: [
    slider(state, "width", "Width of the pen", { least: 4, most: 30, step: 1 }),
    select(state, "network", "Network to look into", Object.fromEntries(NAMES.map((name, i) => [i, name]))),
    figure("Most similar test images", near, html("p", { class: "note" }, `Of ${say(DATA.samples.labels.length, 4)} test images that this page holds, by the angle between the rows of their pixels.`)),
    html("p", { class: "note" }, "Try a digit in a corner, a tiny one, a thin one, a letter. Which network is sure of itself where it should not be?"),
  ],
  rest: [figure("Looking into it", inner)],
});

// A browser compiles what runs, better what has run twice: the first stroke need not wait for that.
function warmUp() {
  for (let i = 0; i < 2; i++) {
    const image = prepare(draw([[[84, 40], [84, 128]]], state.values.width));
    ask(image);
    nearest(samples, image);
  }
}

async function start() {
  if (!("DecompressionStream" in globalThis)) return;
  const list = halves(await inflate(unpack(DATA.weights))), pixels = await inflate(unpack(DATA.samples.pixels)), size = SIDE * SIDE;
  samples = DATA.samples.labels.map((label, n) => {
    const at = n * size; // two pixels a byte
    const grey = Float64Array.from({ length: size }, (_, i) => 17 * ((pixels[(at + i) >> 1] >> ((at + i) % 2 ? 0 : 4)) & 15));
    return { label: DATA.classes[label], pixels: grey, size: Math.hypot(...grey) };
  });
  networks = DATA.networks.map(({ layers }) => withArrays(layers, list));
  warmUp();
  state.listen(onceAFrame(update));
  onTheme(update);
  update();
}

update();
start();
