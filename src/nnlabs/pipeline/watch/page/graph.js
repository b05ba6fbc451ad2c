// The stages as squares, a row a lab, from what is read first at the left to what is made of all at the right.

import { html, svg } from "../../../play/ui/dom.js";
import { layout, readers } from "./shape.js";
import { STATES } from "./words.js";

const COMMON = 0.5;
// Lines from what this share of all stages reads are shown when it is pointed at.

export class Graph {
  // `choose` is given the stage that is pointed at or has the focus.
  constructor(choose) {
    this.choose = choose;
    this.svg = svg("svg", { role: "group", "aria-label": "Stages; arrow keys go from one to the next, the table below says the same in words" });
    this.element = html("div", { class: "stages" }, this.svg);
    this.width = 0;
    this.chosen = null;
    this.squares = {};
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width !== this.width) {
        this.width = width;
        this.draw();
      }
    }).observe(this.element);
    this.svg.addEventListener("click", (event) => {
      const box = this.svg.getBoundingClientRect();
      const near = this.nearest(event.clientX - box.left, event.clientY - box.top, () => true);
      if (near) this.point(near, true);
    });
    this.svg.addEventListener("keydown", (event) => this.key(event));
  }

  // All stages, or what has changed of them.
  show(stages, changed) {
    const before = this.stages && Object.keys(this.stages).length;
    this.stages = stages;
    if (before !== Object.keys(stages).length) this.draw();
    else for (const name of changed) this.paint(name);
  }

  draw() {
    if (!this.stages || this.width < 50) return;
    const by = readers(this.stages), { places, side, height, labels } = layout(this.stages, this.width, by);
    this.places = places;
    this.lines = {};
    const squares = [], common = COMMON * Object.keys(places).length;
    const lines = Object.entries(this.stages).flatMap(([name, { needs = [] }]) => needs.filter((need) => places[need]).map((need) => {
      const [x1, y1] = places[need], [x2, y2] = places[name], middle = (x1 + x2) / 2;
      const line = svg("path", {
        class: by[need].length > common ? "edge common" : "edge",
        d: `M${x1 + side / 2} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2 - side / 2} ${y2}`,
      });
      for (const end of [name, need]) (this.lines[end] ||= []).push(line);
      return line;
    }));
    this.squares = {};
    for (const [name, [x, at]] of Object.entries(this.places)) {
      const square = svg("g", { role: "button", tabindex: -1, onfocus: () => this.point(name), onpointerenter: () => this.point(name) },
        svg("rect", { x: x - side / 2, y: at - side / 2, width: side, height: side, rx: 3 }),
        svg("path", { class: "mark", d: `M${x - 3} ${at - 3}L${x + 3} ${at + 3}M${x - 3} ${at + 3}L${x + 3} ${at - 3}` }));
      this.squares[name] = square;
      squares.push(square);
      this.paint(name);
    }
    if (!this.squares[this.chosen]) this.chosen = null;
    this.squares[this.chosen || Object.keys(this.squares)[0]]?.setAttribute("tabindex", 0);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.svg.setAttribute("width", this.width);
    this.svg.setAttribute("height", height);
    const words = labels.map(({ x, y, text, faint }) => svg("text", { x, y, class: faint ? "faint" : false }, text));
    this.svg.replaceChildren(svg("g", { "aria-hidden": "true" }, lines, words), ...squares);
    if (this.chosen) this.point(this.chosen);
  }

  paint(name) {
    const { state } = this.stages[name], square = this.squares[name];
    if (!square) return;
    square.setAttribute("class", `stage ${state}${name === this.chosen ? " chosen" : ""}`);
    square.setAttribute("aria-label", `${name}: ${STATES[state]}`);
    for (const line of this.lines[name] || []) line.classList.toggle("live", state === "running");
  }

  point(name, focus = false) {
    for (const each of [this.chosen, name]) {
      const is = each === name;
      this.squares[each]?.classList.toggle("chosen", is);
      this.squares[each]?.setAttribute("tabindex", is ? 0 : -1);
      for (const line of this.lines[each] || []) line.classList.toggle("chosen", is);
    }
    this.squares[Object.keys(this.squares)[0]]?.setAttribute("tabindex", name === Object.keys(this.squares)[0] ? 0 : -1);
    this.chosen = name;
    this.choose(name);
    if (focus) this.squares[name].focus();
  }

  nearest(x, y, allowed) {
    const far = ([a, b]) => (a - x) ** 2 + (b - y) ** 2;
    const found = Object.keys(this.places).filter((name) => allowed(this.places[name]));
    return found.sort((a, b) => far(this.places[a]) - far(this.places[b]))[0];
  }

  key(event) {
    const [x, y] = this.places[this.chosen] || [0, 0];
    const toward = {
      ArrowLeft: ([a]) => a < x - 1, ArrowRight: ([a]) => a > x + 1,
      ArrowUp: ([, b]) => b < y - 1, ArrowDown: ([, b]) => b > y + 1,
    }[event.key];
    if (!toward) return;
    event.preventDefault();
    const next = this.nearest(x, y, toward);
    if (next) this.point(next, true);
  }
}
