// The stages as squares, a row a lab, from what is read first at the left to what is made of all at the right.

import { html, svg } from "../../../play/ui/dom.js";
import { STATES } from "./words.js";

const SHARED = "of several labs", ALL = "of all";

const kind = (name) => name.split("@")[0];

// What each stage is read by.
function readers(stages) {
  const by = Object.fromEntries(Object.keys(stages).map((name) => [name, []]));
  for (const [name, { needs = [] }] of Object.entries(stages)) for (const need of needs) by[need]?.push(name);
  return by;
}

// The row of each stage: the one lab whose page is made of it, or what it is shared by.
function rows(stages, by) {
  const pages = {};
  const below = (name) => {
    if (!pages[name]) {
      pages[name] = new Set(kind(name) === "page" ? [name] : []);
      if (!pages[name].size) for (const reader of by[name]) for (const page of below(reader)) pages[name].add(page);
    }
    return pages[name];
  };
  const row = (name) => {
    const found = [...below(name)];
    return found.length === 1 ? found[0].split("@")[1] : found.length ? SHARED : ALL;
  };
  return Object.fromEntries(Object.keys(stages).map((name) => [name, row(name)]));
}

// The column of each stage: as far right as the longest way to one of its kind.
function columns(stages) {
  const depths = {}, deepest = {};
  const depth = (name) => (depths[name] ??= 1 + Math.max(-1, ...(stages[name].needs || []).filter((each) => stages[each]).map(depth)));
  for (const name of Object.keys(stages)) deepest[kind(name)] = Math.max(deepest[kind(name)] || 0, depth(name));
  const used = [...new Set(Object.values(deepest))].sort((a, b) => a - b);
  return Object.fromEntries(Object.keys(stages).map((name) => [name, used.indexOf(deepest[kind(name)])]));
}

// How many squares side by side each column gets, of those that there is room for.
function shared(wanted, room) {
  let most = 1;
  while (most < Math.max(...wanted) && wanted.reduce((sum, each) => sum + Math.min(each, most + 1), 0) <= room) most++;
  return wanted.map((each) => Math.min(each, most));
}

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
    const by = readers(this.stages), row = rows(this.stages, by), column = columns(this.stages);
    const wide = this.width >= 640, side = wide ? 14 : 11, step = side + (wide ? 5 : 4), apart = wide ? 34 : 9;
    const left = wide ? 116 : 0, above = wide ? 8 : 20;
    const labs = [...new Set(Object.values(row))].sort((a, b) => (a === SHARED || b === ALL ? -1 : a === ALL || b === SHARED ? 1 : a < b ? -1 : 1));
    const count = Math.max(-1, ...Object.values(column)) + 1;
    const cells = labs.map((lab) => Array.from({ length: count }, (_, c) => Object.keys(this.stages).filter((name) => row[name] === lab && column[name] === c)));
    const wanted = Array.from({ length: count }, (_, c) => Math.max(...cells.map((cell) => cell[c].length)));
    const slots = shared(wanted, Math.floor((this.width - left - apart * (count - 1)) / step));
    const starts = slots.map((_, c) => left + slots.slice(0, c).reduce((sum, each) => sum + each * step + apart, 0));
    const labels = [], squares = [], names = Array.from({ length: count }, () => new Set());
    let y = wide ? 26 : 4;
    this.places = {};
    labs.forEach((lab, r) => {
      labels.push(svg("text", wide ? { x: 0, y: y + above + side - 2 } : { x: 0, y: y + 13, class: "faint" }, lab));
      cells[r].forEach((cell, c) => cell.forEach((name, i) => {
        names[c].add(kind(name));
        this.places[name] = [starts[c] + (i % slots[c]) * step + side / 2, y + above + Math.floor(i / slots[c]) * step + side / 2];
      }));
      y += above + step * Math.max(1, ...cells[r].map((cell, c) => Math.ceil(cell.length / slots[c]))) + 4;
    });
    if (wide) names.forEach((kinds, c) => labels.push(svg("text", { x: starts[c], y: 12, class: "faint" }, [...kinds].filter((each) => !["pad", "kernels"].includes(each)).join(", "))));
    this.lines = {};
    const lines = Object.entries(this.stages).flatMap(([name, { needs = [] }]) => needs.filter((need) => this.places[need]).map((need) => {
      const [x1, y1] = this.places[need], [x2, y2] = this.places[name], half = side / 2, middle = (x1 + x2) / 2;
      const line = svg("path", { class: "edge", d: `M${x1 + half} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2 - half} ${y2}` });
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
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${y}`);
    this.svg.setAttribute("width", this.width);
    this.svg.setAttribute("height", y);
    this.svg.replaceChildren(svg("g", { "aria-hidden": "true" }, lines, labels), ...squares);
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
