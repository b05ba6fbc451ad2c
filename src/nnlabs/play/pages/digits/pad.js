// The pad: strokes by mouse, pen, finger or keys. The page's state keeps them as text, x.y of each point, a comma between
// points, a semicolon between strokes.

import { PAD } from "../../core/ink.js";
import { colour, html } from "../../ui/dom.js";
import { paintInk } from "../../ui/paint.js";

export const LONGEST = 6000; // letters, which an address may well have
const NEAREST = 3; // pixels from one point of a stroke to the next, at least: any pen is wider
const STEP = 6; // pixels that an arrow key moves the pen
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const inside = (value) => Math.min(Math.max(Math.round(value), 0), PAD - 1);

export class Pad {
  // `moved` is called when the pen moves by keys.
  constructor(state, moved) {
    Object.assign(this, { state, moved });
    this.pen = { x: PAD / 2, y: PAD / 4, down: false, shown: false };
    this.canvas = html("canvas", {
      class: "pad", width: PAD, height: PAD, tabindex: 0, role: "application",
      "aria-label": "Pad to draw a digit on. Arrow keys move the pen, space puts it down and up, delete clears.",
      onpointerdown: (event) => this.begin(event), onpointermove: (event) => this.go(event), onkeydown: (event) => this.press(event),
    });
  }

  get strokes() {
    return this.state.values.ink.split(";").map((stroke) =>
      stroke.split(",").map((point) => point.split(".").map(Number)).filter(([x, y]) => x >= 0 && x < PAD && y >= 0 && y < PAD))
      .filter((stroke) => stroke.length);
  }

  // Whether there is no room for another stroke.
  get full() {
    return this.state.values.ink.length > LONGEST - 10;
  }

  clear() {
    this.pen.down = false;
    this.state.set({ ink: "" });
  }

  undo() {
    this.state.set({ ink: this.state.values.ink.split(";").slice(0, -1).join(";") });
  }

  add(x, y, begins) {
    const { ink } = this.state.values, to = [inside(x), inside(y)];
    const [u, v] = ink.slice(Math.max(ink.lastIndexOf(","), ink.lastIndexOf(";")) + 1).split(".").map(Number);
    if (!begins && Math.hypot(to[0] - u, to[1] - v) < NEAREST) return;
    const longer = ink + (ink ? (begins ? ";" : ",") : "") + to.join(".");
    if (longer.length <= LONGEST) this.state.set({ ink: longer });
  }

  begin(event) {
    if (event.button || !event.isPrimary) return; // a second finger would draw lines to the first
    this.canvas.setPointerCapture(event.pointerId);
    this.pen.shown = false;
    this.add(...this.place(event), true);
  }

  go(event) {
    if (!this.canvas.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) this.add(...this.place(each), false);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
  }

  press(event) {
    const { pen } = this, step = KEYS[event.key];
    if (step) {
      pen.x = inside(pen.x + step[0] * STEP);
      pen.y = inside(pen.y + step[1] * STEP);
      if (pen.down) this.add(pen.x, pen.y, false);
    } else if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) this.add(pen.x, pen.y, true);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
    pen.shown = true;
    this.moved();
  }

  show(ink) {
    paintInk(this.canvas, ink);
    if (!this.pen.shown) return;
    const context = this.canvas.getContext("2d");
    context.strokeStyle = `rgb(${colour(this.pen.down ? "orange" : "blue")})`;
    context.lineWidth = 2;
    context.strokeRect(this.pen.x - 5, this.pen.y - 5, 10, 10);
  }
}
