// Cores and memory in use, since the run began.

import { html } from "../../../play/ui/dom.js";
import { Plot } from "../../../play/ui/plot.js";
import { gigabytes } from "./words.js";

export class Machine {
  constructor() {
    const x = { label: "minutes" };
    this.cores = new Plot({ label: "Cores at work by time; the last value is told below", x, y: { label: "cores" }, height: 150 });
    this.memory = new Plot({ label: "Memory in use by time; the last value is told below", x, y: { label: "GB" }, height: 150 });
    this.told = html("p", { class: "note" });
    this.element = html("section", {}, html("h2", {}, "Cores and memory"),
      html("div", { class: "pair" },
        html("figure", {}, html("figcaption", {}, "Cores at work"), this.cores.element),
        html("figure", {}, html("figcaption", {}, "Memory in use"), this.memory.element)),
      this.told);
  }

  show({ cores, memory, samples }) {
    this.element.hidden = samples.length < 2;
    if (samples.length < 2) return;
    const first = samples[0][0], [end, busy, used] = samples[samples.length - 1];
    const xs = [0, Math.max((end - first) / 60, 0.2)];
    const line = (plot, at, unit) => plot.line(samples.map((each) => [(each[0] - first) / 60, each[at] / unit]), { stroke: "var(--blue)", "stroke-width": 1.75 });
    this.cores.draw(xs, [0, cores * 1.02], (plot) => line(plot, 1, 1));
    this.memory.draw(xs, [0, memory / 1e9], (plot) => line(plot, 2, 1e9));
    this.told.textContent = `${busy.toFixed(1)} of ${cores} cores at work, ${gigabytes(used)} of ${gigabytes(memory)} in use, by this machine as a whole.`;
  }
}
