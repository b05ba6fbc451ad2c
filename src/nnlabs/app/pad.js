// The pad of the page to play with. What Python gets is the small image that it prepares, a picture as any other.

import { draw, prepare, SIDE } from "../play/core/ink.js";
import { Pad } from "../play/pages/digits/pad.js";
import { html } from "../play/ui/dom.js";

const WIDTH = 14; // of the pen, pixels of the pad
const REST = 250; // milliseconds after which the pen counts as at rest

const state = { values: { ink: "" }, set(changes) { Object.assign(state.values, changes); show(); } };
const pad = new Pad(state, () => show());
const small = html("canvas", { width: SIDE, height: SIDE });
let waiting = null;

function show() {
  const ink = draw(pad.strokes, WIDTH);
  pad.show(ink);
  clearTimeout(waiting);
  waiting = setTimeout(() => give(prepare(ink)), REST);
}

function give(image) {
  const pixel = (i) => (i % 4 === 3 ? 255 : image[i >> 2]); // red, green, blue, and how opaque
  if (image) small.getContext("2d").putImageData(new ImageData(Uint8ClampedArray.from({ length: 4 * image.length }, (_, i) => pixel(i)), SIDE), 0, 0);
  props.value = image ? small.toDataURL().split(",")[1] : "";
  trigger("change");
}

const button = (text, onclick) => html("button", { type: "button", onclick }, text);
element.append(pad.canvas, html("div", {}, button("Clear", () => pad.clear()), button("Undo", () => pad.undo())));
show();
