// Numbers as the pixels of a canvas, row by row: ink on paper, light, or what is positive in orange and negative in blue.

import { colour, mixed, onTheme } from "./dom.js";

const SHADES = 255;
const known = new Map();
onTheme(() => known.clear());

// From paper to a colour of the style sheet in equal steps, each as the four bytes of a pixel.
function shades(name) {
  if (!known.has(name)) {
    const paper = colour("paper"), full = colour(name), bytes = new Uint8ClampedArray(4 * (SHADES + 1));
    for (let i = 0; i <= SHADES; i++) bytes.set([...mixed(paper, full, i / SHADES), 255], 4 * i);
    known.set(name, new Uint32Array(bytes.buffer));
  }
  return known.get(name);
}

function put(canvas, pixel) {
  const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = pixel(i);
  context.putImageData(image, 0, 0);
}

// Numbers from 0 to `most`.
export function paintInk(canvas, values, most = 1) {
  const ink = shades("ink"), by = SHADES / most;
  put(canvas, (i) => ink[Math.round(values[i] * by)]);
}

// Light from black to white, as in a photograph; the largest number is white.
export function paintLight(canvas, values) {
  const most = values.reduce((a, b) => Math.max(a, b), 1e-12);
  put(canvas, (i) => (0xff000000 | (Math.round((SHADES * values[i]) / most) * 0x010101)) >>> 0);
}

// The number that is farthest from 0 has the full colour.
export function paintSigned(canvas, values) {
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-12), orange = shades("orange"), blue = shades("blue");
  put(canvas, (i) => (values[i] > 0 ? orange : blue)[Math.round((Math.abs(values[i]) / most) * SHADES)]);
}
