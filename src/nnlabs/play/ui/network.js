// A network as a picture: a small view for each unit, lines for the weights between them.

import { html, svg } from "./dom.js";

const GAP = 10;
const HEAD = 44; // room for the buttons above a layer

export class NetworkView {
  // `show` is given {layer, unit, name} of the unit pointed at, or null; `resize` a hidden layer and +1 or -1.
  constructor({ grid, show, resize }) {
    Object.assign(this, { grid, show, resize, units: [], key: "" });
    this.lines = svg("svg", { "aria-hidden": "true" });
    this.element = html("div", { class: "network" }, this.lines);
    this.element.addEventListener("pointerleave", () => show(null));
    new ResizeObserver(() => {
      if (this.last) this.draw(...this.last);
    }).observe(this.element);
  }

  // `fields` has a matrix for the inputs, each hidden layer and the outputs: places x units; `paint` colours one view.
  draw(trainer, fields, paint) {
    this.last = [trainer, fields, paint];
    const width = this.element.clientWidth;
    if (!width) return;
    const sizes = fields.map((field) => field.columns), key = [width, ...sizes].join();
    if (key !== this.key) this.build(sizes, width);
    this.key = key;
    this.units.forEach((layer, l) => layer.forEach(({ canvas }, u) => paint(canvas, fields[l].column(u))));
    this.weigh(trainer.linears());
  }

  build(sizes, width) {
    const pitch = width / sizes.length, side = Math.min(46, pitch - 12), most = Math.max(...sizes);
    const height = HEAD + most * (side + GAP);
    this.element.style.height = `${height}px`;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) this.lines.setAttribute(name, value);
    this.element.replaceChildren(this.lines);
    this.units = sizes.map((count, layer) => {
      const left = pitch * (layer + 0.5) - side / 2, hidden = layer > 0 && layer < sizes.length - 1;
      this.head(layer, sizes.length, pitch, hidden);
      return Array.from({ length: count }, (_, unit) => {
        const top = HEAD + ((most - count) / 2 + unit) * (side + GAP);
        return this.unit({ layer, unit, hidden, last: layer > 0, left, top, side });
      });
    });
  }

  head(layer, layers, pitch, hidden) {
    const style = `left: ${pitch * layer}px; width: ${pitch}px`;
    if (!hidden) {
      this.element.append(html("div", { class: "head", style }, layer ? "out" : "in"));
      return;
    }
    const change = (sign, by, label) => html("button", {
      type: "button", "aria-label": `${label} unit in hidden layer ${layer}`, onclick: () => this.resize(layer - 1, by),
    }, sign);
    this.element.append(html("div", { class: "head", style }, change("−", -1, "One less"), change("+", 1, "One more")));
  }

  unit({ layer, unit, hidden, last, left, top, side }) {
    const name = hidden ? `unit ${unit + 1} of hidden layer ${layer}` : last ? `output ${unit + 1}` : `input ${unit + 1}`;
    const canvas = html("canvas", { width: this.grid, height: this.grid });
    const show = () => this.show({ layer, unit, name });
    this.element.append(html("button", {
      type: "button", class: "unit", "aria-label": `Show ${name}`, style: `left: ${left}px; top: ${top}px; width: ${side}px; height: ${side}px`,
      onpointerenter: show, onfocus: show, onblur: () => this.show(null), onclick: show,
    }, canvas));
    return { canvas, in: [left, top + side / 2], out: [left + side, top + side / 2] };
  }

  // Thicker for larger weights; orange where positive, blue where negative.
  weigh(linears) {
    this.lines.replaceChildren(...linears.flatMap(({ parameters: { weight } }, l) =>
      this.units[l + 1].flatMap((to, j) => this.units[l].map((from, i) => {
        const w = weight.at(j, i), [x1, y1] = from.out, [x2, y2] = to.in, middle = (x1 + x2) / 2;
        return svg("path", {
          d: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`, fill: "none", stroke: w > 0 ? "var(--orange)" : "var(--blue)",
          "stroke-width": Math.min(0.4 + 1.6 * Math.abs(w), 6), opacity: Math.min(0.25 + Math.abs(w) / 2, 0.9),
        });
      }))));
  }
}
