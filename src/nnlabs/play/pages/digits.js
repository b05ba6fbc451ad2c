// A pad to draw a digit on, and what trained networks make of it while one draws.

import { run, withArrays } from "../core/cnn.js";
import { draw, PAD, prepare, SIDE } from "../core/ink.js";
import { softmax } from "../core/losses.js";
import { halves, inflate, unpack } from "../core/packed.js";
import { button, figure, select, slider } from "../ui/controls.js";
import { colour, fixed, html, mixed, onceAFrame, onTheme, say } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { choice, number, State, text } from "../ui/state.js";

const CLASSES = DATA.classes;
const NEAREST = 6;
const LONGEST = 6000;

const state = new State({
  ink: text("", LONGEST), // x.y of each point, a comma between points, a semicolon between strokes
  width: number(14, 4, 30),
  network: choice(String(DATA.networks.length - 1), DATA.networks.map((_, i) => String(i))),
});

// ---------------------------------------------------------------- strokes

function strokes() {
  return state.values.ink.split(";").map((stroke) =>
    stroke.split(",").map((point) => point.split(".").map(Number)).filter(([x, y]) => x >= 0 && x < PAD && y >= 0 && y < PAD))
    .filter((stroke) => stroke.length);
}

function add(x, y, begins) {
  const { ink } = state.values, point = [x, y].map((each) => Math.min(Math.max(Math.round(each), 0), PAD - 1)).join(".");
  const longer = ink + (ink ? (begins ? ";" : ",") : "") + point;
  if (!ink.endsWith(point) && longer.length <= LONGEST) state.set({ ink: longer });
}

const undo = () => state.set({ ink: state.values.ink.split(";").slice(0, -1).join(";") });

// ---------------------------------------------------------------- the pad

const pad = html("canvas", {
  class: "pad", width: PAD, height: PAD, tabindex: 0, role: "application",
  "aria-label": "Pad to draw a digit on. Arrow keys move the pen, space puts it down and up, delete clears.",
});
const pen = { x: PAD / 2, y: PAD / 4, down: false, shown: false };

function place(event) {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
}
pad.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  pad.setPointerCapture(event.pointerId);
  pen.shown = false;
  add(...place(event), true);
});
pad.addEventListener("pointermove", (event) => {
  if (!pad.hasPointerCapture(event.pointerId)) return;
  for (const each of event.getCoalescedEvents?.() ?? [event]) add(...place(each), false);
});
pad.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (step) {
    pen.x = Math.min(Math.max(pen.x + step[0] * 6, 0), PAD - 1);
    pen.y = Math.min(Math.max(pen.y + step[1] * 6, 0), PAD - 1);
    if (pen.down) add(pen.x, pen.y, false);
  } else if (event.key === " ") {
    pen.down = !pen.down;
    if (pen.down) add(pen.x, pen.y, true);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    state.set({ ink: "" });
  } else {
    return;
  }
  event.preventDefault();
  pen.shown = true;
  update();
});

// Numbers 0 to 1 as ink on paper.
function paintInk(canvas, side, values) {
  const context = canvas.getContext("2d"), pixels = context.createImageData(side, side), [paper, ink] = [colour("paper"), colour("ink")];
  values.forEach((value, i) => pixels.data.set([...mixed(paper, ink, value), 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}

function paintSigned(canvas, { height, width, data }, from = 0) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  const values = data.subarray(from, from + width * height), most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
  const [paper, orange, blue] = ["paper", "orange", "blue"].map(colour);
  values.forEach((value, i) => pixels.data.set([...mixed(paper, value > 0 ? orange : blue, Math.abs(value) / most), 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}

// ---------------------------------------------------------------- what is shown

const seen = html("canvas", { class: "seen", width: SIDE, height: SIDE, role: "img", "aria-label": "What the networks see, 28 by 28 pixels" });
const status = html("p", { class: "status", role: "status" });
const bars = html("div", { class: "answers" });
const near = html("div", { class: "near" });
const maps = html("div", { class: "maps" });
let networks = [], samples = [], shownImage = null;

function answersView(answers) {
  bars.replaceChildren(...answers.map(({ name, probabilities }) => {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    return html("div", { class: "answer" }, html("h3", {}, name), CLASSES.map((label, k) => {
      const share = probabilities ? probabilities[k] : 0;
      return html("div", { class: k === best ? "bar best" : "bar" }, html("span", {}, label),
        html("span", { class: "track" }, html("span", { style: `width: ${(100 * share).toFixed(1)}%` })),
        html("span", { class: "percent" }, probabilities ? `${fixed(100 * share, 0)} %` : ""));
    }));
  }));
}

function nearView(image) {
  if (!image) return near.replaceChildren();
  const alike = ({ pixels, size }) => pixels.reduce((sum, value, i) => sum + value * image[i], 0) / size;
  const sorted = samples.map((sample) => ({ ...sample, alike: alike(sample) })).sort((a, b) => b.alike - a.alike).slice(0, NEAREST);
  near.replaceChildren(...sorted.map(({ label, pixels }) => {
    const canvas = html("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": `A test image of a ${label}` });
    paintInk(canvas, SIDE, pixels.map((value) => value / 255));
    return html("div", {}, canvas, html("span", {}, label));
  }));
}

// Every channel of each convolution's output; kernels where one points.
function mapsView(image) {
  const network = networks[Number(state.values.network)];
  if (!image || !network) return maps.replaceChildren(html("p", { class: "note" }, "Draw something first."));
  const outputs = run(network.layers, image, SIDE), parts = [];
  outputs.forEach((output, l) => {
    const next = network.layers[l + 1]?.kind, { kind } = network.layers[l];
    if (output.height === 1 || (kind === "affine" && l === 0) || ["affine", "relu", "pool"].includes(next)) return;
    const conv = network.layers.slice(0, l + 1).findLast((layer) => layer.kind === "conv"), kernels = html("div", { class: "kernels" });
    const channels = Array.from({ length: output.channels }, (_, c) => {
      const canvas = html("canvas", {});
      paintSigned(canvas, output, c * output.height * output.width);
      return html("button", {
        type: "button", class: "map", "aria-label": `Channel ${c + 1}: show its kernels`, onpointerenter: () => kernelView(kernels, conv, c),
        onfocus: () => kernelView(kernels, conv, c),
      }, canvas);
    });
    parts.push(html("figure", {}, html("figcaption", {}, `${output.channels} channels of ${output.height} × ${output.width}`), html("div", { class: "channels" }, channels), kernels));
  });
  maps.replaceChildren(...(parts.length ? parts : [html("p", { class: "note" }, "This network has no convolutions: it sees the pixels in one long row.")]));
}

function kernelView(holder, conv, channel) {
  const { kernel, inputs, weight } = conv, size = kernel * kernel;
  holder.replaceChildren(html("span", { class: "note" }, `Channel ${channel + 1}, a kernel for each of ${inputs} ${inputs === 1 ? "input" : "inputs"}: `),
    ...Array.from({ length: Math.min(inputs, 32) }, (_, c) => {
      const canvas = html("canvas", { "aria-hidden": "true" });
      paintSigned(canvas, { height: kernel, width: kernel, data: weight }, (channel * inputs + c) * size);
      return canvas;
    }));
}

function update() {
  const drawn = draw(strokes(), state.values.width), image = prepare(drawn);
  shownImage = image;
  paintInk(pad, PAD, drawn);
  if (pen.shown) {
    const context = pad.getContext("2d");
    context.strokeStyle = `rgb(${colour(pen.down ? "orange" : "blue")})`;
    context.lineWidth = 2;
    context.strokeRect(pen.x - 5, pen.y - 5, 10, 10);
  }
  paintInk(seen, SIDE, image ? image.map((value) => value / 255) : new Float64Array(SIDE * SIDE));
  const answers = networks.map(({ name, layers }) => ({ name, probabilities: image ? softmax(run(layers, image, SIDE).at(-1).data) : null }));
  answersView(answers);
  nearView(image);
  if (!image) status.textContent = networks.length ? "The pad is empty: draw a digit." : "The networks are being unpacked …";
  else {
    const said = answers.map(({ probabilities }) => CLASSES[probabilities.indexOf(Math.max(...probabilities))]);
    status.textContent = said.every((each) => each === said[0]) ? `All say ${said[0]}.` : answers.map(({ name }, i) => `${name}: ${said[i]}`).join(", ") + ".";
  }
  later();
}

let waiting = null;
function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => mapsView(shownImage), 120); // many pictures: once the pen rests
}

// ---------------------------------------------------------------- all together

frame({
  lead: "Draw a digit. It is made small and moved to the middle as MNIST’s were, and three networks answer while you draw.",
  first: [
    status,
    html("div", { class: "drawing" }, figure("The pad", pad), figure("They see", seen)),
    html("div", { class: "buttons" }, button("Clear", () => state.set({ ink: "" }), { class: "main" }), button("Undo", undo)),
    bars,
  ],
  controls: [
    slider(state, "width", "Width of the pen", { least: 4, most: 30, step: 1 }),
    select(state, "network", "Network to look into", Object.fromEntries(DATA.networks.map(({ name }, i) => [i, name]))),
    figure("Most similar test images", near, html("p", { class: "note" }, `Of ${say(DATA.samples.labels.length, 4)} test images that this page holds, by the angle between the rows of their pixels.`)),
    html("p", { class: "note" }, "Try a digit in a corner, a tiny one, a thin one, a letter. Which network is sure of itself where it should not be?"),
  ],
  rest: [figure("Looking into it", maps)],
});

async function start() {
  const list = halves(await inflate(unpack(DATA.weights)));
  networks = DATA.networks.map(({ name, layers }) => ({ name, layers: withArrays(layers, list) }));
  const pixels = await inflate(unpack(DATA.samples.pixels)), size = SIDE * SIDE;
  samples = DATA.samples.labels.map((label, n) => {
    const at = n * size; // two pixels a byte
    const grey = Float64Array.from({ length: size }, (_, i) => 17 * ((pixels[(at + i) >> 1] >> ((at + i) % 2 ? 0 : 4)) & 15));
    return { label: CLASSES[label], pixels: grey, size: Math.hypot(...grey) };
  });
  state.listen(onceAFrame(update));
  onTheme(update);
  update();
}

update();
start();
