// A kernel of 3 x 3 numbers moves over a picture: what does it find?

import { convolve, image, places } from "../core/convolution.js";
import { unpack } from "../core/packed.js";
import { button, checkbox, figure, group, select, slider } from "../ui/controls.js";
import { html, onceAFrame, onTheme, say } from "../ui/dom.js";
import { DATA, frame } from "../ui/frame.js";
import { paintLight, paintSigned } from "../ui/paint.js";
import { flag, numbers, State, whole } from "../ui/state.js";

const PRESETS = {
  "as it is": [0, 0, 0, 0, 1, 0, 0, 0, 0],
  "Sobel, left to right": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
  "Sobel, top to bottom": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
  blur: [1, 1, 1, 1, 1, 1, 1, 1, 1].map((each) => each / 9),
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
  edges: [0, -1, 0, -1, 4, -1, 0, -1, 0],
};
const LARGEST = 64; // side of one's own picture, pixels

const PICTURES = DATA.pictures.map(({ name, height, width, bytes }) => ({
  name, ...image(1, height, width, Float64Array.from(unpack(bytes), (byte) => byte / 255)),
}));
const state = new State({
  picture: whole(0, 0, PICTURES.length - 1),
  kernel: numbers(PRESETS["Sobel, left to right"], -100, 100, 9, 4),
  stride: whole(1, 1, 4),
  padding: whole(0, 0, 2),
  relu: flag(false),
  row: whole(8, 0, 1000),
  column: whole(8, 0, 1000),
});
let own = null; // a picture of one's own, which no address can hold

// ---------------------------------------------------------------- pictures

const before = html("canvas", { class: "pixels", role: "img", "aria-label": "The picture" });
const after = html("canvas", { class: "pixels", tabindex: 0, role: "application", "aria-label": "What the kernel makes of it; arrow keys move the place" });
const sizes = html("p", { class: "note" });
const sum = html("div", { class: "sum short", role: "status" });

function paint(canvas, shown, marked) {
  canvas.width = shown.width;
  canvas.height = shown.height;
  if (shown.data.some((each) => each < 0)) paintSigned(canvas, shown.data);
  else paintLight(canvas, shown.data);
  canvas.parentElement?.style.setProperty("--shape", `${shown.width} / ${shown.height}`);
  const box = canvas.parentElement?.querySelector(".mark");
  if (!box) return;
  const [left, top, width, height] = marked;
  Object.assign(box.style, {
    left: `${(100 * left) / shown.width}%`, top: `${(100 * top) / shown.height}%`,
    width: `${(100 * width) / shown.width}%`, height: `${(100 * height) / shown.height}%`,
  });
}

const current = () => own ?? PICTURES[state.values.picture];

function kernelNow({ kernel }) {
  return kernel.length === 9 ? kernel : PRESETS["as it is"];
}

function update() {
  const { stride, padding, relu } = state.values, x = current(), kernel = kernelNow(state.values);
  const y = convolve(x, kernel, [0], 3, stride, padding);
  if (relu) y.data = y.data.map((each) => Math.max(each, 0));
  const row = Math.min(state.values.row, y.height - 1), column = Math.min(state.values.column, y.width - 1);
  paint(before, x, [column * stride - padding, row * stride - padding, 3, 3]);
  paint(after, y, [column, row, 1, 1]);
  sizes.textContent = `${x.height} × ${x.width} becomes ${y.height} × ${y.width}: ⌊(${x.height} + 2·${padding} − 3) / ${stride}⌋ + 1 = ${places(x.height, 3, stride, padding)} rows.`;
  sentence(x, kernel, row, column, y.data[row * y.width + column]);
  showKernel(kernel);
}

function sentence(x, kernel, row, column, result) {
  const { stride, padding, relu } = state.values;
  const terms = kernel.flatMap((w, k) => {
    const r = row * stride - padding + Math.floor(k / 3), c = column * stride - padding + (k % 3);
    const inside = r >= 0 && c >= 0 && r < x.height && c < x.width;
    return w === 0 ? [] : [`${inside ? say(x.data[r * x.width + c], 3) : "0"}·${w < 0 ? `(${say(w, 3)})` : say(w, 3)}`];
  });
  sum.replaceChildren(
    html("p", { class: "rule" }, `Row ${row + 1}, column ${column + 1}: each pixel under the kernel times its number, added up.`),
    html("p", { class: "line" }, `${relu ? "max(0, " : ""}${terms.join(" + ") || "0"}${relu ? ")" : ""} = `, html("strong", {}, say(result, 3))),
  );
}

// ---------------------------------------------------------------- kernel

const cells = Array.from({ length: 9 }, (_, k) => {
  const box = html("input", {
    type: "number", step: "any", "aria-label": `Kernel, row ${Math.floor(k / 3) + 1}, column ${(k % 3) + 1}`,
    oninput: () => {
      const value = Number(box.value);
      if (box.value === "" || !Number.isFinite(value)) return;
      state.set({ kernel: kernelNow(state.values).map((each, i) => (i === k ? Math.min(Math.max(value, -100), 100) : each)) });
    },
  });
  return box;
});

function showKernel(kernel) {
  kernel.forEach((value, k) => {
    const short = String(Number(value.toPrecision(3)));
    if (document.activeElement !== cells[k] && cells[k].value !== short) cells[k].value = short;
  });
}

// A learned filter as a small picture to press.
function filterButton(filter, i) {
  const canvas = html("canvas", { width: 3, height: 3 });
  const draw = () => paintSigned(canvas, filter);
  draw();
  onTheme(draw);
  return html("button", { type: "button", class: "filter", "aria-label": `Learned filter ${i + 1}`, onclick: () => state.set({ kernel: filter }) }, canvas);
}

// ---------------------------------------------------------------- pointing, one's own picture

function point(event) {
  const box = after.getBoundingClientRect();
  const at = (place, start, size, count) => Math.min(Math.max(Math.floor(((place - start) / size) * count), 0), count - 1);
  state.set({ row: at(event.clientY, box.top, box.height, after.height), column: at(event.clientX, box.left, box.width, after.width) });
}
after.addEventListener("pointermove", (event) => {
  if (event.pointerType === "mouse" || event.buttons) point(event);
});
after.addEventListener("pointerdown", point);
after.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  const move = (value, by, count) => Math.min(Math.max(Math.min(value, count - 1) + by, 0), count - 1);
  state.set({ row: move(state.values.row, step[0], after.height), column: move(state.values.column, step[1], after.width) });
});

const trouble = html("p", { class: "error", role: "alert" });

async function take(file) {
  if (!file) return;
  try {
    const bitmap = await createImageBitmap(file), scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(3, Math.round(bitmap.width * scale)), height = Math.max(3, Math.round(bitmap.height * scale));
    const canvas = html("canvas", { width, height }), context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    // brightness as eyes see it (ITU-R BT.601)
    own = image(1, height, width, Float64Array.from({ length: width * height }, (_, i) =>
      (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255));
    trouble.textContent = "";
  } catch {
    trouble.textContent = "This file is no picture that the browser can read.";
  }
  update();
}

const chooser = html("input", { type: "file", accept: "image/*", id: "file", onchange: () => take(chooser.files[0]) });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer.files[0]);
});

// ---------------------------------------------------------------- all together

const presets = html("div", { class: "buttons small" }, Object.entries(PRESETS).map(([name, kernel]) => button(name, () => state.set({ kernel }))));
const shown = (canvas) => html("div", { class: "framed" }, canvas, html("div", { class: "mark" }));
const pictureSelect = select(state, "picture", "Picture", Object.fromEntries(PICTURES.map(({ name }, i) => [i, name])));
pictureSelect.querySelector("select").addEventListener("change", (event) => {
  own = null;
  chooser.value = "";
  state.set({ picture: Number(event.target.value) });
});

frame({
  lead: "A convolution lays a small grid of numbers over each place of a picture, multiplies and adds up. Point at the result to see one sum.",
  first: [
    html("div", { class: "pair even" }, figure("The picture", shown(before)), figure("What the kernel makes of it", shown(after))),
    sum, sizes,
  ],
  controls: [
    pictureSelect,
    html("div", { class: "control" }, html("label", { for: "file" }, "or one of your own (it stays on this machine)"), chooser), trouble,
    group("Kernel", html("div", { class: "kernel" }, cells), presets),
    slider(state, "stride", "Stride", { least: 1, most: 4, step: 1 }),
    slider(state, "padding", "Padding", { least: 0, most: 2, step: 1 }),
    checkbox(state, "relu", "ReLU: keep what is positive"),
    group("Learned filters", html("p", { class: "note" }, `The first layer of “${DATA.network}”: what training made of random numbers.`),
      html("div", { class: "filters" }, DATA.filters.map(filterButton))),
  ],
  rest: [html("p", { class: "note" }, "Orange is positive, blue negative, and the strongest value has the full colour. "
    + "Which kernel finds upright edges, which lying ones? What does each kernel make of an area of one grey, and why? What do stride and padding cost?")],
});

state.listen(onceAFrame(update));
onTheme(update);
update();
