// All that there is to see of one run.

import { html } from "../../../play/ui/dom.js";
import { Curves } from "./curves.js";
import { Graph } from "./graph.js";
import { Log } from "./log.js";
import { rows } from "./shape.js";
import { OVER, STATES, clock, duration, gigabytes, told } from "./words.js";

const LISTED = 8;
// Names of stages in a row of the table; more are counted.

// A part of a view for each stage that is to have one; `make` gives {element, show}.
class Parts {
  constructor(title, make, attributes) {
    this.make = make;
    this.parts = {};
    this.list = html("div", attributes);
    this.element = html("section", {}, html("h3", {}, title), this.list);
  }

  show(names, changed, stages) {
    this.element.hidden = !names.length;
    for (const name of Object.keys(this.parts).filter((each) => !names.includes(each))) {
      this.parts[name].element.remove();
      delete this.parts[name];
    }
    for (const name of names) {
      const made = !this.parts[name];
      if (made) this.list.append((this.parts[name] = this.make(name)).element);
      if (made || changed.has(name)) this.parts[name].show(stages[name]);
    }
  }
}

// The curves of what has been trained, a lab to open at a time.
class Trained {
  constructor() {
    this.labs = {};
    this.curves = {};
    this.element = html("section", {}, html("h3", {}, "Trained so far"));
  }

  show(names, changed, stages) {
    this.element.hidden = !names.length;
    const missing = names.filter((name) => !this.curves[name]);
    const row = missing.length ? rows(stages) : {};
    for (const name of missing) {
      const lab = (this.labs[row[name]] ||= this.begin(row[name]));
      lab.list.append((this.curves[name] = new Curves(name)).element);
      lab.summary.textContent = `${row[name]}: ${lab.list.children.length}`;
    }
    for (const name of names) if (missing.includes(name) || changed.has(name)) this.curves[name].show(stages[name]);
  }

  begin(lab) {
    const summary = html("summary"), list = html("div", { class: "cards" }), before = Object.keys(this.labs).filter((each) => each < lab).sort().pop();
    const element = html("details", {}, summary, list);
    if (before) this.labs[before].element.after(element);
    else this.element.firstChild.after(element);
    return { summary, list, element };
  }
}

class Running {
  constructor(name, view) {
    Object.assign(this, { name, view });
    this.said = html("p", { class: "said" });
    this.time = html("p", { class: "note" });
    this.bar = html("span");
    this.curves = new Curves("Validation");
    this.curves.element.firstChild.remove();
    this.element = html("article", { class: "card" }, html("h4", {}, name), this.said,
      html("div", { class: "track", "aria-hidden": "true" }, this.bar), this.time, this.curves.element);
  }

  show(stage) {
    this.stage = stage;
    const key = `${this.name.split("@")[1]} `, said = (stage.log || []).at(-1) || "It has said nothing yet.";
    this.said.textContent = said.startsWith(key) ? said.slice(key.length) : said;
    this.curves.show(stage);
    this.tick();
  }

  tick() {
    const { began, until, threads } = this.stage, now = this.view.now(), [cores, bytes] = this.view.use(this.name);
    const left = until - now, known = until > began + 1;
    this.bar.style.width = known ? `${Math.min(99, (100 * (now - began)) / Math.max(until - began, 1))}%` : "0";
    const parts = [`${duration(now - began)} so far`];
    if (known) parts.push(left > 0 ? `about ${duration(left)} left` : "longer than the last time");
    parts.push(`${threads} ${threads > 1 ? "threads" : "thread"}`);
    if (bytes) parts.push(`${cores.toFixed(1)} cores`, gigabytes(bytes));
    this.time.textContent = parts.join(", ");
  }
}

class Failed {
  constructor(name, view) {
    Object.assign(this, { name, view });
    this.error = html("p", { class: "error" });
    this.held = html("p", { class: "note" });
    this.log = new Log(name);
    this.element = html("article", { class: "card failed" }, html("h4", {}, name), this.error, this.held, this.log.element);
  }

  show(stage) {
    this.error.textContent = stage.error || STATES[stage.state];
    const held = this.view.following(this.name).filter((each) => this.view.stages[each].state === "held");
    this.held.textContent = held.length ? `Held back: ${held.join(", ")}.` : "";
    this.log.show(stage.log || ["It has said nothing."]);
  }
}

export class RunView {
  // `now` gives the time, `use` cores and bytes of a stage.
  constructor(name, now, use) {
    Object.assign(this, { name, now, use: (stage) => use(`${name} ${stage}`) || [0, 0], stages: {} });
    this.title = html("h2");
    this.status = html("p", { class: "status", role: "status" });
    this.time = html("p", { class: "note" });
    this.bar = html("span");
    this.meter = html("div", { class: "track whole", role: "progressbar", "aria-label": "Stages done", "aria-valuemin": 0 }, this.bar);
    this.running = new Parts("Now", (each) => new Running(each, this), { class: "cards" });
    this.failed = new Parts("Failed", (each) => new Failed(each, this), { class: "cards one" });
    this.trained = new Trained();
    this.graph = new Graph((each) => this.choose(each));
    this.known = html("div", {}, html("p", { class: "note" }, "Point at a square, tap it, or go to it by arrow keys: here is what is known of it."));
    this.chosen = html("div", { class: "chosen-stage" }, this.known);
    this.log = null;
    this.rows = {};
    this.table = html("tbody");
    const key = Object.entries(STATES).map(([state, words]) => html("li", {}, html("i", { class: `swatch ${state}` }), words));
    const heads = ["stage", "state", "seconds", "reads from"];
    this.element = html("section", { class: "run" }, this.title, this.status, this.meter, this.time,
      this.failed.element, this.running.element,
      html("section", {}, html("h3", {}, "Stages"), this.graph.element, html("ul", { class: "key states" }, key), this.chosen),
      this.trained.element,
      html("section", {}, html("h3", {}, "Every stage in words"), html("details", {}, html("summary", {}, "Table of the stages"),
        html("div", { class: "scroll" }, html("table", {},
          html("thead", {}, html("tr", {}, heads.map((head, i) => html("th", { scope: "col", class: i === 2 ? "number" : false }, head)))), this.table)))));
  }

  // What has changed of the run.
  merge(run) {
    Object.assign(this.stages, run.stages);
    this.run = run;
    const changed = new Set(Object.keys(run.stages)), of = (...states) => Object.keys(this.stages).filter((name) => states.includes(this.stages[name].state));
    this.title.textContent = run.title;
    this.title.hidden = run.title === document.title;
    const status = told(this.stages) + (run.over ? " The run is over." : "");
    if (this.status.textContent !== status) this.status.textContent = status;
    const over = of(...OVER).length, asked = Object.keys(this.stages).length - of("fresh").length;
    this.bar.style.width = `${(100 * over) / Math.max(asked, 1)}%`;
    this.meter.setAttribute("aria-valuemax", asked);
    this.meter.setAttribute("aria-valuenow", over);
    this.running.show(of("running"), changed, this.stages);
    this.failed.show(of("failed", "interrupted"), changed, this.stages);
    this.trained.show(of("done", "restored", "failed", "interrupted").filter((name) => this.stages[name].curves), changed, this.stages);
    this.graph.show(this.stages, changed);
    for (const name of changed) this.row(name);
    if (changed.has(this.graph.chosen)) this.choose(this.graph.chosen);
    this.tick();
  }

  // Clocks go on while nothing happens.
  tick() {
    const { began, over, until, unrecorded } = this.run, now = this.now();
    const parts = [`Begun at ${clock(began)}`];
    if (over) parts.push(`over at ${clock(over)}, after ${duration(over - began)}`);
    else {
      parts.push(`${duration(now - began)} so far`);
      if (until) parts.push(until > now ? `about ${duration(until - now)} left by the last records` : "longer than by the last records");
      if (unrecorded) parts.push(`not counting ${unrecorded} ${unrecorded > 1 ? "trainings" : "training"} of which there is no record`);
    }
    this.time.textContent = `${parts.join(", ")}.`;
    for (const part of Object.values(this.running.parts)) part.tick();
  }

  row(name) {
    const { state, took, seconds, needs = [] } = this.stages[name];
    if (!this.rows[name]) {
      this.rows[name] = ["state", "number", "needs"].map((kind) => html("td", { class: kind }));
      this.table.append(html("tr", {}, html("th", { scope: "row" }, name), this.rows[name]));
    }
    const time = took !== undefined ? took.toFixed(1) : state === "waiting" ? `about ${Math.round(seconds || 0)}` : "";
    const read = needs.length > LISTED ? `${needs.length} stages` : needs.join(", ");
    [STATES[state], time, read].forEach((text, i) => (this.rows[name][i].textContent = text));
  }

  choose(name) {
    const { state, took, error, log, needs = [] } = this.stages[name];
    const by = Object.keys(this.stages).filter((each) => (this.stages[each].needs || []).includes(name));
    const waits = needs.filter((each) => !["fresh", ...OVER].includes(this.stages[each]?.state));
    const parts = [html("h4", {}, name), html("p", {}, `${STATES[state]}${took === undefined ? "" : `, ${duration(took)}`}${error ? `: ${error}` : ""}`)];
    if (waits.length && state === "waiting") parts.push(html("p", {}, `Waits for ${waits.join(", ")}.`));
    parts.push(html("p", { class: "note" }, `Reads from ${needs.join(", ") || "no other stage"}. Read by ${by.join(", ") || "none"}.`));
    this.known.replaceChildren(...parts);
    if (this.log && this.log.stage !== name) {
      this.log.element.remove();
      this.log = null;
    }
    if (!log) return;
    if (!this.log) this.chosen.append((this.log = new Log(name)).element);
    this.log.show(log);
  }

  following(name) {
    const found = new Set([name]);
    for (let before = 0; before !== found.size;) {
      before = found.size;
      for (const [each, { needs = [] }] of Object.entries(this.stages)) if (needs.some((need) => found.has(need))) found.add(each);
    }
    return [...found].filter((each) => each !== name);
  }
}
