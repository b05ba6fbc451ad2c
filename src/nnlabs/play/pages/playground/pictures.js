// The pictures: the points on what the network says of every place, the loss, the gradients.

import { Activate } from "../../core/layers.js";
import { Matrix } from "../../core/matrix.js";
import { colour, html, mixed, svg } from "../../ui/dom.js";
import { paintSigned } from "../../ui/paint.js";
import { Plot } from "../../ui/plot.js";
import { CLASSES, EDGE } from "./model.js";

export const GRID = 50; // views are computed on GRID x GRID places

const PLACES = new Matrix(GRID * GRID, 2).map((_, i) => {
  const at = i >> 1, share = ((i % 2 ? GRID - 1 - Math.floor(at / GRID) : at % GRID) + 0.5) / GRID;
  return EDGE * (2 * share - 1);
});

export const boundary = new Plot({
  label: "The points and what the network says of every place", x: { label: "x₁" }, y: { label: "x₂" }, ratio: 1, touch: "none",
});
const boundaryCanvas = html("canvas", { width: GRID, height: GRID, class: "field", "aria-hidden": "true" });
boundary.element.prepend(boundaryCanvas);
boundary.placed = () => {
  const { left, right, top, bottom } = boundary.inner;
  Object.assign(boundaryCanvas.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
};
export const losses = new Plot({ label: "Loss by epoch", x: { label: "epoch" }, y: { label: "loss", log: true }, height: 230 });
export const gradients = new Plot({
  label: "Norm of each layer's gradient", x: { label: "layer", whole: true }, y: { label: "‖dL/dW‖", log: true }, height: 230,
});

// What every unit says of every place: for the inputs, each hidden layer and the outputs, GRID² x units.
export function fields({ trainer }) {
  const every = trainer.network.outputs(PLACES);
  const hidden = every.filter((_, i) => trainer.network.layers[i] instanceof Activate);
  return [PLACES, ...hidden, every.at(-1)];
}

// Each place in its class's colour, paler where the network is less sure.
function paintClasses(output, trainer) {
  const context = boundaryCanvas.getContext("2d"), image = context.createImageData(GRID, GRID);
  const k = output.columns === 1 ? 2 : output.columns, paper = colour("paper"), classes = CLASSES.map(colour);
  for (let i = 0; i < output.rows; i++) {
    const probabilities = trainer.probabilities(output.row(i)), best = probabilities.indexOf(Math.max(...probabilities));
    const sure = Math.min(Math.max((probabilities[best] - 1 / k) / (1 - 1 / k), 0), 1) || 0;
    image.data.set([...mixed(paper, classes[best], 0.12 + 0.5 * sure), 255], i * 4);
  }
  context.putImageData(image, 0, 0);
}

// `every` is what `fields` found; `shown` the unit that is shown in large, {layer, unit}, or null.
export function boundaryPicture({ trainer, train, held }, every, shown) {
  if (shown && every[shown.layer]?.columns > shown.unit) paintSigned(boundaryCanvas, every[shown.layer].column(shown.unit));
  else paintClasses(every.at(-1), trainer);
  boundary.draw([-EDGE, EDGE], [-EDGE, EDGE], (plot) => [
    marks(plot, held, { radius: 3, opacity: 0.55 }),
    marks(plot, train, { radius: 4.5, stroke: "var(--paper)", "stroke-width": 1.2 }),
  ]);
}

function marks(plot, { x, labels }, { radius, ...attributes }) {
  return svg("g", attributes, CLASSES.map((name, label) =>
    plot.dots(x.filter((_, i) => labels[i] === label), radius, { fill: `var(--${name})` })));
}

const decade = (value, f) => 10 ** f(Math.log10(value));

export function lossPicture({ history, epochs }) {
  const all = history.flatMap(({ train, held }) => [train.loss, held.loss]).filter((each) => each > 0);
  const low = decade(Math.min(...all, 0.5), Math.floor), high = decade(Math.max(...all, 1), Math.ceil);
  losses.draw([0, Math.max(10, epochs)], [low, high], (plot) => [
    plot.line(history.map(({ epoch, held }) => [epoch, held.loss]), { stroke: "var(--orange)", "stroke-width": 2, "stroke-dasharray": "6 3" }),
    plot.line(history.map(({ epoch, train }) => [epoch, train.loss]), { stroke: "var(--blue)", "stroke-width": 2.5 }),
  ]);
}

export function gradientPicture(trainer) {
  const { norms, firstNorms } = trainer, series = [firstNorms ?? [], norms].map((each) => each.map((size, i) => [i + 1, Math.max(size, 1e-12)]));
  const all = series.flat().map(([, size]) => size);
  const low = decade(Math.min(...all, 0.1), Math.floor), high = decade(Math.max(...all, 1), Math.ceil);
  gradients.draw([0.5, trainer.linears().length + 0.5], [low, high], (plot) => [
    plot.line(series[0], { stroke: "var(--muted)", "stroke-width": 2, "stroke-dasharray": "2 4" }),
    plot.line(series[1], { stroke: "var(--blue)", "stroke-width": 2.5 }),
    plot.dots(series[1], 5, { fill: "var(--blue)" }),
  ]);
}
