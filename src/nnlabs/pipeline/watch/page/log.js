// What a stage has said last: it follows what comes while its end is in sight, and stays where a reader has scrolled to.

import { html } from "../../../play/ui/dom.js";

const CLOSE = 4;
// Pixels from the end that are no reading.

const equal = (a, b) => a.every((line, i) => line === b[i]);
const text = (lines) => lines.map((line) => `${line}\n`).join("");

// What of the last lines comes before those that are shown, and what after: both are a part of what was said. Where so
// much was said in between that they share none, a line says that something is left out.
export function joined(shown, lines) {
  for (let gone = 0; gone < shown.length; gone++) {
    const both = shown.length - gone;
    if (both <= lines.length && equal(shown.slice(gone), lines)) return { before: [], after: lines.slice(both) };
  }
  for (let before = 1; before + shown.length <= lines.length; before++) {
    if (equal(shown, lines.slice(before))) return { before: lines.slice(0, before), after: lines.slice(before + shown.length) };
  }
  return { before: [], after: ["…", ...lines] };
}

export class Log {
  constructor(stage) {
    this.stage = stage;
    this.lines = [];
    this.element = html("pre", { class: "log", tabindex: 0, "aria-label": `What ${stage} said last` });
  }

  show(lines) {
    const { element } = this, { scrollTop, scrollHeight, clientHeight } = element;
    if (scrollHeight - scrollTop - clientHeight < CLOSE) {
      this.lines = lines;
      element.textContent = text(lines);
      element.scrollTop = element.scrollHeight;
      return;
    }
    const { before, after } = joined(this.lines, lines);
    element.prepend(text(before));
    element.scrollTop = scrollTop + element.scrollHeight - scrollHeight;
    element.append(text(after));
    this.lines = [...before, ...this.lines, ...after];
  }
}
