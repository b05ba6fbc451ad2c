// What a stage's trainings have reached, epoch by epoch: a line a seed, with a rate where several are tried.

import { html } from "../../../play/ui/dom.js";
import { Plot } from "../../../play/ui/plot.js";

const measured = (curve) => curve.points.some((point) => point[2] !== null);
const last = (curve) => curve.points[curve.points.length - 1];

function range(values, least) {
  const low = Math.min(...values), high = Math.max(...values), room = Math.max((high - low) * 0.08, least);
  return [low - room, high + room];
}

export class Curves {
  constructor(name) {
    this.name = name;
    this.note = html("p", { class: "note" });
    this.numbers = html("tbody");
    this.element = html("figure", { class: "curves" }, html("figcaption", {}, name));
  }

  show({ curves = {}, state }) {
    const runs = Object.entries(curves).filter(([, curve]) => curve.points.length);
    this.element.hidden = !runs.length;
    if (!runs.length) return;
    const right = runs.some(([, curve]) => measured(curve)), of = right ? 2 : 1;
    if (!this.plot) this.begin(right);
    const now = state === "running" ? runs[runs.length - 1][0] : null;
    const points = runs.map(([run, curve]) => [run, curve.points.map((point) => [point[0], point[of] ?? NaN])]);
    const values = points.flatMap(([, each]) => each.map(([, y]) => y)).filter(Number.isFinite);
    const most = Math.max(2, ...runs.map(([, curve]) => curve.of));
    this.plot.draw([1, most], range(values.length ? values : [0, 1], right ? 0.5 : 0.01), (plot) => points.map(([run, each]) => {
      const look = run === now ? { stroke: "var(--orange)", "stroke-width": 2.5 } : { stroke: "var(--blue)", "stroke-width": 1.75, opacity: 0.6 };
      return each.length > 1 ? plot.line(each, look) : plot.dots(each, 3, { fill: look.stroke, opacity: look.opacity });
    }));
    const [run, curve] = runs.find(([each]) => each === now) || runs[runs.length - 1];
    const [epoch, loss, validation] = last(curve);
    const reached = validation === null ? `loss ${loss ?? "not a number"}` : `${validation.toFixed(2)} %`;
    this.note.textContent = now ? `Orange: ${run}, epoch ${epoch} of ${curve.of}, ${reached}.` : `${runs.length} ${runs.length > 1 ? "trainings" : "training"}.`;
    this.numbers.replaceChildren(...runs.map(([each, { of: epochs, points: all }]) => {
      const [at, lost, best] = all[all.length - 1];
      return html("tr", {}, html("th", { scope: "row" }, each), html("td", { class: "number" }, `${at} of ${epochs}`),
        html("td", { class: "number" }, lost === null ? "none" : lost.toFixed(4)), html("td", { class: "number" }, best === null ? "" : best.toFixed(2)));
    }));
  }

  begin(right) {
    this.plot = new Plot({
      label: `${this.name}, ${right ? "validation" : "loss"} by epoch; the numbers are in the table below`,
      x: { label: "epoch", whole: true }, y: { label: right ? "validation, % right" : "loss" }, height: 210,
    });
    const heads = ["training", "epoch", "loss", "validation, %"];
    this.element.append(this.plot.element, this.note, html("details", {}, html("summary", {}, "Numbers of the last epochs"),
      html("div", { class: "scroll" }, html("table", {},
        html("thead", {}, html("tr", {}, heads.map((head, i) => html("th", { scope: "col", class: i ? "number" : false }, head)))), this.numbers))));
  }
}
