// A pad to draw a digit on, the ink of the page to play with; what Python gets is the small image that it prepares.
const pad = element.querySelector("canvas"), { draw, PAD, prepare } = core_ink, WIDTH = 14;
let strokes = [];

function paint() {
  const pixels = pad.getContext("2d").createImageData(PAD, PAD), ink = draw(strokes, WIDTH);
  ink.forEach((value, i) => pixels.data.fill(Math.round(255 * value), 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4));
  pad.getContext("2d").putImageData(pixels, 0, 0);
  return ink;
}

function send() {
  const image = prepare(paint());
  props.value = image ? btoa(String.fromCharCode(...image.map(Math.round))) : "";
  trigger("change");
}

function add(event, begins) {
  const box = pad.getBoundingClientRect(), at = (place, low, size) => Math.min(Math.max(((place - low) / size) * PAD, 0), PAD);
  const point = [at(event.clientX, box.left, box.width), at(event.clientY, box.top, box.height)];
  if (begins) strokes.push([point]);
  else strokes.at(-1).push(point);
  paint();
}

pad.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  pad.setPointerCapture(event.pointerId);
  add(event, true);
});
pad.addEventListener("pointermove", (event) => { if (pad.hasPointerCapture(event.pointerId)) add(event, false); });
pad.addEventListener("pointerup", send);
element.querySelector("button").addEventListener("click", () => { strokes = []; send(); });
paint();
